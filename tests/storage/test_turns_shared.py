"""A channel that several tenants share: what lies under its owner and what under the tenant, and
documents that commit refuses."""

import dataclasses
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table

from core.changes import AddressAdded, AddressListed, AddressStopped, Change
from core.values import Address
from storage.database import Database
from storage.tables import PRE_TENANT, metadata
from storage.tables.schema import SHARED
from storage.turns import PLATFORM, Turns
from tests.shops import Shop, ids, own_digits
from tests.storage.change_cases import CASES
from tests.storage.fact_cases import notice_added
from tests.storage.move_cases import account_moved, address_listed
from tests.storage.test_commit_changes import everything, rows
from tests.storage.world import NOW, World, asks, talk, work

OF_A_SHOP = [
    table
    for table in metadata.sorted_tables
    if table not in PRE_TENANT and table.name not in SHARED
]


def nobody() -> Address:
    return Address("msisdn", f"+26371{own_digits(7)}")


def where(connection: psycopg.Connection, statement: str, *params: Any) -> set[UUID]:
    """The tenants of the rows."""
    return {row[0] for row in connection.execute(statement.encode(), params)}


async def test_the_conversation_says_at_which_tenant_it_is(
    turns: Turns, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop, other = tenants
    talked = talk(shop)
    ask = replace(asks(shop, talked.id), owner=PLATFORM, tenant=None, sender=nobody())
    lost = await turns.begin(ask)
    assert not lost.caller.chosen
    assert lost.caller.shops == ()
    assert (lost.tenant, lost.caller.member, lost.config_version) == (PLATFORM, None, 1)
    assert lost.caller.programme.tenant_id == PLATFORM
    nowhere = replace(work(PLATFORM, conversation=talked), tenant=None)
    await turns.commit(nowhere)
    arrived = replace(talked, version=1, at_tenant=shop.id)
    await turns.commit(replace(work(PLATFORM, conversation=arrived), tenant=shop.id))
    ask = replace(ask, sender=shop.address)
    found = await turns.begin(ask)
    assert found.conversation == replace(arrived, version=2)
    assert found.tenant == shop.id
    assert found.caller.member is not None
    assert found.caller.member.id == shop.member
    # A sub-code that was dialled goes before where the conversation was.
    elsewhere = await turns.begin(replace(ask, tenant=other.id))
    assert (elsewhere.tenant, elsewhere.caller.member) == (other.id, None)


async def test_who_belongs_to_one_shop_is_led_there(
    turns: Turns, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop = tenants[0]
    for address in (shop.address, shop.staff_address):
        ask = replace(asks(shop, ids.uuid7()), owner=PLATFORM, tenant=PLATFORM, sender=address)
        begun = await turns.begin(ask)
        assert (begun.tenant, begun.caller.chosen) == (shop.id, True)
        assert [each.slug for each in begun.caller.shops or ()] == [shop.slug]
    own = await turns.begin(asks(shop, ids.uuid7()))
    assert (own.caller.shops, own.caller.chosen) == (None, True)


async def test_who_belongs_to_two_shops_is_asked(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop, other = tenants
    address = nobody()
    for each, listed in ((shop, True), (other, True), (other, False)):
        added = AddressAdded(kind="msisdn", value=address.value, member_id=each.member, at=NOW)
        named: dict[str, Any] = {"kind": added.kind, "value": added.value, "member_id": each.member}
        change = added if listed else AddressListed(listed=False, **named)
        await turns.commit(work(each.id, change))
        ask = replace(asks(shop, ids.uuid7()), owner=PLATFORM, tenant=PLATFORM, sender=address)
        begun = await turns.begin(ask)
        both = each is other and listed
        assert begun.tenant == (PLATFORM if both else shop.id)
        known = [found.tenant_id for found in begun.caller.shops or ()]
        assert known == ([shop.id, other.id] if both else [shop.id])


async def test_who_leaves_is_found_no_more_by_that_shop(
    turns: Turns, superuser: psycopg.Connection, world: World, tenants: tuple[Shop, Shop]
) -> None:
    case = address_listed(world)
    gone = dataclasses.replace(case.change, listed=False)
    await turns.commit(work(world, case.change))
    foreign = replace(work(world, gone), owner=tenants[1].id, tenant=tenants[1].id)
    await turns.commit(foreign)
    assert len(rows(superuser, "directory", **case.key)) == 1, "another tenant takes nothing away"
    await turns.commit(work(world, gone))
    assert rows(superuser, "directory", **case.key) == []


async def test_a_session_goes_on_where_it_is_whatever_was_dialled(
    turns: Turns, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop, other = tenants
    talked = replace(talk(shop), at_tenant=shop.id, carrier_session="s1", sender=nobody())
    await turns.commit(replace(work(PLATFORM, conversation=talked), tenant=shop.id))
    ask = replace(asks(shop, talked.id), owner=PLATFORM, sender=talked.sender)
    for session, tenant, led_to in (
        ("s1", other.id, shop.id),
        ("s1", PLATFORM, shop.id),
        ("s2", other.id, other.id),
        ("s2", PLATFORM, PLATFORM),
        (None, other.id, other.id),
        (None, None, shop.id),
    ):
        begun = await turns.begin(replace(ask, tenant=tenant, carrier_session=session))
        assert begun.tenant == led_to, (session, tenant)


async def test_nobody_is_led_to_a_shop_that_closed(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop, other = tenants
    talked = replace(talk(shop), at_tenant=other.id, sender=nobody())
    await turns.commit(replace(work(PLATFORM, conversation=talked), tenant=other.id))
    superuser.execute("update tenant set status = 'closed' where id = %s", (other.id,))
    ask = replace(asks(shop, talked.id), owner=PLATFORM, sender=talked.sender)
    for tenant in (None, other.id):
        begun = await turns.begin(replace(ask, tenant=tenant))
        assert begun.tenant == PLATFORM
    known = await turns.begin(replace(ask, tenant=None, sender=other.address))
    assert known.caller.shops == ()
    superuser.execute("update tenant set status = 'open' where id = %s", (other.id,))


async def test_a_turn_writes_under_the_owner_and_under_its_tenant(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop = tenants[0]
    talked = replace(talk(shop), at_tenant=shop.id)
    done = work(world, account_moved(world).change, notice_added(world).change)
    done = replace(done, owner=PLATFORM, conversation=talked, ref=ids.ref(), answer=b"CON 1")
    await turns.commit(done)
    log = "select tenant_id from command_log where key = %s and "
    assert where(superuser, log + "answer is not null and ref is null", done.key) == {PLATFORM}
    assert where(superuser, log + "answer is null and ref = %s", done.key, done.ref) == {shop.id}
    found = "select tenant_id from conversation where id = %s"
    assert where(superuser, found, talked.id) == {PLATFORM}
    moved = "select tenant_id from account where id = %s and version = 2"
    assert where(superuser, moved, world.account) == {shop.id}
    snapshot = await turns.begin(replace(asks(shop, talked.id, done.key), owner=PLATFORM))
    assert snapshot.answer is not None
    assert snapshot.answer.answer == b"CON 1"


async def test_a_stop_counts_for_the_number_it_was_sent_to(
    turns: Turns, tenants: tuple[Shop, Shop]
) -> None:
    shop = tenants[0]
    kind, value = shop.address.kind, shop.address.value
    stop = AddressStopped(kind=kind, value=value, stopped=True, at=NOW)
    await turns.commit(replace(work(PLATFORM, stop), tenant=None))
    ask = asks(shop, ids.uuid7())
    assert (await turns.begin(replace(ask, owner=PLATFORM))).caller.stopped
    assert not (await turns.begin(ask)).caller.stopped


@pytest.mark.parametrize("kind", [each for each in CASES if each is not AddressStopped])
async def test_nothing_of_a_shop_is_written_under_the_platform(
    kind: type[Change], turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    change = CASES[kind](world).change
    before = everything(superuser)
    for tenant in (None, PLATFORM):
        with pytest.raises(psycopg.DatabaseError, match="the platform has no members"):
            await turns.commit(replace(work(PLATFORM, change), tenant=tenant))
    assert everything(superuser) == before


@pytest.mark.parametrize("table", OF_A_SHOP, ids=lambda table: table.name)
def test_no_table_of_a_shop_takes_a_row_of_the_platform(
    table: Table, superuser: psycopg.Connection, world: World
) -> None:
    """Not even past every function of ours, and past row security."""
    name = f"{table.name}_of_a_shop"
    wall = "select pg_get_constraintdef(oid) from pg_constraint where conname = %s and convalidated"
    refused = f"CHECK ((tenant_id <> '{PLATFORM}'::uuid))"
    assert superuser.execute(wall, (name,)).fetchall() == [(refused,)]
    moved = sql.SQL("update {} set tenant_id = %s").format(sql.Identifier(table.name))
    count = sql.SQL("select count(*) from {}").format(sql.Identifier(table.name))
    with superuser.transaction(force_rollback=True):
        superuser.execute("set local session_replication_role = replica")
        if superuser.execute(count).fetchone() != (0,):
            with pytest.raises(psycopg.errors.CheckViolation, match=name):
                superuser.execute(moved, (PLATFORM,))


async def test_a_shops_own_channel_leads_nowhere_else(
    turns: Turns, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop, other = tenants
    ask = replace(asks(shop, ids.uuid7()), tenant=other.id)
    begun = await turns.begin(ask)
    assert (begun.tenant, begun.caller.programme.tenant_id) == (shop.id, shop.id)
    foreign = replace(work(world, notice_added(world).change), owner=other.id)
    with pytest.raises(psycopg.DatabaseError, match="lead to another tenant"):
        await turns.commit(foreign)


SEEN = {"id": str(UUID(int=1)), "was": "waiting", "state": "seen", "at": NOW.isoformat()}


@pytest.mark.parametrize(
    ("turn", "changes"),
    [
        ({"surprise": 1}, None),
        ({"command": {"key": "k", "command": "c", "input_hash": "", "tenant_id": "x"}}, None),
        ({}, {"surprise": []}),
        ({}, {"notice_moved": [{**SEEN, "tenant_id": str(PLATFORM)}]}),
        ({}, {"notice_moved": [{"id": SEEN["id"]}]}),
        ({"jobs": [{"id": SEEN["id"]}]}, None),
        ({"outbound": [{"id": SEEN["id"]}]}, None),
    ],
)
async def test_other_keys_are_refused(
    turn: dict[str, Any], changes: dict[str, Any] | None, db: Database, tenants: tuple[Shop, Shop]
) -> None:
    """A key that nobody reads would be lost, and a missing one would be null, silently."""
    command = {"key": ids.token(), "command": "test", "input_hash": ""}
    document = {"command": command, **turn}
    tenant = str(tenants[0].id)
    arguments = (tenant, tenant, True, Jsonb(document), changes and Jsonb(changes))
    with pytest.raises(psycopg.DatabaseError) as refused:
        await db.call("select commit_v3(%s, %s, %s, %s, %s)", arguments)
    assert refused.value.sqlstate == "MT003"


async def test_only_a_turn_without_value_is_asynchronous(
    superuser: psycopg.Connection, tenants: tuple[Shop, Shop]
) -> None:
    tenant = tenants[0].id
    superuser.execute("set synchronous_commit = on")
    for durable, told in ((True, "on"), (False, "off")):
        command = {"key": ids.token(), "command": "test", "input_hash": ""}
        with superuser.transaction():
            superuser.execute(
                "select commit_v3(%s, %s, %s, %s, null)",
                (tenant, tenant, durable, Jsonb({"command": command})),
            )
            row = superuser.execute("show synchronous_commit").fetchone()
            assert row == (told,)
        assert superuser.execute("show synchronous_commit").fetchone() == ("on",)
