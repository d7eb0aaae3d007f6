"""Loads about rewards: redeeming, issuances on their way, till codes."""

from dataclasses import fields, replace
from typing import Any
from uuid import UUID, uuid4

from core.facts import Counter, Issuance
from tests.storage.rows import DAY, NOW, Rows


async def test_stocks_are_those_of_rewards_that_stock_limits(load: Any, rows: Rows) -> None:
    coffee = rows.shop.coffee
    rows.keyed("stock", reward_id=coffee, total=9, available=9)
    assert await load.stocks() == {rows.shop.mug: 5}


async def test_issuances_open_and_closed(load: Any, rows: Rows) -> None:
    reserved, issued = rows.issuance(), rows.issuance("issued", issued_at=NOW)
    used, lapsed = rows.issuance("redeemed"), rows.issuance("issued", expires_at=NOW)
    rows.issuance(member_id=rows.member("+263772100002")[0])
    rows.code("111111", issued)
    rows.code("111112", lapsed, expires_at=NOW)
    rows.code("111113", reserved, used_at=NOW)
    opened = await load.issuances(rows.shop.member, is_open=True)
    assert [(each.id, each.code) for each in opened] == [(issued, "111111"), (reserved, None)]
    assert opened[0].member_name == "Rudo"
    closed = await load.issuances(rows.shop.member, is_open=False)
    assert [(each.id, each.state) for each in closed] == [(lapsed, "issued"), (used, "redeemed")]
    assert {each.code for each in closed} == {None}


async def test_every_field_of_an_issuance_is_read(load: Any, rows: Rows) -> None:
    hold = rows.hold(100)
    times = {"issued_at": NOW + DAY, "redeemed_at": NOW + 2 * DAY}
    transfer = rows.transfer(-100, "redeem")
    made = rows.issuance("redeemed", hold_id=hold, transfer_id=transfer, stocked=True, **times)
    (found,) = await load.issuances(rows.shop.member, is_open=False)
    assert found.id == made
    unset = {each.name for each in fields(Issuance) if getattr(found, each.name) in (None, "")}
    assert unset == {"code"}


async def test_reserved_are_oldest_first_and_not_past_their_end(load: Any, rows: Rows) -> None:
    waiting = [rows.issuance() for _ in range(3)]
    rows.issuance(expires_at=NOW)
    rows.issuance("issued")
    assert [each.id for each in await load.reserved(limit=2)] == waiting[:2]
    assert [each.id for each in await load.reserved(limit=9)] == waiting


async def test_a_settlement_behind_a_hold(load: Any, rows: Rows) -> None:
    lot, hold = rows.lot(150, NOW + DAY), rows.hold(100)
    use = rows.put("lot_use", lot_id=lot, amount=100, restored=3, hold_id=hold)
    rows.put("lot_use", lot_id=lot, amount=1, hold_id=rows.hold(1))
    issuance = rows.issuance(hold_id=hold)
    rows.code("222222", issuance, used_at=NOW, id=UUID(int=1))
    newest = rows.code("222223", issuance)
    found = await load.settlement(issuance)
    assert (found.issuance.id, found.issuance.code) == (issuance, "222223")
    assert (found.member.id, found.wallet.id) == (rows.shop.member, rows.shop.account)
    assert (found.hold.id, found.hold.amount, found.hold.state) == (hold, 100, "open")
    (used,) = found.uses
    assert (used.id, used.lot_id, used.amount, used.restored) == (use, lot, 100, 3)
    assert used.lot_expires_at == NOW + DAY
    assert (found.code.id, found.code.code) == (newest, "222223")


async def test_a_settlement_of_what_was_issued_at_once(load: Any, rows: Rows) -> None:
    lot, transfer = rows.lot(150), rows.transfer(-100, "redeem")
    use = rows.put("lot_use", lot_id=lot, amount=100, transfer_id=transfer)
    issuance = rows.issuance("issued", transfer_id=transfer)
    found = await load.settlement(issuance)
    assert found.hold is None
    assert found.code is None
    assert [each.id for each in found.uses] == [use]


async def test_a_settlement_that_is_not_there(load: Any) -> None:
    assert await load.settlement(uuid4()) is None


async def test_a_settlement_by_code_used_or_not(load: Any, rows: Rows) -> None:
    issuance, staff = rows.issuance("issued"), rows.shop.staff
    rows.code("333333", issuance, used_at=NOW)
    rows.code("333334")
    found = await load.settlement_by_code("333333", staff)
    assert found.found.issuance.id == issuance
    assert (found.found.code.used_at, found.found.issuance.code) == (NOW, None)
    assert found.tries == Counter(scope="till", subject=str(staff))
    for digits in ("333334", "999999"):
        assert (await load.settlement_by_code(digits, staff)).found is None


async def test_counter_signing_finds_issuance_staff_and_tries(load: Any, rows: Rows) -> None:
    issuance = rows.issuance("issued")
    signing = await load.counter_signing(issuance, 1)
    assert signing.found.settlement.issuance.id == issuance
    assert (signing.found.staff.id, signing.found.staff.name) == (rows.shop.staff, "Tendai")
    assert signing.tries == Counter(scope="use_here", subject=str(rows.shop.member))
    fresh = Counter(scope="use_here_staff", subject=str(rows.shop.staff))
    assert signing.found.staff_tries == fresh
    rows.keyed("counter", scope=fresh.scope, subject=fresh.subject, n=3, until=NOW)
    again = (await load.counter_signing(issuance, 1)).found
    assert again.staff_tries == replace(fresh, n=3, until=NOW, stored=True)
    nobody = (await load.counter_signing(issuance, 2)).found
    assert (nobody.staff, nobody.staff_tries) == (None, None)
    assert (await load.counter_signing(uuid4(), 1)).found is None
    rows.connection.execute("update staff set active = false where id = %s", [rows.shop.staff])
    assert (await load.counter_signing(issuance, 1)).found.staff is None


async def test_own_code_is_the_live_one(load: Any, rows: Rows) -> None:
    rows.code("444441", expires_at=NOW)
    rows.code("444442", used_at=NOW)
    rows.code("444443", rows.issuance("issued"))
    assert await load.own_code(rows.shop.member, "member") is None
    made = rows.code("444444")
    found = await load.own_code(rows.shop.member, "member")
    assert (found.id, found.code, found.kind, found.used_at) == (made, "444444", "member", None)


async def test_due_issuances_are_open_ones_past_their_end(load: Any, rows: Rows) -> None:
    second = rows.issuance("issued", expires_at=NOW - DAY)
    first = rows.issuance(expires_at=NOW - 2 * DAY)
    rows.issuance()
    rows.issuance("expired", expires_at=NOW - DAY)
    assert await load.due_issuances(limit=9) == (first, second)
    assert await load.due_issuances(limit=1) == (first,)
