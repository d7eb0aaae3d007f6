"""Flights: what arrives while a call is out leaves together with the next (docs/architecture.md).

An idle lane lets whoever comes leave in the same turn of the loop; nobody ever waits for company.
Called by `storage.turns` and the loads, which say how items travel alone and together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

from storage.database import Database, Stale, Unavailable

SEATS: Final = 32
PLANES: Final = 2
"""Two calls of a lane may be out at a time. The second begins when every seat of it is taken, and
both go on for as long as somebody waits: one large flight leaves Python idle while PostgreSQL works
and the other way round; two of this size keep both busy (a sixth more callbacks with 64 phones).
"""

A = TypeVar("A")
R = TypeVar("R")


class Lane(Generic[A, R]):
    """PLANES calls at a time. `alone` answers one item or raises; `together` answers many, in their
    order, an exception in place of each answer that failed; when it raises Stale or Unavailable,
    all of them failed, and when it raises anything else, each travels again alone.
    `apart` names what no two items of a flight may share (a conversation); None: nothing."""

    def __init__(
        self,
        database: Database,
        alone: Callable[[A], Awaitable[R]],
        together: Callable[[Sequence[A]], Awaitable[Sequence[R | Exception]]],
        apart: Callable[[A], object] | None = None,
    ) -> None:
        self._database, self._alone, self._together = database, alone, together
        self._apart = apart
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._out = 0
        self._flying: set[asyncio.Task[Sequence[R | Exception]]] = set()
        self._resent: set[asyncio.Task[R]] = set()

    def fly(self, item: A) -> asyncio.Future[R]:
        """The answer to this item, whichever way it travels."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, arrived))
        self._database.count()
        if not self._out or (self._out < PLANES and len(self._waiting) >= SEATS):
            self._out += 1
            # Whoever is heard in this very turn of the loop comes along.
            loop.call_soon(self._leave)
        return arrived

    def _leave(self) -> None:
        boarded = self._board()
        if not boarded:
            self._out -= 1
            return
        # A context of its own: what a flight asks is counted by its passengers, not by whoever
        # happened to wake it.
        flight = asyncio.get_running_loop().create_task(
            self._travel([item for item, _ in boarded]), context=Context()
        )
        self._flying.add(flight)
        flight.add_done_callback(lambda flown: self._landed(boarded, flown))

    def _board(self) -> list[tuple[A, asyncio.Future[R]]]:
        """Those who fly now; those who gave up meanwhile are forgotten."""
        boarded: list[tuple[A, asyncio.Future[R]]] = []
        left, known = [], set()
        for each in self._waiting:
            item, arrived = each
            name = self._apart(item) if self._apart else arrived
            if len(boarded) == SEATS or name in known:
                left.append(each)
            elif not arrived.done():
                known.add(name)
                boarded.append(each)
        self._waiting = left
        return boarded

    async def _travel(self, items: list[A]) -> Sequence[R | Exception]:
        if len(items) == 1:
            return [await self._alone(items[0])]
        answers = await self._together(items)
        assert len(answers) == len(items), "each passenger has an answer"
        return answers

    def _landed(
        self,
        boarded: list[tuple[A, asyncio.Future[R]]],
        flown: asyncio.Task[Sequence[R | Exception]],
    ) -> None:
        """Give each passenger their answer. Of a flight that failed as a whole nobody knows whose
        fault it was: each travels again alone, unless the database or the moment was."""
        self._flying.discard(flown)
        asyncio.get_running_loop().call_soon(self._leave)
        if flown.cancelled():
            for _, arrived in boarded:
                arrived.cancel()
            return
        failed = flown.exception()
        if failed and len(boarded) > 1 and not isinstance(failed, Stale | Unavailable):
            for item, arrived in boarded:
                self._send_alone(item, arrived)
            return
        answers = [failed] * len(boarded) if failed else flown.result()
        for (_, arrived), answer in zip(boarded, answers, strict=True):
            _give(arrived, answer)

    def _send_alone(self, item: A, arrived: asyncio.Future[R]) -> None:
        async def travel() -> R:
            return await self._alone(item)

        def landed(flown: asyncio.Task[R]) -> None:
            self._resent.discard(flown)
            if flown.cancelled():
                arrived.cancel()
                return
            _give(arrived, flown.exception() or flown.result())

        sent = asyncio.get_running_loop().create_task(travel(), context=Context())
        self._resent.add(sent)
        sent.add_done_callback(landed)


def _give(arrived: asyncio.Future[R], answer: R | BaseException | None) -> None:
    if arrived.done():
        return
    if isinstance(answer, BaseException):
        arrived.set_exception(answer)
    else:
        arrived.set_result(answer)  # type: ignore[arg-type]
