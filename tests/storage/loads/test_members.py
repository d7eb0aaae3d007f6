"""Loads about people, counters and shops; the port as a whole; nothing of a foreign shop."""

from typing import Any
from uuid import uuid4

from core.facts import Counter
from core.ports import Loads, UnitOfWork
from core.values import Address
from storage.crypto import Vault, tries_hash
from storage.database import Database, Row
from storage.programmes import Programmes
from tests.shops import Shop
from tests.storage.loads.conftest import OneTrip, work_of
from tests.storage.rows import NOW, Rows


async def test_wrong_tries_come_with_a_code_that_leads_nowhere(load: Any, rows: Rows) -> None:
    till: Row = {"scope": "till", "subject": str(rows.shop.staff), "n": 4, "until": NOW}
    rows.keyed("counter", **till)
    for find in (load.settlement_by_code, load.customer_by_code):
        counted = await find("000000", rows.shop.staff)
        assert counted.found is None
        assert counted.tries == Counter(**till, stored=True)


async def test_a_counter_that_has_no_row_is_fresh(load: Any, rows: Rows) -> None:
    assert await load.counter("staff_pin", "x") == Counter(scope="staff_pin", subject="x")
    row: Row = {"scope": "staff_pin", "subject": "x", "n": 3, "until": None}
    rows.keyed("counter", **row)
    assert await load.counter("staff_pin", "x") == Counter(**row, stored=True)
    assert await load.counter("pin", "x") == Counter(scope="pin", subject="x")


async def test_customers_by_address_and_id(load: Any, rows: Rows) -> None:
    tino, account = rows.member("+263772100003")
    found = await load.customer_by_address(Address("msisdn", "+263772100003"))
    assert (found.member.id, found.wallet.id, found.phone) == (tino, account, "+263772100003")
    assert found.code is None
    assert await load.customer(tino) == found
    assert await load.customer_by_address(Address("bsuid", "+263772100003")) is None
    assert await load.customer(uuid4()) is None


async def test_a_customer_without_a_number_has_no_phone(load: Any, rows: Rows) -> None:
    member = rows.put("member", name="Bo", language="en", joined_at=NOW)
    rows.put("account", member_id=member)
    at = {"member_id": member, "at": NOW}
    rows.keyed("member_address", kind="bsuid", value="ZW.1", **at)
    found = await load.customer_by_address(Address("bsuid", "ZW.1"))
    assert (found.member.name, found.phone) == ("Bo", None)
    assert await load.addresses(member) == (Address("bsuid", "ZW.1"),)


async def test_a_member_who_left_is_still_found(load: Any, rows: Rows) -> None:
    tino, _ = rows.member("+263772100004")
    rows.connection.execute(
        "update member set status = 'left', left_at = %s where id = %s", [NOW, tino]
    )
    assert (await load.customer(tino)).member.status == "left"


async def test_customers_by_code_used_or_not(load: Any, rows: Rows) -> None:
    made = rows.code("555555")
    rows.code("555556", used_at=NOW)
    rows.code("555557", rows.issuance("issued"))
    found = (await load.customer_by_code("555555", rows.shop.staff)).found
    assert (found.member.id, found.phone) == (rows.shop.member, rows.shop.address.value)
    assert (found.code.id, found.code.code, found.code.used_at) == (made, "555555", None)
    used = (await load.customer_by_code("555556", rows.shop.staff)).found
    assert used.code.used_at == NOW
    assert (await load.customer_by_code("555557", rows.shop.staff)).found is None


async def test_shops_by_join_code_or_slug(load: Any, rows: Rows, tenants: Any) -> None:
    cafe = tenants[0]
    for typed in ("cafe", "cafe-aroma"):
        found = (await load.tenant_by_join_code(typed)).found
        assert (found.tenant_id, found.name) == (cafe.id, "Cafe-Aroma")
    for typed in ("platform", "caf", "%"):
        counted = await load.tenant_by_join_code(typed)
        assert counted.found is None
        subject = tries_hash(rows.vault, rows.shop.id, rows.shop.address).hex()
        assert counted.tries == Counter(scope="join_code", subject=subject)
    rows.connection.execute("update tenant set status = 'closed' where id = %s", [cafe.id])
    assert (await load.tenant_by_join_code("cafe")).found is None


async def test_a_foreign_shop_sees_nothing_of_it(
    db: Database, vault: Vault, rows: Rows, tenants: Any, load: Any
) -> None:
    """The same ids, asked under another tenant: nothing is there."""
    shop, other = rows.shop, tenants[1]
    rows.lot(10)
    issuance, purchase = rows.issuance("issued"), rows.purchase()
    rows.code("777777", issuance)
    rows.code("777778")
    programme = await Programmes(db).get(other.id, 1)
    foreign = OneTrip(work_of(db, vault, shop, programme).load)
    assert (await load.settlement(issuance)) is not None
    assert await foreign.lots(shop.account) == ()
    assert await foreign.settlement(issuance) is None
    assert (await foreign.settlement_by_code("777777", shop.staff)).found is None
    assert (await foreign.customer_by_code("777778", shop.staff)).found is None
    assert await foreign.customer(shop.member) is None
    assert await foreign.reversal(purchase) is None
    assert await foreign.issuances(shop.member, is_open=True) == ()
    assert await foreign.own_code(shop.member, "member") is None
    assert await foreign.history(shop.member, before=None, limit=9) == ()
    assert (await foreign.redemption(shop.mug)).stock is None
    assert await foreign.addresses(shop.member) == ()


async def test_every_load_of_the_port_is_there(db: Database, vault: Vault, shop: Shop) -> None:
    programme = await Programmes(db).get(shop.id, 1)
    loads = work_of(db, vault, shop, programme).load
    wanted = {name for name in vars(Loads) if not name.startswith("_")}
    assert {name for name in wanted if callable(getattr(loads, name, None))} == wanted


async def test_a_unit_of_work_keeps_its_ref_and_its_changes(
    db: Database, vault: Vault, shop: Shop
) -> None:
    uow = work_of(db, vault, shop, await Programmes(db).get(shop.id, 1))
    port: UnitOfWork = uow
    assert port.caller.programme.slug == shop.slug
    assert uow.ref == uow.ref
    assert len(uow.ref) == 7
    assert uow.new_id() < uow.new_id()
    assert len(uow.digits(6)) == 6
    assert uow.changes == []
