"""What happens on the phones, told to every browser that listens (Server-Sent Events).

Events are numbered; a browser that lost its connection asks for those after the last it saw.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec

KEPT: Final = 400
BEHIND_MAX: Final = 1000
LISTENERS_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `data` has a `type` and is ready for JSON."""

    number: int
    data: dict[str, Any]

    def sse(self) -> bytes:
        """The event as `text/event-stream` writes it."""
        return b"id: %d\n" % self.number + unnumbered(self.data)


def unnumbered(data: dict[str, Any]) -> bytes:
    """An event that only one browser gets, so it has no number to come back to."""
    return b"data: %s\n\n" % msgspec.json.encode(data)


class Listener:
    """One browser's queue; one that falls far behind is closed and comes back by itself."""

    def __init__(self, missed: list[Event]) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self.closed = False
        for event in missed:
            self._queue.put_nowait(event)

    def put(self, event: Event) -> None:
        if self._queue.qsize() >= BEHIND_MAX:
            self.close()
        elif not self.closed:
            self._queue.put_nowait(event)

    def close(self) -> None:
        self.closed = True
        self._queue.put_nowait(None)

    async def next(self, patience_s: float) -> list[Event]:
        """What happened, once something has; empty when nothing did for so long, or at the end."""
        try:
            found = [await asyncio.wait_for(self._queue.get(), patience_s)]
        except TimeoutError:
            return []
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return [event for event in found if event is not None]


class Feed:
    """The process's one stream of events."""

    def __init__(self) -> None:
        self._number = 0
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._listeners: set[Listener] = set()
        self.closed = False

    def tell(self, kind: str, **data: Any) -> None:
        """Tell everybody, now."""
        self._number += 1
        event = Event(self._number, {"type": kind, **data})
        self._kept.append(event)
        for listener in tuple(self._listeners):
            listener.put(event)

    @property
    def number(self) -> int:
        """The number of the latest event."""
        return self._number

    @asynccontextmanager
    async def listen(self, after: int | None) -> AsyncIterator[Listener]:
        """Hear what happens from now on, or from just after event `after` when it is still kept."""
        missed = [] if after is None else [event for event in self._kept if event.number > after]
        listener = Listener(missed)
        if self.closed or len(self._listeners) >= LISTENERS_MAX:
            listener.close()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream, so that a draining server does not wait for browsers."""
        self.closed = True
        for listener in self._listeners:
            listener.close()
