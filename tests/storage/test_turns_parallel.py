"""Turns that meet: nothing is lost, nothing is given twice, nobody waits for ever."""

import asyncio
import random
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace

from core.changes import AccountMoved, LotMoved, StockMoved
from core.values import Address
from storage.crypto import Vault
from storage.database import Database, Stale
from storage.turns import Turns
from tests.shops import Shop, ids, put
from tests.storage.world import NOW, Programmes, World, asks, new_world, talk, work


@pytest.fixture(scope="module")
def turns(crowded: Database, vault: Vault) -> Turns:
    return Turns(crowded, vault, Programmes())


@pytest.fixture
def worlds(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> list[World]:
    return [new_world(superuser, vault, tenants[0]) for _ in range(12)]


async def test_a_stock_of_five_is_given_five_times(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    async def redeem(world: World) -> bool:
        moved = AccountMoved(id=world.account, version=1, held=50)
        taken = StockMoved(reward_id=tenants[0].mug, available=-1)
        try:
            await turns.commit(work(world, taken, moved))
        except Stale:
            return False
        return True

    given = await asyncio.gather(*map(redeem, worlds))
    assert sum(given) == 5
    assert superuser.execute("select available from stock where available < 5").fetchone() == (0,)
    accounts = [world.account for world in worlds]
    held = superuser.execute("select held from account where id = any(%s)", (accounts,))
    assert sorted(row[0] for row in held) == [40] * 7 + [90] * 5


async def test_forty_moves_of_one_account_all_count(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop]
) -> None:
    shop = tenants[0]

    async def visit() -> None:
        for _ in range(100):
            wallet = (await turns.begin(asks(shop, ids.uuid7()))).caller.wallet
            assert wallet is not None
            moved = AccountMoved(id=shop.account, version=wallet.version, visits=1)
            try:
                await turns.commit(work(shop.id, moved))
            except Stale:
                await asyncio.sleep(random.uniform(0, 0.01))
                continue
            return
        raise AssertionError("starved")

    await asyncio.gather(*(visit() for _ in range(40)))
    row = superuser.execute("select visits, version from account where id = %s", (shop.account,))
    assert row.fetchone() == (40, 41)


async def test_two_accounts_in_either_order_never_deadlock(
    turns: Turns, worlds: list[World]
) -> None:
    versions = dict.fromkeys((world.account for world in worlds), 1)
    refusals = set()

    async def both(first: UUID, second: UUID) -> None:
        moves = [AccountMoved(id=id, version=versions[id], visits=1) for id in (first, second)]
        try:
            await turns.commit(work(worlds[0], *moves))
        except Stale as stale:
            refusals.add(str(stale))
        else:
            versions[first] += 1
            versions[second] += 1

    for _ in range(10):
        await asyncio.gather(*(both(*random.sample(list(versions), 2)) for _ in range(len(worlds))))


async def test_a_message_delivered_fifty_times_has_one_effect(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    world, talked = worlds[0], talk(tenants[0])
    moved = AccountMoved(id=world.account, version=1, visits=1)
    done = work(world, moved, conversation=talked)
    outcomes = await asyncio.gather(
        *(turns.commit(done) for _ in range(50)), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, Stale) for outcome in outcomes if outcome is not None)
    row = superuser.execute("select visits from account where id = %s", (world.account,))
    assert row.fetchone() == (1,)


async def test_a_snapshot_is_of_one_moment(
    turns: Turns, superuser: psycopg.Connection, tenants: tuple[Shop, Shop], worlds: list[World]
) -> None:
    """Lots never belong to another version of the account than the one beside them: were begin
    not STABLE, each of its statements would see a moment of its own."""
    world = worlds[0]
    address = Address("msisdn", "+263779999999")
    put(
        superuser,
        "member_address",
        tenant_id=world.tenant,
        kind=address.kind,
        value=address.value,
        member_id=world.member,
        at=NOW,
    )
    superuser.execute("update account set held = 0 where id = %s", (world.account,))
    superuser.execute(
        "update lot set remaining = 100, expires_at = now() + interval '1 day' where id = %s",
        (world.lot,),
    )
    done = False

    async def spend() -> None:
        nonlocal done
        for version in range(1, 101):
            moved = AccountMoved(id=world.account, version=version, posted=-1)
            await turns.commit(work(world, moved, LotMoved(id=world.lot, remaining=-1)))
        done = True

    async def look() -> None:
        ask = replace(asks(tenants[0], ids.uuid7()), sender=address)
        while not done:
            caller = (await turns.begin(ask)).caller
            assert caller.wallet is not None
            assert caller.wallet.posted == (caller.next_expiry.points if caller.next_expiry else 0)

    await asyncio.gather(spend(), look(), look())
