"""A connection that asks as libpq does: prepared statements in one write, their answers in one
wait. psycopg connects and adapts values both ways; its cursors, built to serve everybody, are half
of what a call costs (docs/performance.md).

Called by `database`. https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection, abc
from psycopg.abc import PyFormat
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Params = Sequence[Any] | Mapping[str, Any]

PREPARED_MAX: Final = 500
"""Far more than there are statements, each with few lists of types."""
REPLANNED_AT: Final = 64
REPLANNED_EVERY: Final = 8
"""After so many askings plans are made anew, and again after so many times as many: those made
while tables were almost empty are kept, and stay wrong until PostgreSQL has counted the rows.
Planning all again costs as much as a few askings."""
_REPLAN: Final = ("discard plans", ())
_HOLE: Final = re.compile(r"%(?:\((\w+)\))?s|%%")
_Message = tuple[bytes, tuple[int, ...], Sequence[abc.Buffer | None], Sequence[int]]
_Prepared = tuple[tuple[bytes, tuple[int, ...]], bytes]
_NO_ANSWER: Final = "no answer in time"
_OUTDATED: Final = ("0A000", "26000", "42P05")
"""A plan that no longer gives what it gave; a prepared statement that is not there, or is."""
_FAILED: Final = (ExecStatus.FATAL_ERROR, ExecStatus.NONFATAL_ERROR, ExecStatus.BAD_RESPONSE)


class WiredConnection(AsyncConnection[Any]):
    """One statement after another, or several at once; never two askers at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._statements: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._given_up = False
        self._waiter: asyncio.Future[None] | None = None
        self._left, self._next = REPLANNED_AT, REPLANNED_AT * REPLANNED_EVERY
        self._values: abc.Transformer | None = None

    async def ask(self, *asked: tuple[str, Params]) -> "Answer":
        """The answer to the last of some statements, which are one transaction unless another is
        open. Holes are `%s` or `%(name)s`. Raises psycopg.Error.

        Whoever is cancelled here leaves a connection that is not idle: close it.
        """
        self._left -= 1
        if not self._left:
            self._left, self._next = self._next, self._next * REPLANNED_EVERY
            asked = (_REPLAN, *asked)
        messages = [self._message(statement, params) for statement, params in asked]
        try:
            self.pgconn.enter_pipeline_mode()
            prepared = [self._send(*message) for message in messages]
            self.pgconn.pipeline_sync()
        except psycopg.Error:  # Nobody knows how much of it is on its way.
            self.pgconn.finish()
            raise
        results = await self._results()
        self.pgconn.exit_pipeline_mode()
        self._remember(results, prepared)
        for result in results:
            if result.status in _FAILED:
                raise self._error(result)
        return Answer(self._adapting(), results[-1])

    def give_up(self) -> None:
        """End whoever waits for an answer: a server that hangs answers no cancelling either."""
        self._given_up = True
        if self._waiter is None:
            self.pgconn.finish()
        elif not self._waiter.done():
            self._waiter.set_exception(psycopg.OperationalError(_NO_ANSWER))

    def _error(self, result: PGresult) -> psycopg.Error:
        """What the server refused. A kept statement that no longer fits its tables was not run:
        this connection ends, and another prepares it anew."""
        error = error_from_result(result, "utf-8")
        if error.sqlstate not in _OUTDATED:
            return error
        self.pgconn.finish()
        return psycopg.OperationalError(str(error))

    def _message(self, statement: str, params: Params) -> "_Message":
        """A statement and its values as they travel."""
        query, names = _numbered(statement) if params else (statement.encode(), ())
        values = [params[name] for name in names] if isinstance(params, Mapping) else params
        adapting = self._adapting()
        dumped = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return query, adapting.types or (), dumped, adapting.formats or ()

    def _send(
        self,
        query: bytes,
        types: tuple[int, ...],
        values: Sequence[abc.Buffer | None],
        formats: Sequence[int],
    ) -> "_Prepared | None":
        """Send a statement, prepared first where it is not yet; then, under which name and what."""
        key = query, types
        name = self._statements.get(key)
        if name is not None:
            self.pgconn.send_query_prepared(name, values, formats)
            return None
        name = _name(query, types) if len(self._statements) < PREPARED_MAX else b""
        self.pgconn.send_prepare(name, query, types)
        self.pgconn.send_query_prepared(name, values, formats)
        return key, name

    def _remember(self, results: list[PGresult], prepared: "list[_Prepared | None]") -> None:
        """Know again what was prepared, which a statement that is refused was not."""
        told = iter(results)
        for each in prepared:
            if each is not None and next(told).status == ExecStatus.COMMAND_OK:
                key, name = each
                if name:
                    self._statements[key] = name
            next(told)

    def _adapting(self) -> abc.Transformer:
        if self._values is None:
            self._values = Transformer.from_context(self)
        return self._values

    async def _results(self) -> list[PGresult]:
        """All up to the sync, one of each message sent."""
        pgconn, results = self.pgconn, list[PGresult]()
        while True:
            await self._ready(writes=bool(pgconn.flush()))
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    # Between the results of two statements; for ever, once libpq lost its way.
                    if pgconn.status == ConnStatus.BAD:
                        raise psycopg.OperationalError(pgconn.get_error_message())
                    continue
                if result.status == ExecStatus.PIPELINE_SYNC:
                    return results
                results.append(result)

    async def _ready(self, *, writes: bool) -> None:
        if self._given_up:
            raise psycopg.OperationalError(_NO_ANSWER)
        loop, socket = asyncio.get_running_loop(), self.pgconn.socket
        self._waiter = waiter = loop.create_future()
        loop.add_reader(socket, _wake, waiter)
        if writes:
            loop.add_writer(socket, _wake, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            loop.remove_reader(socket)
            if writes:
                loop.remove_writer(socket)


class Answer:
    """What a statement answered, read as Python values."""

    def __init__(self, adapting: abc.Transformer, result: PGresult) -> None:
        self._adapting, self._result = adapting, result
        adapting.set_pgresult(result)

    def first(self) -> Any:
        """The first column of the first row; None where there is no row."""
        return self._adapting.load_row(0, tuple)[0] if self._result.ntuples else None

    def rows(self) -> list[dict[str, Any]]:
        """All rows, by the names of their columns."""
        names = [(self._result.fname(n) or b"").decode() for n in range(self._result.nfields)]

        def named(values: Sequence[Any]) -> dict[str, Any]:
            return dict(zip(names, values, strict=True))

        return self._adapting.load_rows(0, self._result.ntuples, named)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _name(query: bytes, types: tuple[int, ...]) -> bytes:
    """Named by its content: behind a pooler a name may be missing or taken, never another's."""
    return b"m%s" % hashlib.sha256(b"%s%r" % (query, types)).hexdigest()[:32].encode()


@lru_cache(1024)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1`… in its holes, and whose values they are."""
    names: list[str] = []

    def number(hole: re.Match[str]) -> str:
        if hole[0] == "%%":
            return "%"
        name = hole[1] or str(len(names))
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _HOLE.sub(number, statement).encode(), tuple(names)
