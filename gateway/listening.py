"""The sockets we listen on and the limits of a request's head (docs/security.md 25).

uvicorn's parser bounds neither the size of a head nor the time it may take: a socket that stays
silent or drips header bytes would be held for ever. Called by `serving`.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.settings import Settings, SettingsError
from gateway.whole import EXTENSION, Whole

HEAD_MAX: Final = 32 * 1024
HEADERS_MAX: Final = 100
HEAD_DEADLINE_S: Final = 10
_REFUSAL: Final = "Invalid HTTP request received."


class BoundedHttp(HttpToolsProtocol):
    """HTTP whose heads are at most 100 headers and 32 KB, and arrive within ten seconds."""

    _heading = True
    _head_bytes = 0
    _reading = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A socket opens: its first head is due."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, and with it the deadline."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that is still incomplete may not grow or wait for ever."""
        self._reading = len(data)
        super().data_received(data)
        if not self._heading or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_MAX:
            self.send_400_response(_REFUSAL)
        elif self._deadline is None:
            self._expect()

    def on_message_begin(self) -> None:
        """A head begins. What uvicorn makes of it is made once it is there."""
        self._heading, self._head_bytes = True, 0
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """A head is whole. What is raised here answers 400 and closes."""
        self.head_arrived()
        if len(self.headers) > HEADERS_MAX or self._head_size() > HEAD_MAX:
            raise ValueError("head too large")
        self.begin()

    def head_arrived(self) -> None:
        """No head is due any more."""
        self._heading = False
        self._arrived()

    def begin(self) -> None:
        """Begin to answer the request whose head is there, as uvicorn does."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()
        # The application's task has not begun: it finds this in its scope.
        self.scope["extensions"] = {EXTENSION: Whole(self.cycle)}  # type: ignore[dict-item]

    def _head_size(self) -> int:
        """In bytes; all that was read for it at most, where that is little enough."""
        read = self._head_bytes + self._reading
        if read <= HEAD_MAX:
            return read
        return len(self.url) + sum([len(name) + len(value) for name, value in self.headers])

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(HEAD_DEADLINE_S, self.transport.close)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[list[socket.socket]]:
    """Bind MAITA_BIND and, where that does not include it, MAITA_PRIVATE_BIND, at one port.

    Nobody is served before the server accepts. Raises SettingsError when the port is taken.
    """
    with contextlib.ExitStack() as stack:
        public = stack.enter_context(_bound(settings.bind, settings.port, "MAITA_BIND"))
        sockets = [public]
        if not _includes(settings.bind, settings.private_bind):
            port = public.getsockname()[1]
            private = _bound(settings.private_bind, port, "MAITA_PRIVATE_BIND")
            sockets.append(stack.enter_context(private))
        yield sockets


def url_of(listening: socket.socket) -> str:
    """How this machine reaches a listening socket: `http://127.0.0.1:8000`."""
    host, port = listening.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _includes(bind: str, private: str) -> bool:
    try:
        public, own = ip_address(bind), ip_address(private)
    except ValueError:
        return bind in (private, "localhost")
    if public.version != own.version:
        return False
    return public.is_unspecified or public == own


def _bound(host: str, port: int, name: str) -> socket.socket:
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
    except OSError as error:
        raise SettingsError(f"{name} {host} cannot be listened on ({error.strerror}).") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"Port {port} of {host} cannot be used ({error.strerror}): set MAITA_PORT "
            f"(make run PORT=…) or {name}."
        ) from None
    listening.set_inheritable(True)
    return listening
