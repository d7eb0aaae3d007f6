"""The connections to PostgreSQL and the three ways to use one: call, read, write.

A call is one statement that commits itself: one trip. A read sets the tenant and selects in one
pipelined transaction: one trip. A write is an explicit transaction, for administration and codes.
Called by everything in storage that speaks SQL; driver errors become ours here, by SQLSTATE.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads

from storage.wire import Answer, Params, WiredConnection

Row = dict[str, Any]

STALE_STATES: Final = frozenset({"MT001", "40001", "40P01", "55P03"})
"""Ours (a condition no longer holds), serialization failure, deadlock, lock not available."""

UNIQUE_VIOLATION: Final = "23505"

_SET_TENANT: Final = "select set_config('app.tenant_id', %s, true)"
_READ_AS: Final = (
    "select set_config('app.tenant_id', %s, true), set_config('transaction_read_only', 'on', true)"
)
_GRACE_S: Final = 0.5


class Stale(Exception):
    """A version or condition read before no longer holds: run again from begin."""


class Unavailable(Exception):
    """The database cannot be asked now: down, hanging, or all connections are taken."""


class Lost(Unavailable):
    """The connection ended under us; the server may be there again on the next one."""


class Conflict(Exception):
    """A unique key (`unique`), foreign key or check refused; `constraint` names it."""

    def __init__(self, constraint: str, *, unique: bool) -> None:
        self.constraint = constraint
        self.unique = unique
        super().__init__(constraint)


class Trips:
    """How many times the database was asked and waited for while this was entered, by tasks
    started inside too."""

    __slots__ = ("_outer", "_token", "count")

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "Trips":
        self._outer = _TRIPS.get()
        self._token = _TRIPS.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever counts outside counts them too."""
        _TRIPS.reset(self._token)
        if self._outer is not None:
            self._outer.count += self.count


_TRIPS: Final[ContextVar[Trips | None]] = ContextVar("trips", default=None)


class Database:
    """A pool of at most `size` autocommitting connections, the last used taken first.

    A connection that broke, was cancelled, or is not idle after its use is closed, never reused.
    """

    def __init__(self, url: str, size: int, timeout_s: float, statement_timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._answer_s = statement_timeout_s + _GRACE_S
        self._options = (
            f"-c statement_timeout={int(statement_timeout_s * 1000)} -c timezone=UTC"
            " -c idle_in_transaction_session_timeout=10000 -c jit=off"
            # A plan made while a table was empty is kept: it must not be the scan of a table
            # that then grows (begin took four times as long after 4 000 turns).
            " -c enable_seqscan=off -c search_path=public,pg_temp"
        )
        self._free = asyncio.Semaphore(size)
        self._idle: list[WiredConnection] = []
        self._closed = False
        self.lanes: dict[object, Any] = {}
        """The lanes of reads that meet (storage.flights), by who flies them."""

    @classmethod
    async def open(
        cls, url: str, size: int = 10, timeout_s: float = 1.0, statement_timeout_s: float = 3
    ) -> "Database":
        """Connect once, to see that it can; raises Unavailable. Waiting for a free connection or
        for a new one takes `timeout_s` at most, a statement `statement_timeout_s`."""
        database = cls(url, size, timeout_s, statement_timeout_s)
        database._take_back(await database._take())
        return database

    async def close(self) -> None:
        """Close the idle connections; those in use close when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def call(self, sql: LiteralString, args: Params = ()) -> Any:
        """Run one statement that commits itself; return the first column of its first row."""
        connection = await self._take()
        try:
            watchdog = self.ask(connection)
            try:
                return (await connection.ask((sql, args))).first()
            finally:
                watchdog.cancel()
        except psycopg.Error as error:
            raise _ours(error) from error
        finally:
            self._take_back(connection)

    async def run(self, statement: str, params: Params = ()) -> list[Row]:
        """Run one statement that commits itself, without a tenant: channels, jobs, directory."""
        async with self._trip() as connection:
            return (await connection.ask((statement, params))).rows()

    async def read(self, tenant: UUID, statement: str, params: Params = ()) -> list[Row]:
        """Select within a tenant, in one trip."""
        async with self._trip() as connection:
            answer = await connection.ask((_READ_AS, (str(tenant),)), (statement, params))
            return answer.rows()

    @contextlib.asynccontextmanager
    async def write(self, tenant: UUID) -> AsyncIterator["Write"]:
        """An explicit transaction within a tenant: committed at the end, undone by an error."""
        connection = await self._take()
        try:
            transaction = Write(self, connection)
            await transaction.begin(tenant)
            yield transaction
            await transaction.run("commit")
        except psycopg.Error as error:
            raise _ours(error) from error
        finally:
            self._take_back(connection)

    def count(self) -> None:
        """Count one trip of whoever runs now; a call made for many is a trip of each of them."""
        trips = _TRIPS.get()
        if trips is not None:
            trips.count += 1

    def ask(self, connection: WiredConnection) -> asyncio.TimerHandle:
        """Count one trip and bound its time; the answer is to be cancelled after it. A hanging
        server answers neither a statement timeout nor a cancel: closing our end is what wakes
        the waiter."""
        self.count()
        loop = asyncio.get_running_loop()
        return loop.call_later(self._answer_s, connection.give_up)

    @contextlib.asynccontextmanager
    async def _trip(self) -> AsyncIterator[WiredConnection]:
        """A connection for one trip."""
        connection = await self._take()
        try:
            watchdog = self.ask(connection)
            try:
                yield connection
            finally:
                watchdog.cancel()
        except psycopg.Error as error:
            raise _ours(error) from error
        finally:
            self._take_back(connection)

    async def _take(self) -> WiredConnection:
        """A clean connection, to be taken back whatever happens; raises Unavailable."""
        if self._closed:
            raise Unavailable
        if self._free.locked():
            await self._wait_free()
        else:
            await self._free.acquire()
        connection = None
        try:
            connection = self._idle.pop() if self._idle else await self._connect()
        except psycopg.Error as error:
            raise _ours(error) from error
        finally:
            if connection is None:
                self._free.release()
        return connection

    async def _wait_free(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable from None

    async def _connect(self) -> WiredConnection:
        try:
            async with asyncio.timeout(self._timeout_s):
                connection = await WiredConnection.connect(
                    self._url, autocommit=True, options=self._options
                )
        except TimeoutError:
            raise Unavailable from None
        set_json_loads(msgspec.json.decode, connection)
        return connection

    def _take_back(self, connection: WiredConnection) -> None:
        """Whatever state it comes back in, the next user gets a clean one: an open transaction is
        ended by closing, since PostgreSQL undoes it."""
        if connection.closed:
            # Its server is gone, and with it the others' that wait here.
            idle, self._idle = self._idle, []
            for each in idle:
                each.pgconn.finish()
        elif self._closed or connection.pgconn.transaction_status != TransactionStatus.IDLE:
            connection.pgconn.finish()
        else:
            self._idle.append(connection)
        self._free.release()


class Write:
    """The inside of an explicit transaction."""

    def __init__(self, database: Database, connection: WiredConnection) -> None:
        self._database = database
        self._connection = connection

    async def begin(self, tenant: UUID) -> None:
        """Open the transaction and set its tenant: one trip."""
        await self._ask(("begin", ()), (_SET_TENANT, (str(tenant),)))

    async def run(self, statement: str, params: Params = ()) -> list[Row]:
        """Run a statement in the transaction: one trip."""
        return (await self._ask((statement, params))).rows()

    async def _ask(self, *asked: tuple[str, Params]) -> Answer:
        watchdog = self._database.ask(self._connection)
        try:
            return await self._connection.ask(*asked)
        finally:
            watchdog.cancel()


def bytea(data: bytes | None) -> str | None:
    """Bytes within a JSON document, as PostgreSQL reads them without a step of decoding."""
    return None if data is None else f"\\x{data.hex()}"


def _ours(error: psycopg.Error) -> Exception:
    """The error a caller can act on; what only our own mistakes cause stays the driver's."""
    if error.sqlstate in STALE_STATES:
        return Stale(str(error))
    if isinstance(error, errors.IntegrityError):
        unique = isinstance(error, errors.UniqueViolation)
        return Conflict(error.diag.constraint_name or "", unique=unique)
    if isinstance(error, errors.QueryCanceled):
        return Unavailable(str(error))
    if isinstance(error, psycopg.OperationalError):
        return Lost(str(error))
    return error
