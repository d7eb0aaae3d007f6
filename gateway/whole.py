"""Small requests taken whole and answered whole, past the messages of ASGI where the server can.

ASGI hands a body over through an event and a timeout, and an answer in two messages, each a write
to the socket: together a tenth of what a carrier's request costs (docs/performance.md). Offered by
`listening` as an ASGI extension of the scope; used by `carriers`, which speak plain ASGI without.
"""

from functools import lru_cache
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from gateway.headers import RawHeaders

EXTENSION: Final = "maita.whole"


class Whole:
    """A request and the answer to it, on a connection of uvicorn's."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def body(self) -> bytes | None:
        """The request's body; None as long as some of it is still on its way."""
        cycle = self._cycle
        return None if cycle.more_body or cycle.disconnected else bytes(cycle.body)

    def is_gone(self) -> bool:
        """Whether the peer has gone."""
        return self._cycle.disconnected

    def answer(self, status: int, headers: RawHeaders, body: bytes) -> bool:
        """Send an answer in one write, as the cycle would in two. False: it must go the usual way,
        since the peer does not read what is sent, or wants no body."""
        cycle = self._cycle
        if cycle.disconnected or cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
            return False
        head = _head(status, headers)
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        own = _lines(tuple(cycle.default_headers))
        end = b"" if cycle.keep_alive else b"connection: close\r\n"
        length = b"content-length: %d\r\n\r\n" % len(body)
        cycle.transport.write(b"".join((head, own, end, length, body)))
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True


def whole_of(scope: Scope) -> Whole | None:
    """What the server offers for this request; None where it is another server."""
    offered: Whole | None = scope.get("extensions", {}).get(EXTENSION)
    return offered


@lru_cache(1024)
def _head(status: int, headers: RawHeaders) -> bytes:
    """The head but for its length. Refuses what would be read as another header."""
    for name, value in headers:
        if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            raise ValueError("a header that cannot be sent")
    return STATUS_LINE[status] + _lines(headers)


@lru_cache(64)
def _lines(headers: RawHeaders) -> bytes:
    """Headers as they are sent. The server's own are new each second, since they tell the time."""
    return b"".join([b"%s: %s\r\n" % each for each in headers])
