"""The short way to ask: the same values and errors as psycopg's cursors, in one write."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from storage import wire
from storage.wire import WiredConnection
from tests.conftest import Urls

ROW = """
select %(i)s::int as i, %(big)s::bigint + 1 as big, %(t)s::text as t, %(b)s::bytea as b,
       %(u)s::uuid as u, %(at)s::timestamptz as at, %(d)s::date as d, %(n)s::numeric as n,
       %(no)s::text as no, %(i)s::int * 2 as again, %(yes)s::boolean as yes,
       %(many)s::int[] as many, 7 %% 4 as rest, array['a', null] as words, '{"a": [1]}'::json as j
"""
VALUES: dict[str, Any] = {
    "i": 7,
    "big": 2**40,
    "t": "Chipo’s 100% \\ ' مرحبا",
    "b": bytes(range(256)),
    "u": UUID(int=7),
    "at": datetime(2026, 11, 28, 1, 2, 3, 4, tzinfo=UTC),
    "d": date(2026, 11, 28),
    "n": Decimal("1.50"),
    "no": None,
    "yes": True,
    "many": [1, 2, 3],
}


@pytest.fixture
async def connection(database_urls: Urls) -> AsyncIterator[WiredConnection]:
    made = await WiredConnection.connect(database_urls.app, autocommit=True)
    yield made
    await made.close()


async def test_values_are_those_of_a_cursor(connection: WiredConnection) -> None:
    asked = (await connection.ask((ROW, VALUES))).rows()
    cursor = connection.cursor(row_factory=dict_row)
    assert asked == [await (await cursor.execute(ROW, VALUES)).fetchone()]
    assert asked[0]["t"] == VALUES["t"]
    assert asked[0]["rest"] == 3


async def test_holes_in_a_row_are_filled_in_their_order(connection: WiredConnection) -> None:
    answer = await connection.ask(("select %s::text || %s::text || %s::int", ("a", "b", 1)))
    assert answer.first() == "ab1"


async def test_without_values_a_percent_sign_is_one(connection: WiredConnection) -> None:
    assert (await connection.ask(("select 'a%%b' || 7 % 4", ()))).first() == "a%%b3"


async def test_a_value_of_another_type_is_asked_anew(connection: WiredConnection) -> None:
    for value in (1, 2**20, 2**40, 1):
        assert (await connection.ask(("select %s + 0", (value,)))).first() == value


async def test_several_are_one_transaction(connection: WiredConnection) -> None:
    one = ("select set_config('app.tenant_id', 'x', true)", ())
    told = await connection.ask(one, ("select current_setting('app.tenant_id', true)", ()))
    assert told.first() == "x"
    (after,) = (
        await connection.ask(("select current_setting('app.tenant_id', true) as s", ()))
    ).rows()
    assert not after["s"]


async def test_plans_are_made_anew_now_and_then(connection: WiredConnection) -> None:
    kept = ("select count(*) from pg_prepared_statements where statement = 'discard plans'", ())
    await connection.ask(("begin", ()))
    told = [(await connection.ask(kept)).first() for _ in range(wire.REPLANNED_AT)]
    await connection.ask(("commit", ()))
    assert told == [0] * (wire.REPLANNED_AT - 2) + [1, 1], "and nobody's answer is another's"


async def test_no_row_is_none(connection: WiredConnection) -> None:
    answer = await connection.ask(("select 1 as one where false", ()))
    assert (answer.first(), answer.rows()) == (None, [])


@pytest.mark.parametrize("prepared", [False, True])
async def test_an_error_is_psycopgs_and_the_connection_goes_on(
    prepared: bool, connection: WiredConnection
) -> None:
    zero = ("select 1 / %s::int", (0,))
    if prepared:
        await connection.ask((zero[0], (1,)))
    for asked in ([zero], [zero, ("select 1", ())], [("select 1", ()), zero]):
        with pytest.raises(psycopg.errors.DivisionByZero) as caught:
            await connection.ask(*asked)
        assert caught.value.sqlstate == "22012"
        assert (await connection.ask(("select %s::int", (5,)))).first() == 5


async def test_a_statement_that_could_not_be_prepared_can_be_later(
    connection: WiredConnection, superuser: psycopg.Connection
) -> None:
    asked = ("select n from later_made where n > %s", (0,))
    with pytest.raises(psycopg.errors.UndefinedTable):
        await connection.ask(asked)
    superuser.execute("create table later_made as select 1 as n")
    superuser.execute("grant select on later_made to maita_app")
    try:
        assert (await connection.ask(asked)).first() == 1
    finally:
        superuser.execute("drop table later_made")


async def test_more_statements_than_are_kept_are_still_asked(
    connection: WiredConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PREPARED_MAX", 2)
    for _ in range(2):
        for number in range(4):
            answer = await connection.ask((f"select {number} + %s::int", (1,)))
            assert answer.first() == number + 1


async def test_what_is_more_than_a_socket_takes_comes_whole_both_ways(
    connection: WiredConnection,
) -> None:
    text = "maita " * 1_000_000
    assert (await connection.ask(("select %s::text", (text,)))).first() == text


async def test_a_value_nobody_can_send_leaves_the_connection_clean(
    connection: WiredConnection,
) -> None:
    with pytest.raises(psycopg.ProgrammingError):
        await connection.ask(("select 1", ()), ("select %s", (object(),)))
    assert await (await connection.execute("select 1")).fetchone() == (1,)


async def test_cursors_and_the_short_way_take_turns(connection: WiredConnection) -> None:
    for number in range(8):
        assert (await connection.ask(("select %s::int", (number,)))).first() == number
        found = await connection.execute("select %s::int", (number,))
        assert await found.fetchone() == (number,)


async def test_whoever_waits_is_let_go(connection: WiredConnection) -> None:
    waiting = asyncio.create_task(connection.ask(("select pg_sleep(60)", ())))
    await asyncio.sleep(0.05)
    connection.give_up()
    with pytest.raises(psycopg.OperationalError, match="no answer in time"):
        await waiting


async def test_whoever_waits_again_after_the_time_is_let_go_too(
    connection: WiredConnection,
) -> None:
    """The first bytes came in the very turn of the loop in which the time was over."""
    connection.give_up()
    with pytest.raises(psycopg.OperationalError):
        await connection.ask(("select 1", ()))


async def test_a_kept_statement_that_no_longer_fits_ends_its_connection(
    connection: WiredConnection, superuser: psycopg.Connection
) -> None:
    superuser.execute("create table changing as select 1 as n")
    superuser.execute("grant select on changing to maita_app")
    try:
        asked = ("select * from changing", ())
        assert (await connection.ask(asked)).first() == 1
        superuser.execute("alter table changing alter column n type text")
        with pytest.raises(psycopg.OperationalError, match="cached plan"):
            await connection.ask(asked)
        assert connection.closed
    finally:
        superuser.execute("drop table changing")


async def test_a_stream_that_is_no_protocol_ends_the_waiting() -> None:
    """libpq loses its way and would answer nothing for ever, without a wait."""
    async with await asyncio.start_server(_strayed, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"postgresql://x@127.0.0.1:{port}/x?sslmode=disable&gssencmode=disable"
        connection = await WiredConnection.connect(url, autocommit=True)
        with pytest.raises(psycopg.OperationalError):
            await connection.ask(("select 1", ()))
        await connection.close()


async def _strayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lets one in, and answers the first question with a message of an impossible length."""
    length = int.from_bytes(await reader.readexactly(4))
    await reader.readexactly(length - 4)
    writer.write(b"R" + (8).to_bytes(4) + (0).to_bytes(4))
    writer.write(b"Z" + (5).to_bytes(4) + b"I")
    await reader.read(1)
    writer.write(b"1" + (4).to_bytes(4) + b"2" + (2).to_bytes(4))
    await reader.read()
    writer.close()
    await writer.wait_closed()
