"""Every change alone: written by a commit, read back column by column; every move whose condition
no longer holds: refused, with nothing written."""

import dataclasses
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql
from psycopg.rows import dict_row

from core.changes import (
    FACTS,
    MOVES,
    AccountAdded,
    AccountMoved,
    AddressStopped,
    Change,
    CounterMoved,
    LotMoved,
    NoticeMoved,
)
from storage.crypto import CODE_PLACE, Vault, code_hash, place
from storage.database import Conflict, Stale
from storage.turns import Turns
from tests.shops import Shop, ids
from tests.storage.change_cases import CASES, CONDITIONAL, HIDDEN
from tests.storage.fact_cases import code_added, notice_added, transfer_added
from tests.storage.move_cases import address_stopped
from tests.storage.world import LATER, NOW, World, new_world, work


@pytest.fixture
def world(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> World:
    superuser.execute("update stock set available = total")
    return new_world(superuser, vault, tenants[0])


def rows(connection: psycopg.Connection, table: str, **key: Any) -> list[dict[str, Any]]:
    where = [sql.SQL("{} = {}").format(sql.Identifier(c), sql.Placeholder(c)) for c in key]
    statement = sql.SQL("select * from {} where {}").format(
        sql.Identifier(table), sql.SQL(" and ").join(where)
    )
    return connection.cursor(row_factory=dict_row).execute(statement, key).fetchall()


def everything(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """A digest of every table: what must not change when a commit is refused."""
    tables = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'public'"
        " and table_type = 'BASE TABLE' order by 1"
    ).fetchall()
    digest = "select {}, md5(string_agg(t::text, ',' order by t::text)) from {} t"
    return [
        connection.execute(
            sql.SQL(digest).format(sql.Literal(name), sql.Identifier(name))
        ).fetchall()[0]
        for (name,) in tables
    ]


def test_every_change_has_a_case() -> None:
    assert set(CASES) == {*FACTS, *MOVES}


@pytest.mark.parametrize("kind", [*FACTS, *MOVES], ids=lambda kind: kind.__name__)
async def test_a_change_alone_is_written(
    kind: type[Change], turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    case = CASES[kind](world)
    await turns.commit(work(world, case.change))
    (found,) = rows(superuser, case.table, tenant_id=world.tenant, **case.key)
    assert {column: found[column] for column in case.row} == case.row


async def test_a_lot_that_moves_twice_moves_by_the_sum(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    """Two uses of one lot may be given back in one turn."""
    taken, more, back = (LotMoved(id=world.lot, remaining=n) for n in (-50, -20, 20))
    with pytest.raises(Stale):
        await turns.commit(work(world, taken, more))
    await turns.commit(work(world, taken, back))
    (found,) = rows(superuser, "lot", tenant_id=world.tenant, id=world.lot)
    assert found["remaining"] == 30


@pytest.mark.parametrize("kind", [*FACTS, *MOVES], ids=lambda kind: kind.__name__)
def test_a_case_checks_every_field(kind: type[Change], world: World) -> None:
    """A field that no case reads back could be lost on the way without anybody seeing it."""
    case = CASES[kind](world)
    written = {field.name for field in dataclasses.fields(kind)} - HIDDEN.get(kind, set())
    if kind in FACTS or kind in (AddressStopped,):
        assert written <= {*case.row, *case.key}


@pytest.mark.parametrize("kind", CONDITIONAL, ids=lambda kind: kind.__name__)
async def test_a_move_whose_condition_is_gone_changes_nothing(
    kind: type[Change], turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    case = CASES[kind](world)
    assert case.broken is not None
    before = everything(superuser)
    # A fact beside it must go with it.
    fact = notice_added(world).change
    with pytest.raises(Stale):
        await turns.commit(work(world, fact, case.broken))
    assert everything(superuser) == before


@pytest.mark.parametrize("kind", CONDITIONAL, ids=lambda kind: kind.__name__)
async def test_a_move_of_another_tenants_row_changes_nothing(
    kind: type[Change],
    turns: Turns,
    superuser: psycopg.Connection,
    world: World,
    tenants: tuple[Shop, Shop],
) -> None:
    case = CASES[kind](world)
    before = everything(superuser)
    with pytest.raises(Stale):
        await turns.commit(
            replace(work(world, case.change), owner=tenants[1].id, tenant=tenants[1].id)
        )
    assert everything(superuser) == before


async def test_a_transfer_makes_two_entries(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    spent = transfer_added(world).change
    earned = dataclasses.replace(
        transfer_added(world).change, debit="issuance", credit=world.account, code="earn"
    )
    await turns.commit(work(world, spent, earned))
    found = {
        (row["transfer_id"], row["side"]): row
        for transfer in (spent, earned)
        for row in rows(superuser, "entry", tenant_id=world.tenant, transfer_id=transfer.id)
    }
    debit, credit = found[spent.id, "debit"], found[spent.id, "credit"]
    assert (debit["account_id"], debit["system"], debit["amount"]) == (world.account, None, -40)
    assert (debit["balance_after"], debit["account_version"], debit["at"]) == (60, 2, NOW)
    assert (credit["account_id"], credit["system"], credit["amount"]) == (None, "redeemed", 40)
    assert (credit["balance_after"], credit["account_version"]) == (None, None)
    debit, credit = found[earned.id, "debit"], found[earned.id, "credit"]
    assert (debit["system"], debit["amount"]) == ("issuance", -40)
    assert (credit["account_id"], credit["amount"]) == (world.account, 40)


async def test_a_new_counter_is_inserted_once(turns: Turns, world: World) -> None:
    first = CounterMoved(scope="till", subject=str(world.staff), was=None, n=1, until=LATER)
    await turns.commit(work(world, dataclasses.replace(first, subject=world.ref)))
    with pytest.raises(Stale):
        await turns.commit(work(world, dataclasses.replace(first, subject=world.ref)))


async def test_a_stop_is_overwritten_by_a_start(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    case = address_stopped(world)
    await turns.commit(work(world, case.change))
    await turns.commit(work(world, dataclasses.replace(case.change, stopped=False, at=LATER)))
    (found,) = rows(superuser, "address_stop", tenant_id=world.tenant, **case.key)
    assert (found["stopped"], found["at"]) == (False, LATER)


async def test_a_notice_brings_its_job(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    notice = notice_added(world).change
    await turns.commit(work(world, notice))
    (job,) = rows(superuser, "job", subject=notice.id)
    assert (job["id"], job["tenant_id"], job["kind"]) == (notice.id, world.tenant, "notice")
    assert (job["lane"], job["state"], job["attempts"]) == (world.member, "ready", 0)


async def test_a_code_is_stored_hidden(
    turns: Turns, superuser: psycopg.Connection, vault: Vault, world: World
) -> None:
    added = code_added(world).change
    await turns.commit(work(world, added))
    (found,) = rows(superuser, "till_code", tenant_id=world.tenant, id=added.id)
    assert found["code_hash"] == code_hash(vault, world.tenant, added.code)
    assert added.code.encode() not in found["code_enc"]
    assert vault.open(place(world.tenant, CODE_PLACE), found["code_enc"]) == added.code.encode()


async def test_digits_of_a_live_code_are_taken_and_of_an_ended_one_free(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    added = code_added(world).change
    await turns.commit(work(world, added))
    again = dataclasses.replace(added, id=ids.uuid7())
    with pytest.raises(Stale):
        await turns.commit(work(world, again))
    later = dataclasses.replace(again, at=LATER, expires_at=LATER + timedelta(days=1))
    await turns.commit(work(world, later))
    assert rows(superuser, "till_code", id=added.id) == []
    (found,) = rows(superuser, "till_code", id=again.id)
    assert found["used_at"] is None


async def test_an_account_added_in_the_turn_can_be_moved_in_it(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    added = AccountAdded(id=ids.uuid7(), member_id=world.guest)
    moved = AccountMoved(id=added.id, version=1, posted=10)
    await turns.commit(work(world, moved, added))
    (found,) = rows(superuser, "account", id=added.id)
    assert (found["version"], found["posted"]) == (2, 10)


async def test_a_notice_on_its_way_may_wait_again(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    moves = [("waiting", "sending"), ("sending", "sent"), ("sent", "waiting"), ("waiting", "seen")]
    for was, state in moves:
        moved = NoticeMoved(id=world.notice, was=was, state=state, at=NOW)  # type: ignore[arg-type]
        await turns.commit(work(world, moved))
        with pytest.raises(Stale):
            await turns.commit(work(world, moved))
        (found,) = rows(superuser, "notice", id=world.notice)
        assert (found["state"], found["seen_at"]) == (state, NOW if state == "seen" else None)


async def test_a_reversal_happens_once(turns: Turns, world: World) -> None:
    reversal = dataclasses.replace(transfer_added(world).change, reverses=world.transfer)
    await turns.commit(work(world, reversal))
    with pytest.raises(Stale):
        await turns.commit(work(world, dataclasses.replace(reversal, id=ids.uuid7())))


async def test_a_foreign_id_is_our_own_mistake_and_no_staleness(
    turns: Turns, world: World, tenants: tuple[Shop, Shop]
) -> None:
    orphan = dataclasses.replace(notice_added(world).change, member_id=tenants[1].member)
    with pytest.raises(Conflict, match="notice_member_id_fkey"):
        await turns.commit(work(world, orphan))
