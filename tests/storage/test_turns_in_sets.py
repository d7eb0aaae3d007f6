"""A flight of turns that is written set by set: every change ends as it would have ended alone, and
what is refused is refused to its own turn only."""

import asyncio
import dataclasses
from collections.abc import Sequence

import psycopg
import pytest
from msgspec.structs import replace

from core.changes import FACTS, MOVES, AccountMoved, Change, StockMoved
from storage.commits import APART, Commits
from storage.crypto import Vault
from storage.database import Database, Stale
from storage.turns import Conversation, OutboundRow, Work
from tests.shops import Shop, ids
from tests.storage.change_cases import CASES, CONDITIONAL
from tests.storage.fact_cases import code_added
from tests.storage.test_commit_changes import rows
from tests.storage.world import World, new_world, talk, work

pytestmark = pytest.mark.usefixtures("stocked")


class InSets(Commits):
    """Only sets: going one by one is a mistake."""

    async def one_by_one(self, works: Sequence[Work]) -> Sequence[Exception | None]:
        raise AssertionError(f"{len(works)} went one by one")


@pytest.fixture
def stocked(superuser: psycopg.Connection) -> None:
    superuser.execute("update stock set available = total")


@pytest.fixture
def worlds(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> list[World]:
    return [new_world(superuser, vault, tenants[n % 2]) for n in range(4)]


@pytest.fixture
def commits(db: Database, vault: Vault) -> Commits:
    return Commits(db, vault)


@pytest.fixture
def sets(db: Database, vault: Vault) -> InSets:
    return InSets(db, vault)


def turn(tenants: tuple[Shop, Shop], world: World, *changes: Change) -> Work:
    """A new conversation's first turn, with these changes."""
    shop = next(shop for shop in tenants if shop.id == world.tenant)
    made = work(world, *changes, conversation=talk(shop))
    return replace(made, answer=b"CON done", session_claim=made.key.encode()[:32], ref=ids.ref())


def conversation(connection: psycopg.Connection, turn: Work) -> int | None:
    """The version that is stored."""
    assert turn.conversation is not None
    found = rows(connection, "conversation", tenant_id=turn.owner, id=turn.conversation.id)
    return found[0]["version"] if found else None


@pytest.mark.parametrize("kind", [*FACTS, *MOVES], ids=lambda kind: kind.__name__)
async def test_every_change_is_written_beside_others(
    kind: type[Change],
    commits: Commits,
    sets: InSets,
    superuser: psycopg.Connection,
    tenants: tuple[Shop, Shop],
    worlds: list[World],
) -> None:
    cases = [CASES[kind](world) for world in worlds]
    turns = [turn(tenants, world, case.change) for world, case in zip(worlds, cases, strict=True)]
    flown = commits if kind.part in APART else sets
    assert await flown.turns(turns) == [None] * 4
    for world, case, each in zip(worlds, cases, turns, strict=True):
        found = rows(superuser, case.table, tenant_id=world.tenant, **case.key)[0]
        own = {column: found[column] for column in case.row}
        assert own == case.row or kind is StockMoved
        assert conversation(superuser, each) == 1
        (logged,) = rows(superuser, "command_log", tenant_id=world.tenant, key=each.key)
        assert (logged["ref"], logged["command"]) == (each.ref, each.command)
        assert rows(superuser, "directory", address_hash=each.session_claim)


@pytest.mark.parametrize("kind", CONDITIONAL, ids=lambda kind: kind.__name__)
async def test_a_broken_condition_is_its_own_turns(
    kind: type[Change],
    commits: Commits,
    superuser: psycopg.Connection,
    tenants: tuple[Shop, Shop],
    worlds: list[World],
) -> None:
    case = CASES[kind](worlds[1])
    assert case.broken is not None
    turns = [
        turn(tenants, worlds[0], held(worlds[0])), turn(tenants, worlds[1], case.broken),
        turn(tenants, worlds[2], held(worlds[2])),
    ]  # fmt: skip
    outcomes = await commits.turns(turns)
    assert [type(each) for each in outcomes] == [type(None), Stale, type(None)]
    assert [conversation(superuser, each) for each in turns] == [1, None, 1]
    for world in (worlds[0], worlds[2]):
        (account,) = rows(superuser, "account", id=world.account)
        assert (account["held"], account["version"]) == (50, 2)


async def test_what_is_often_refused_is_told_without_going_one_by_one(
    sets: InSets, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    """A conversation that moved on, an account that did, digits of a live code."""
    live = code_added(worlds[0]).change
    assert await sets.turns([turn(tenants, worlds[0], live)]) == [None]
    moved_on = turn(tenants, worlds[0])
    assert moved_on.conversation is not None
    moved_on = replace(moved_on, conversation=replace(moved_on.conversation, version=7))
    stale = AccountMoved(id=worlds[1].account, version=9, held=1)
    taken = dataclasses.replace(live, id=ids.uuid7())
    turns = [
        moved_on, turn(tenants, worlds[1], stale), turn(tenants, worlds[3], held(worlds[3])),
        turn(tenants, worlds[0], taken), turn(tenants, worlds[2]),
    ]  # fmt: skip
    outcomes = await sets.turns(turns)
    told = [type(each) for each in outcomes]
    assert told == [Stale, Stale, type(None), Stale, type(None)]
    assert [conversation(superuser, each) for each in turns] == [None, None, 1, None, 1]


async def test_of_two_turns_that_drew_the_same_digits_one_draws_again(
    commits: Commits, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    live = code_added(worlds[0]).change
    same = dataclasses.replace(live, id=ids.uuid7())
    turns = [turn(tenants, worlds[0], live), turn(tenants, worlds[0], same)]
    assert sorted(str(type(each)) for each in await commits.turns(turns)) == sorted(
        [str(type(None)), str(Stale)]
    )
    assert sorted(conversation(superuser, each) or 0 for each in turns) == [0, 1]


async def test_of_two_turns_on_one_account_the_later_is_stale(
    commits: Commits, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    turns = [turn(tenants, worlds[n], held(worlds[n])) for n in (0, 1, 0)]
    outcomes = await commits.turns(turns)
    assert [type(each) for each in outcomes] == [type(None), type(None), Stale]
    (account,) = rows(superuser, "account", id=worlds[0].account)
    assert (account["held"], account["version"]) == (50, 2)


async def test_a_key_that_was_used_is_its_own_turns(
    commits: Commits, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    first = turn(tenants, worlds[0])
    await commits.turns([first])
    stolen = replace(turn(tenants, worlds[0], held(worlds[0])), key=first.key)
    beside = turn(tenants, worlds[2], held(worlds[2]))
    outcomes = await commits.turns([stolen, beside])
    assert [type(each) for each in outcomes] == [Stale, type(None)]
    assert [conversation(superuser, each) for each in (stolen, beside)] == [None, 1]
    (account,) = rows(superuser, "account", id=worlds[0].account)
    assert account["held"] == 40


async def test_messages_leave_with_their_turns(
    sets: InSets, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    def sending(world: World) -> Work:
        made = turn(tenants, world)
        assert made.conversation is not None
        row = OutboundRow(
            id=ids.uuid7(),
            channel_id=made.conversation.channel_id,
            conversation_id=made.conversation.id,
            payload=b"hello",
        )
        return replace(made, outbound=(row,), inbound_id=ids.uuid7())

    turns = [sending(world) for world in worlds]
    assert await sets.turns(turns) == [None] * 4
    for each in turns:
        (sent,) = rows(superuser, "outbound", tenant_id=each.owner, id=each.outbound[0].id)
        assert (sent["state"], sent["conversation_id"]) == ("queued", _talk(each).id)
        assert rows(superuser, "job", id=each.outbound[0].id, kind="send")


@pytest.mark.parametrize("refused", [False, True])
async def test_sets_that_cross_do_not_wait_for_each_other(
    crowded: Database,
    vault: Vault,
    superuser: psycopg.Connection,
    tenants: tuple[Shop, Shop],
    worlds: list[World],
    *,
    refused: bool,
) -> None:
    """Conversations, accounts and stock in opposite orders, from processes at once."""
    superuser.execute("update stock set total = 1000, available = 1000")
    mine = [*worlds, *(new_world(superuser, vault, tenants[n % 2]) for n in range(4))]
    talks = {world.account: turn(tenants, world) for world in mine}
    assert await Commits(crowded, vault).turns(list(talks.values())) == [None] * 8

    async def process(order: list[World]) -> int:
        done = 0
        for _ in range(15):
            works = [again(superuser, talks[world.account], world) for world in order]
            if refused:
                sold_out = StockMoved(reward_id=mine[0].reward, available=-2000)
                works.insert(2, turn(tenants, mine[0], sold_out))
            done += (await Commits(crowded, vault).turns(works)).count(None)
            await asyncio.sleep(0)
        return done

    before = superuser.execute(_DEADLOCKS).fetchone()
    done = sum(await asyncio.gather(process(mine), process(mine[::-1]), process(mine)))
    await asyncio.gather(*(crowded.call("select pg_stat_force_next_flush()") for _ in range(16)))
    assert superuser.execute(_DEADLOCKS).fetchone() == before
    (visits,) = superuser.execute(
        "select sum(visits) from account where id = any(%s)", ([w.account for w in mine],)
    ).fetchall()
    assert visits == (done,)
    left = superuser.execute("select sum(total - available) from stock").fetchone()
    assert left == (done,)
    assert done > 0


def again(connection: psycopg.Connection, first: Work, world: World) -> Work:
    """The next turn of a conversation, as whoever reads it now would have made it."""
    (stored,) = rows(connection, "account", id=world.account)
    version = conversation(connection, first)
    assert version is not None
    return replace(
        first,
        key=str(ids.uuid7()),
        ref=None,
        session_claim=None,
        conversation=replace(_talk(first), version=version),
        changes=(
            AccountMoved(id=world.account, version=stored["version"], visits=1),
            StockMoved(reward_id=world.reward, available=-1),
        ),
    )


def held(world: World) -> AccountMoved:
    return AccountMoved(id=world.account, version=1, held=10)


def _talk(turn: Work) -> Conversation:
    assert turn.conversation is not None
    return turn.conversation


_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
