"""The pool: what comes back clean, what is closed, and how long anybody waits."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from storage.database import Conflict, Database, Lost, Stale, Trips, Unavailable
from tests.conftest import PATIENCE_S, Urls
from tests.shops import Shop, ids

PID: LiteralString = "select pg_backend_pid()"
TENANT: LiteralString = "select current_setting('app.tenant_id', true)"
SLEEP: LiteralString = "select pg_sleep(20)"


@pytest.fixture
async def one(database_urls: Urls) -> AsyncIterator[Database]:
    """A pool of one connection."""
    database = await Database.open(
        database_urls.app, size=1, timeout_s=PATIENCE_S, statement_timeout_s=PATIENCE_S
    )
    yield database
    await database.close()


@pytest.fixture
async def hasty(database_urls: Urls) -> AsyncIterator[Database]:
    """A pool of one connection and of short statements."""
    database = await Database.open(
        database_urls.app, size=1, timeout_s=PATIENCE_S, statement_timeout_s=1
    )
    yield database
    await database.close()


async def test_call_gives_the_first_column(one: Database) -> None:
    assert await one.call("select %s::int, 2", (1,)) == 1
    assert await one.call("select 1 where false") is None
    assert await one.call("select %(a)s::json", {"a": '{"x": [1]}'}) == {"x": [1]}


async def test_read_gives_rows_by_name_within_the_tenant(
    one: Database, tenants: tuple[Shop, Shop]
) -> None:
    for shop in tenants:
        rows = await one.read(
            shop.id, "select id, name from member where name = %(n)s", {"n": "Rudo"}
        )
        assert rows == [{"id": shop.member, "name": "Rudo"}]


async def test_read_cannot_write(one: Database, tenants: tuple[Shop, Shop]) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await one.read(tenants[0].id, "update stock set available = 0 returning 1")
    assert await one.call("select 1") == 1


async def test_write_commits_at_its_end(one: Database, tenants: tuple[Shop, Shop]) -> None:
    shop = tenants[0]
    async with one.write(shop.id) as tx:
        assert await tx.run("update tier set name = %s where id = %s", ("Gold", shop.silver)) == []
        assert await tx.run("select name from tier where id = %s", (shop.silver,)) == [
            {"name": "Gold"}
        ]
    rows = await one.read(shop.id, "select name from tier where id = %s", (shop.silver,))
    assert rows == [{"name": "Gold"}]


async def test_write_is_undone_by_an_error(one: Database, tenants: tuple[Shop, Shop]) -> None:
    shop = tenants[0]

    async def fail() -> None:
        async with one.write(shop.id) as tx:
            await tx.run("update tier set name = 'Lead' where id = %s", (shop.silver,))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    rows = await one.read(shop.id, "select name from tier where id = %s", (shop.silver,))
    assert rows != [{"name": "Lead"}]


async def test_trips_are_counted(one: Database, tenants: tuple[Shop, Shop]) -> None:
    with Trips() as trips:
        await one.call("select 1")
        await one.run("select 1")
        await one.read(tenants[0].id, "select 1")
        assert trips.count == 3
        async with one.write(tenants[0].id) as tx:
            await tx.run("select 1")
    assert trips.count == 6
    await one.call("select 1")
    assert trips.count == 6


async def test_nobody_inherits_a_tenant(one: Database, tenants: tuple[Shop, Shop]) -> None:
    shop = tenants[0]
    pid = await one.call(PID)
    await one.read(shop.id, "select 1")
    assert not await one.call(TENANT)
    async with one.write(shop.id) as tx:
        await tx.run("select 1")
    assert not await one.call(TENANT)
    ask = (str(shop.id), None, str(ids.uuid7()), "msisdn", "+1", "k", b"c")
    await one.call("select begin_v1(%s, %s, %s, %s, %s, %s, %s)", ask)
    assert not await one.call(TENANT)
    assert not await one.call("select current_setting('app.address', true)")
    assert await one.call(PID) == pid, "all of it was one connection"


async def test_an_error_spoils_nothing(one: Database, tenants: tuple[Shop, Shop]) -> None:
    shop = tenants[0]
    with pytest.raises(psycopg.errors.DivisionByZero):
        await one.read(shop.id, "select 1 / 0")
    assert not await one.call(TENANT)
    pid = await one.call(PID)
    with pytest.raises(psycopg.errors.DivisionByZero):
        await one.call("select 1 / 0")
    assert await one.call(PID) == pid, "an error of one statement costs no connection"


async def test_the_last_used_connection_is_taken_first(database_urls: Urls) -> None:
    database = await Database.open(database_urls.app, size=4, timeout_s=PATIENCE_S)
    await asyncio.gather(*(database.call("select pg_sleep(0.05)") for _ in range(4)))
    assert len({await database.call(PID) for _ in range(8)}) == 1
    await database.close()
    with pytest.raises(Unavailable):
        await database.call("select 1")


async def test_hanging_up_leaves_the_pool_whole(
    database_urls: Urls, superuser: psycopg.Connection, tenants: tuple[Shop, Shop]
) -> None:
    database = await Database.open(database_urls.app, size=4, timeout_s=PATIENCE_S)
    shop = tenants[0]

    async def use() -> None:
        await database.read(shop.id, "select pg_sleep(0.01)")
        async with database.write(shop.id) as tx:
            await tx.run("update tier set name = 'Lead' where id = %s", (shop.silver,))
            await tx.run("select pg_sleep(0.01)")
            raise ZeroDivisionError

    async def hang_up() -> None:
        task = asyncio.create_task(use())
        await asyncio.sleep(random.uniform(0, 0.03))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(*(hang_up() for _ in range(60)))
    told = await asyncio.gather(*(database.call(TENANT) for _ in range(12)))
    assert not any(told)
    rows = await database.read(shop.id, "select name from tier where name = 'Lead'")
    assert rows == []
    await database.close()
    open_transactions = (
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and usename = 'maita_app' and state <> 'idle'"
    )
    # A server notices that we hung up when its statement ends.
    deadline = time.monotonic() + PATIENCE_S
    while superuser.execute(open_transactions).fetchone() != (0,):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_waiting_for_a_connection_is_bounded(
    database_urls: Urls, tenants: tuple[Shop, Shop]
) -> None:
    database = await Database.open(database_urls.app, size=1, timeout_s=1)
    async with database.write(tenants[0].id):
        with pytest.raises(Unavailable):
            await database.call("select 1")
    assert await database.call("select 1") == 1
    await database.close()


async def test_a_slow_statement_is_ended(hasty: Database) -> None:
    with pytest.raises(Unavailable, match="statement timeout"):
        await hasty.call(SLEEP)
    assert await hasty.call("select 1") == 1


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_hanging_server_holds_nobody(cancelled: bool, hasty: Database) -> None:
    """It accepted us and never answers again: neither a query nor the cancelling of one."""
    pid = await hasty.call(PID)
    os.kill(pid, signal.SIGSTOP)
    try:
        waiting = asyncio.create_task(hasty.call("select 1"))
        if cancelled:
            await asyncio.sleep(0.05)
            waiting.cancel()
        done, _ = await asyncio.wait((waiting,), timeout=PATIENCE_S)
        assert done, "held"
        with pytest.raises(asyncio.CancelledError if cancelled else Unavailable):
            await waiting
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await hasty.call(PID) != pid


async def test_a_lost_connection_costs_one_error(
    database_urls: Urls, superuser: psycopg.Connection
) -> None:
    database = await Database.open(database_urls.app, size=4, timeout_s=PATIENCE_S)
    await asyncio.gather(*(database.call("select pg_sleep(0.05)") for _ in range(4)))
    superuser.execute(
        "select pg_terminate_backend(pid, 30000) from pg_stat_activity"
        " where usename = 'maita_app' and datname = current_database()"
    )
    with pytest.raises(Lost):
        await database.call("select 1")
    assert [await database.call("select 1") for _ in range(4)] == [1] * 4
    await database.close()


async def test_no_server_is_unavailable(database_urls: Urls) -> None:
    for url in (database_urls.app.replace("/maita", "/nowhere"), "postgresql://localhost:1/x"):
        with pytest.raises(Unavailable):
            await Database.open(url, timeout_s=1)


@pytest.mark.parametrize(
    ("statement", "error", "said"),
    [
        ("select stale_v1('x')", Stale, "no longer as it was read"),
        ("insert into tenant (id, slug, name) select id, 'n', 'n' from tenant", Conflict, "_pkey"),
        ("insert into tenant (id, slug, name) values (%s, 'platform', '')", Conflict, "slug_key"),
        (
            "insert into channel (id, owner, kind, address, token_hash)"
            " values (%s, %s, '', '', '')",
            *(Conflict, "channel_owner_fkey"),
        ),
        ("update tenant set status = 'x'", Conflict, "tenant_status"),
    ],
)
async def test_driver_errors_become_ours(
    statement: str, error: type[Exception], said: str, one: Database
) -> None:
    params: list[UUID] = [ids.uuid7()] * statement.count("%s")
    with pytest.raises(error, match=said) as raised:
        await one.run(statement, params)
    found: Any = raised.value
    if isinstance(found, Conflict):
        assert found.unique == ("insert into tenant" in statement)
