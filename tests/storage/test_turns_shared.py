"""A channel that several tenants share: what lies under its owner and what under the tenant, and
documents that commit refuses."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from core.changes import AddressStopped
from storage.crypto import Vault
from storage.database import Database
from storage.turns import PLATFORM, Turns
from tests.shops import Shop, ids
from tests.storage.fact_cases import notice_added
from tests.storage.move_cases import account_moved
from tests.storage.world import NOW, Programmes, World, asks, new_world, talk, work


@pytest.fixture(scope="module")
def turns(db: Database, vault: Vault) -> Turns:
    return Turns(db, vault, Programmes())


@pytest.fixture
def world(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> World:
    return new_world(superuser, vault, tenants[0])


def where(connection: psycopg.Connection, statement: str, *params: Any) -> set[UUID]:
    """The tenants of the rows."""
    return {row[0] for row in connection.execute(statement.encode(), params)}


async def test_the_conversation_says_at_which_tenant_it_is(
    turns: Turns, tenants: tuple[Shop, Shop], world: World
) -> None:
    shop, other = tenants
    talked = talk(shop)
    ask = replace(asks(shop, talked.id), owner=PLATFORM, tenant=None)
    lost = await turns.begin(ask)
    assert (lost.tenant, lost.caller.member, lost.config_version) == (PLATFORM, None, 1)
    assert lost.caller.programme.tenant_id == PLATFORM
    nowhere = replace(work(PLATFORM, conversation=talked), tenant=None)
    await turns.commit(nowhere)
    arrived = replace(talked, version=1, at_tenant=shop.id)
    await turns.commit(replace(work(PLATFORM, conversation=arrived), tenant=shop.id))
    found = await turns.begin(ask)
    assert found.conversation == replace(arrived, version=2)
    assert found.tenant == shop.id
    assert found.caller.member is not None
    assert found.caller.member.id == shop.member
    # A sub-code that was dialled goes before where the conversation was.
    elsewhere = await turns.begin(replace(ask, tenant=other.id))
    assert (elsewhere.tenant, elsewhere.caller.member) == (other.id, None)


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


async def test_nobody_is_a_member_of_the_platform(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    change = notice_added(world).change
    for tenant in (None, PLATFORM):
        with pytest.raises(psycopg.DatabaseError, match="the platform has no members"):
            await turns.commit(replace(work(PLATFORM, change), tenant=tenant))
    assert where(superuser, "select tenant_id from notice where id = %s", change.id) == set()


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
