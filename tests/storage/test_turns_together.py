"""Turns that travel in one call: each ends as it would have ended alone, whoever sits beside it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace

from core.changes import AccountMoved, AddressAdded, LotMoved, StockMoved
from core.values import Address
from storage.begins import Begins
from storage.commits import Commits, outcome
from storage.crypto import Vault
from storage.database import Conflict, Database, Stale, Unavailable
from storage.turns import PLATFORM, BeginAsk, Turns, Work
from tests.conftest import Urls
from tests.shops import Shop, ids, put
from tests.storage.world import NOW, Programmes, World, asks, new_world, talk, work


@pytest.fixture
def worlds(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> list[World]:
    superuser.execute("update stock set available = total")
    return [new_world(superuser, vault, tenants[n % 2]) for n in range(8)]


@pytest.fixture
def commits(db: Database, vault: Vault) -> Commits:
    return Commits(db, vault)


async def begun(db: Database, vault: Vault, wanted: list[BeginAsk]) -> None:
    """Together they are told what each is told alone; only the moment differs."""
    begins = Begins(db, vault)
    alone = [await begins.alone(ask) for ask in wanted]
    together = await begins.together(wanted)
    then = together[0].now
    assert [replace(each, now=then) for each in alone] == list(together)


async def test_a_snapshot_is_the_same_together_and_alone(
    db: Database,
    vault: Vault,
    superuser: psycopg.Connection,
    tenants: tuple[Shop, Shop],
    worlds: list[World],
) -> None:
    turns = Turns(db, vault, Programmes())
    soon, gone = NOW + timedelta(days=2), NOW - timedelta(days=2)
    for world, end in ((worlds[0], soon), (worlds[1], gone)):
        superuser.execute("update lot set expires_at = %s where id = %s", (end, world.lot))
    stopped = {"kind": "msisdn", "value": worlds[2].address.value, "stopped": True, "at": NOW}
    put(superuser, "address_stop", tenant_id=worlds[2].tenant, **stopped)
    talked = talk(tenants[0])
    done = replace(
        work(tenants[0].id, conversation=talked), answer=b"CON 1", session_claim=b"c" * 32
    )
    await turns.commit(done)
    strangers = Address("msisdn", "+263770000009")
    members = [
        replace(asks(tenants[n % 2], ids.uuid7()), sender=world.address)
        for n, world in enumerate(worlds)
    ]
    staff = replace(asks(tenants[0], ids.uuid7()), sender=tenants[0].staff_address)
    again = asks(tenants[0], talked.id, done.key)
    foreign = replace(asks(tenants[1], ids.uuid7()), session_claim=b"c" * 32)
    shared = replace(
        asks(tenants[0], ids.uuid7()), owner=PLATFORM, tenant=tenants[1].id, carrier_session="s"
    )
    nobody = replace(asks(tenants[1], ids.uuid7()), sender=strangers)
    await begun(db, vault, [*members, staff, again, foreign, shared, nobody])


async def test_menus_of_two_shops_are_written_in_one_call(
    db: Database, vault: Vault, commits: Commits, tenants: tuple[Shop, Shop]
) -> None:
    talks = [talk(tenants[n % 2]) for n in range(6)]
    menus = [menu(tenants[n % 2], each) for n, each in enumerate(talks)]
    assert await commits.menus(menus) == [None] * 6
    later = [
        menu(tenants[n % 2], replace(each, version=1 if n else 7, session=b"later"))
        for n, each in enumerate(talks)
    ]
    outcomes = await commits.menus(later)
    assert [type(each) for each in outcomes] == [Stale, *[type(None)] * 5]
    turns = Turns(db, vault, Programmes())
    for n, each in enumerate(talks):
        ask = asks(tenants[n % 2], each.id, later[n].key)
        found = await turns.begin(ask)
        assert found.conversation is not None
        assert found.conversation.session == (b"later" if n else each.session)
        assert (found.answer is None) == (n == 0)


async def test_a_key_that_was_used_undoes_its_flight_of_menus(
    commits: Commits, superuser: psycopg.Connection, tenants: tuple[Shop, Shop]
) -> None:
    first = menu(tenants[0], talk(tenants[0]))
    await commits.menus([first])
    stolen = replace(menu(tenants[0], talk(tenants[0])), key=first.key)
    beside = menu(tenants[0], talk(tenants[0]))
    with pytest.raises(Stale):
        await commits.menus([stolen, beside])
    written = superuser.execute("select 1 from command_log where key = %s", (beside.key,))
    assert written.fetchone() is None


async def test_one_poisoned_turn_disturbs_nobody(
    commits: Commits,
    superuser: psycopg.Connection,
    tenants: tuple[Shop, Shop],
    worlds: list[World],
) -> None:
    taken = AddressAdded(
        kind="msisdn", value=tenants[0].address.value, member_id=worlds[2].guest, at=NOW
    )
    overdrawn = LotMoved(id=worlds[4].lot, remaining=-61)
    stale = AccountMoved(id=worlds[6].account, version=7, held=1)
    orphan = replace(work(worlds[1], AccountMoved(id=worlds[1].account, version=1, posted=-500)))
    works = [
        work(worlds[2], taken), work(worlds[3], moved(worlds[3])), work(worlds[4], overdrawn),
        work(worlds[6], stale), work(worlds[5], moved(worlds[5])), orphan,
    ]  # fmt: skip
    outcomes = await commits.turns(works)
    assert [type(each) for each in outcomes] == [
        Stale, type(None), Stale, Stale, type(None), Conflict,
    ]  # fmt: skip
    for world, held in ((worlds[3], 50), (worlds[5], 50), (worlds[1], 40)):
        found = superuser.execute("select held from account where id = %s", (world.account,))
        assert found.fetchone() == (held,)
    keys = {work.key for work in works}
    logged = superuser.execute("select key from command_log where key = any(%s)", (list(keys),))
    assert {row[0] for row in logged} == {works[1].key, works[4].key}


async def test_flights_that_cross_do_not_wait_for_each_other(
    crowded: Database, vault: Vault, superuser: psycopg.Connection, worlds: list[World]
) -> None:
    """Opposite orders of accounts and stock, from processes at once, a refusal in each flight:
    locks are taken by id, in its second pass too."""
    superuser.execute("update stock set total = 1000, available = 1000")
    mine = [world for world in worlds if world.tenant == worlds[0].tenant]
    sold_out = StockMoved(reward_id=mine[0].reward, available=-2000)

    async def process(order: list[World]) -> int:
        done = 0
        for _ in range(15):
            read = superuser.execute(
                "select id, version from account where id = any(%s)",
                ([world.account for world in order],),
            )
            versions: dict[UUID, int] = dict(read.fetchall())
            works = [
                work(
                    world,
                    AccountMoved(id=world.account, version=versions[world.account], visits=1),
                    StockMoved(reward_id=world.reward, available=-1),
                )
                for world in order
            ]
            works.insert(2, work(mine[0], sold_out))
            done += (await Commits(crowded, vault).turns(works)).count(None)
        return done

    before = superuser.execute(_DEADLOCKS).fetchone()
    done = sum(await asyncio.gather(process(mine), process(mine[::-1]), process(mine)))
    await asyncio.gather(*(crowded.call("select pg_stat_force_next_flush()") for _ in range(16)))
    assert superuser.execute(_DEADLOCKS).fetchone() == before
    total = superuser.execute(
        "select sum(visits) from account where id = any(%s)", ([w.account for w in mine],)
    ).fetchone()
    assert total == (done,)
    assert superuser.execute("select 1000 - min(available) from stock").fetchone() == (done,)


async def test_a_row_that_somebody_holds_stops_only_who_needs_it(
    commits: Commits, database_urls: Urls, superuser: psycopg.Connection, worlds: list[World]
) -> None:
    held, free = worlds[0], worlds[2:6]
    with psycopg.connect(database_urls.superuser) as holding:
        holding.execute("select from account where id = %s for update", (held.account,))
        works = [work(world, moved(world)) for world in (free[0], held, *free[1:])]
        outcomes = await commits.turns(works)
        with pytest.raises(Stale):
            await commits.alone(works[1])
    kinds = [type(each) for each in outcomes]
    assert kinds == [type(None), Stale, *[type(None)] * (len(free) - 1)]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("ok", type(None)), ("stale", Stale), ("MT001:", Stale), ("40P01:", Stale),
        ("55P03:", Stale), ("23505:member_address_pkey", Stale), ("53100:", Unavailable),
        ("57P01:", Unavailable), ("58030:", Unavailable), ("23514:account_held", Conflict),
    ],
)  # fmt: skip
def test_what_a_flight_tells_means_what_it_means_alone(told: str, kind: type) -> None:
    assert type(outcome(told)) is kind


_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


def menu(shop: Shop, conversation: object) -> Work:
    """A turn that writes nothing but its conversation."""
    made = work(shop.id, conversation=conversation)  # type: ignore[arg-type]
    return replace(made, answer=b"CON menu", command="", durable=False)


def moved(world: World) -> AccountMoved:
    return AccountMoved(id=world.account, version=1, held=10)
