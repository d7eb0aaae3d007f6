"""Loads about points and purchases: lots, history, awarding, undoing, the day so far."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from core.facts import Counter, Lot
from storage.database import Database, Row, Stale
from storage.loads.redemptions import RedemptionAsk, Redemptions
from tests.storage.rows import DAY, NOW, Rows


async def test_lots_are_those_with_points_left_by_expiry(load: Any, rows: Rows) -> None:
    never = rows.lot(10)
    late, soon = rows.lot(20, NOW + 2 * DAY), rows.lot(30, NOW + DAY, remaining=7)
    over = rows.lot(40, NOW - DAY)
    rows.lot(50, NOW + DAY, remaining=0)
    rows.lot(60, account_id=rows.member("+263772100001")[1])
    lots = await load.lots(rows.shop.account)
    assert [lot.id for lot in lots] == [over, soon, late, never]
    assert lots[1] == Lot(
        id=soon,
        account_id=rows.shop.account,
        amount=30,
        remaining=7,
        created_at=NOW - DAY,
        expires_at=NOW + DAY,
    )


async def test_redemption_has_lots_stock_and_wrong_pins(load: Any, rows: Rows) -> None:
    lot, shop = rows.lot(120), rows.shop
    found = await load.redemption(shop.mug)
    assert [each.id for each in found.lots] == [lot]
    assert found.stock == 5
    assert found.pin == Counter(scope="pin", subject=str(shop.member))
    counter: Row = {"scope": "pin", "subject": str(shop.member), "n": 2, "until": NOW}
    rows.keyed("counter", **counter)
    found = await load.redemption(shop.coffee)
    assert found.stock is None
    assert found.pin == Counter(**counter, stored=True)


async def test_lots_of_a_newer_moment_than_the_wallet_run_the_turn_again(
    load: Any, rows: Rows
) -> None:
    rows.connection.execute("update account set version = 2 where id = %s", (rows.shop.account,))
    with pytest.raises(Stale):
        await load.redemption(rows.shop.mug)


async def test_an_award_finds_the_same_amount_again(load: Any, rows: Rows) -> None:
    member, since = rows.shop.member, NOW - timedelta(minutes=5)

    async def repeated(amount_minor: int = 50_000) -> UUID | None:
        found = await load.award(
            member, amount_minor=amount_minor, since=since, receipt=None, code_id=None
        )
        return found.repeated.id if found.repeated else None

    assert await repeated() is None
    rows.purchase(at=NOW - timedelta(minutes=6))
    rows.purchase(reversed_at=NOW)
    rows.purchase(staff_id=None)
    rows.purchase(member_id=rows.member("+263772100005")[0])
    assert await repeated() is None
    made = rows.purchase()
    assert await repeated() == made
    assert await repeated(50_001) is None


async def test_an_award_knows_receipts_and_codes(load: Any, rows: Rows) -> None:
    member, code = rows.shop.member, rows.code("666666")
    other = rows.code("666667", member_id=rows.member("+263772100006")[0])
    rows.purchase(receipt_no="A1", store="North")
    rows.purchase(receipt_no="A2", reversed_at=NOW)

    async def award(receipt: tuple[str, str | None] | None, code_id: UUID | None) -> Any:
        asked = {"amount_minor": 1, "since": NOW}
        return await load.award(member, receipt=receipt, code_id=code_id, **asked)

    found = await award(("A1", "North"), code)
    assert (found.receipt_known, found.code.code) == (True, "666666")
    assert (found.customer.member.id, found.customer.phone) == (member, rows.shop.address.value)
    assert not (await award(("A1", "South"), None)).receipt_known
    assert not (await award(("A1", None), None)).receipt_known
    assert not (await award(("A2", None), None)).receipt_known
    rows.purchase(receipt_no="A2")
    assert (await award(("A2", None), None)).receipt_known
    assert (await award(None, other)).code is None


async def test_an_award_to_nobody(load: Any) -> None:
    asked = {"amount_minor": 1, "since": NOW, "receipt": None, "code_id": None}
    assert await load.award(uuid4(), **asked) is None


async def test_a_reversal_has_purchase_lot_and_wallet(load: Any, rows: Rows) -> None:
    transfer = rows.transfer(500)
    lot = rows.lot(500, transfer_id=transfer, remaining=200)
    older, _spent = rows.lot(30, NOW + DAY), rows.lot(50, remaining=0)
    made = rows.purchase(transfer_id=transfer)
    found = await load.reversal(made)
    assert (found.purchase.id, found.purchase.member_name) == (made, "Rudo")
    assert (found.purchase.reversed, found.transfer_id) == (False, transfer)
    assert (found.lot.id, found.lot.remaining) == (lot, 200)
    assert [each.id for each in found.lots] == [older, lot]
    assert (found.wallet.id, found.member.id) == (rows.shop.account, rows.shop.member)
    pointless = await load.reversal(rows.purchase(reversed_at=NOW))
    assert (pointless.purchase.reversed, pointless.transfer_id, pointless.lot) == (True, None, None)
    assert await load.reversal(uuid4()) is None


async def test_history_says_what_was_held_when_it_was_held(load: Any, rows: Rows) -> None:
    earned = rows.transfer(750, detail="50.000 JOD", ref="EARN001")
    open_hold, posted = rows.hold(100), rows.hold(80, "posted", posted_amount=60)
    rows.hold(30, "voided")
    rows.issuance(hold_id=open_hold, ref="HELD001")
    rows.transfer(-60, "redeem", hold_id=posted)
    at_once = rows.transfer(-40, "redeem", detail="Mug")
    rows.transfer(9, account=rows.member("+263772100007")[1])
    lines = await load.history(rows.shop.member, before=None, limit=9)
    assert [(line.id, line.points) for line in lines] == [
        (at_once, -40),
        (posted, -60),
        (open_hold, -100),
        (earned, 750),
    ]
    assert [line.code for line in lines] == ["redeem", "redeem", "redeem", "earn"]
    assert (lines[2].detail, lines[2].ref) == ("Free Coffee", "HELD001")
    assert (lines[3].detail, lines[3].ref, lines[3].at) == ("50.000 JOD", "EARN001", NOW)


async def test_history_pages_by_the_last_line(load: Any, rows: Rows) -> None:
    made = [rows.transfer(1), rows.hold(1), rows.transfer(2), rows.hold(2), rows.transfer(3)]
    first = await load.history(rows.shop.member, before=None, limit=2)
    second = await load.history(rows.shop.member, before=first[-1].id, limit=2)
    third = await load.history(rows.shop.member, before=second[-1].id, limit=2)
    assert [line.id for page in (first, second, third) for line in page] == made[::-1]


async def test_today_sums_the_shops_day(load: Any, rows: Rows) -> None:
    since = NOW - timedelta(hours=1)
    mine = [rows.purchase(), rows.purchase(70_000)]
    rows.purchase(staff_id=None)
    rows.purchase(at=NOW - DAY)
    rows.purchase(reversed_at=NOW)
    rows.issuance()
    rows.issuance("redeemed", reserved_at=NOW - DAY, redeemed_at=NOW)
    found = await load.today(rows.shop.staff, since)
    assert (found.awards, found.amount_minor, found.points) == (3, 170_000, 1500)
    assert (found.redemptions, found.uses, found.joins) == (1, 1, 1)
    assert [each.id for each in found.mine] == mine[::-1]
    empty = await load.today(rows.shop.staff, NOW + DAY)
    assert (empty.awards, empty.amount_minor, empty.points, empty.mine) == (0, 0, 0, ())


async def test_due_lots_by_member(load: Any, rows: Rows) -> None:
    tino, account = rows.member("+263772100008")
    late, later = rows.lot(10, NOW - 2 * DAY), rows.lot(20, NOW - DAY)
    rows.lot(30, NOW + DAY)
    rows.lot(40, NOW - DAY, remaining=0)
    his = rows.lot(50, NOW - 3 * DAY, account_id=account)
    due = await load.due_lots(limit=9)
    assert [one.member.id for one in due] == [tino, rows.shop.member]
    assert [one.wallet.id for one in due] == [account, rows.shop.account]
    assert [[lot.id for lot in one.lots] for one in due] == [[his], [late, later]]
    assert len(await load.due_lots(limit=1)) == 1


async def test_redemptions_that_meet_are_each_told_their_own(
    db: Database, rows: Rows, other_rows: Rows
) -> None:
    """Of two shops and of one with a member who has nothing, in one call as alone."""
    rows.lot(120), rows.lot(30, NOW + DAY), other_rows.lot(7)
    counter: Row = {"scope": "pin", "subject": str(rows.shop.member), "n": 2, "until": NOW}
    rows.keyed("counter", **counter)
    member, account = rows.member("+263772100001")
    asks = [
        RedemptionAsk(tenant=tenant, account=owner, member=whose, reward=reward)
        for tenant, owner, whose in (
            (rows.shop.id, rows.shop.account, rows.shop.member),
            (other_rows.shop.id, other_rows.shop.account, other_rows.shop.member),
            (rows.shop.id, account, member),
            # Another shop's account is nobody's here.
            (other_rows.shop.id, rows.shop.account, rows.shop.member),
        )
        for reward in (rows.shop.mug, other_rows.shop.mug)
    ]
    reading = Redemptions(db)
    together = await reading.together(asks)
    alone = [await reading.alone(ask) for ask in asks]
    assert [replace(each, i=0) for each in together] == alone
    assert [len(each.lots) for each in together] == [2, 2, 1, 1, 0, 0, 0, 0]
    assert [each.stock for each in together] == [5, None, None, 5, 5, None, None, 5]
    assert [each.tries is not None for each in together] == [True, True, *[False] * 6]
    assert [each.version for each in together[6:]] == [None, None]
