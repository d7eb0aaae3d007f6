"""The two ways of a carrier's request through HTTP, side by side: uvicorn's alone, and that with
the short way to the doors. Without sockets, so that every byte and its moment is the test's.
"""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import uvicorn
from uvicorn.server import ServerState

from gateway.app import Application
from gateway.carriers import Doors
from gateway.doors import Asked
from gateway.inbound import HttpRequest, HttpResponse
from gateway.listening import BoundedHttp
from gateway.settings import Settings
from gateway.straight import StraightHttp

PATH: Final = b"/public/ussd/callback/0123456789abcdef"


class Echo(Doors):
    """Doors that say back what they were asked, once `gate` is open. `straightly`: how often
    asked without a scope."""

    def __init__(self, folder: Path, trusted: str) -> None:
        settings = Settings(env="dev", data_dir=folder, trusted_proxies=trusted)
        rt = SimpleNamespace(settings=settings, metrics=self)
        super().__init__(cast(Any, rt))
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[tuple[HttpRequest, Asked]] = []
        self.counted: list[tuple[str, int]] = []
        self.straightly = 0

    def request(self, route: str, status: int) -> None:
        """In the place of the metrics."""
        self.counted.append((route, status))

    async def straight(self, *parts: Any) -> None:
        self.straightly += 1
        await super().straight(*parts)

    async def _heard(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        self.asked.append((request, asked))
        await self.gate.wait()
        if request.body == b"bug":
            raise ZeroDivisionError
        if request.body == b"evil":
            return HttpResponse(status=200, headers=(("x", "1\r\nset-cookie: a=b"),))
        told = f"{request.method} {request.url} {request.peer} {request.headers}".encode()
        return HttpResponse(
            status=200, headers=(("content-type", "text/plain"),), body=told + request.body
        )


class Wire(asyncio.Transport):
    """A connection: what is written to it, and whether it was closed."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("10.0.0.1", 5), "sockname": ("10.0.0.2", 80)})
        self._protocol = protocol
        self.written, self.closed, self.paused = b"", False, False
        self.ended = asyncio.Event()
        protocol.connection_made(self)

    def feed(self, data: bytes) -> None:
        """Have something read, unless nobody reads any more."""
        if not self.closed:
            self._protocol.data_received(data)

    def lose(self) -> None:
        """The peer goes."""
        if not self.closed:
            self.close()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.closed:
            self.written += bytes(data)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.ended.set()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Side:
    """One of the two ways, with doors and a server's state of its own."""

    def __init__(
        self, http: type[BoundedHttp], folder: Path, trusted: str = "10.0.0.0/8", most: int = 9
    ) -> None:
        self.doors = Echo(folder, trusted)
        self.state = ServerState()
        self.state.default_headers = [(b"date", b"today")]
        self._http = http
        self._config = uvicorn.Config(
            Application(doors=self.doors, routes=[]),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            limit_concurrency=most,
        )

    def connect(self) -> tuple[Wire, BoundedHttp]:
        """A new connection."""
        loop = asyncio.get_running_loop()
        protocol = self._http(self._config, self.state, {}, loop)
        return Wire(protocol), protocol

    async def told(self, *parts: bytes) -> tuple[bytes, bool]:
        """What comes back to these parts, and whether the server closed; then the peer goes."""
        wire, protocol = self.connect()
        for part in parts:
            wire.feed(part)
            await settled()
        came = wire.written, wire.closed
        wire.lose()
        await settled()
        assert not self.state.tasks
        assert protocol not in self.state.connections
        return came


def sides(folder: Path, **named: Any) -> tuple[Side, Side]:
    """Uvicorn's way, and the short one."""
    return Side(BoundedHttp, folder, **named), Side(StraightHttp, folder, **named)


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(12):
        await asyncio.sleep(0)


def post(
    body: bytes,
    *headers: bytes,
    target: bytes = PATH,
    method: bytes = b"POST",
    version: bytes = b"1.1",
    length: bytes | None = None,
) -> bytes:
    """A request with its length in front of its other headers; `length` b"" leaves that out."""
    told = b"%d" % len(body) if length is None else length
    head = (b"Host: x", *([b"Content-Length: " + told] if told else []), *headers)
    lines = b"".join(b"%s\r\n" % line for line in head)
    return b"%s %s HTTP/%s\r\n%s\r\n%s" % (method, target, version, lines, body)
