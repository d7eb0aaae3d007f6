"""Carriers' small requests, from the socket straight to the doors.

A scope, a cycle with its event, a URL taken apart, a timer for each silence: what uvicorn makes of
a request costs a tenth of what a callback does (docs/performance.md). So a carrier's POST that is
there as a whole, head and body in what was read at once, and in no way unusual, is handed to the
doors without them. All else goes the way of uvicorn and Starlette: other paths and methods, what
comes in parts or ahead of an answer, old clients, chunks, expectations, too many at once. Both ways
give the same bytes. Called by `serving`.
"""

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.app import Application
from gateway.carriers import Doors
from gateway.heads import Head, head_of, parted
from gateway.listening import BoundedHttp
from gateway.whole import Whole


class StraightHttp(BoundedHttp):
    """HTTP with a short way to the carriers' doors."""

    _between = True
    """The parser waits for a request to begin."""
    _held: Head | None = None
    """The head of a request that may go straight, until its body is there or must be waited for."""
    _body = b""
    _parts: tuple[bytes, bytes] | None = None
    """What the parser is fed, where it looks like one request, so that its head may be known."""
    _quiet_since: float | None = None
    _quiet: asyncio.TimerHandle | None = None

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self._doors: Doors | None = self.app.doors if isinstance(self.app, Application) else None

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, and with it the timer."""
        super().connection_lost(exc)
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None

    def data_received(self, data: bytes) -> None:
        """Answer a request whose head is known, or feed the parser. A body that is still on its
        way is waited for as uvicorn does."""
        doors = self._doors if self._between else None
        parts = parted(data) if doors is not None and self._is_free() else None
        if doors is not None and parts is not None:
            head = doors.heads.find(parts[0], len(parts[1]))
            if head is not None:
                self._quiet_since = None
                if self._heading:
                    self.head_arrived()
                self._knock(doors, head, parts[1])
                return
        self._parts = parts
        super().data_received(data)
        self._parts = None
        if self._held is not None:
            self._let_go()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._between, self._quiet_since = False, None
        super().on_message_begin()

    def begin(self) -> None:
        """A head is there: hold the request back where it may go straight."""
        self._held = self._straight()
        if self._held is None:
            super().begin()

    def on_body(self, body: bytes) -> None:
        """Some of a body."""
        if self._held is None:
            super().on_body(body)
            return
        self._body += body
        if len(self._body) > HIGH_WATER_LIMIT:
            self._let_go()

    def on_message_complete(self) -> None:
        """A request is there as a whole."""
        # What follows a request to upgrade, which nobody does here, is no request for certain.
        self._between = not self.parser.should_upgrade()
        doors, head, body = self._doors, self._held, self._body
        if doors is None or head is None:
            super().on_message_complete()
            return
        self._held, self._body = None, b""
        if self._parts is not None and self._parts[1] == body:
            doors.heads.meet(self._parts[0], head)
        self._knock(doors, head, body)

    def on_response_complete(self) -> None:
        """Read on; answer what was sent ahead, or be quiet."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._be_quiet()

    def _is_free(self) -> bool:
        """Whether a request may go straight now: none runs here, and not too many elsewhere."""
        cycle: RequestResponseCycle | None = self.cycle
        most = self.limit_concurrency
        if self.client is None or (cycle is not None and not cycle.response_complete):
            return False
        return most is None or (len(self.connections) < most and len(self.tasks) < most)

    def _straight(self) -> Head | None:
        """The head that was parsed, where its request may go straight."""
        if self._doors is None or not self.url.startswith(b"/public/") or not self._is_free():
            return None
        parser = self.parser
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1":
            return None
        return head_of(self.url, self.headers) if parser.should_keep_alive() else None

    def _let_go(self) -> None:
        """Let the held request go the usual way."""
        body, self._held, self._body = self._body, None, b""
        super().begin()
        if body:
            super().on_body(body)

    def _knock(self, doors: Doors, head: Head, body: bytes) -> None:
        """Have a request answered."""
        assert self.client is not None, "free"
        cycle = self.cycle = Callback(self)
        answering = partial(doors.straight, Whole(cycle), head, body, self.client[0])
        task = self.loop.create_task(cycle.run_asgi(answering))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    # A timer for each silence would cost more than looking at the clock: one stays, and looks
    # again where it falls due too early.

    def _unset_keepalive_if_required(self) -> None:
        """Bytes alone end no silence: line ends between requests would keep a socket for ever."""

    def _be_quiet(self) -> None:
        self._quiet_since = self.loop.time()
        if self._quiet is None:
            self._quiet = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _look(self) -> None:
        """Close what has been quiet for long enough."""
        self._quiet = None
        if self._quiet_since is None:
            return
        due = self._quiet_since + self.timeout_keep_alive
        if due <= self.loop.time():
            self.timeout_keep_alive_handler()
        else:
            self._quiet = self.loop.call_at(due, self._look)


class Callback(RequestResponseCycle):
    """A carrier's POST that came whole, and the answer to it. What is the same for all of them
    belongs to the class; there is nothing to receive, so nobody waits for the event."""

    scope = {"method": "POST"}  # type: ignore[typeddict-item]  # noqa: RUF012
    message_event = asyncio.Event()
    access_log = False
    disconnected = False
    keep_alive = True
    waiting_for_100_continue = False
    more_body = False
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, http: StraightHttp) -> None:
        self.transport, self.flow, self.logger = http.transport, http.flow, http.logger
        self.default_headers = http.server_state.default_headers
        self.on_response = http.on_response_complete
