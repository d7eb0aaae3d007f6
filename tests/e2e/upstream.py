"""A gateway as far as the edge can see it: answers in a word, or dies under a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.e2e.process import free_port


@dataclass(slots=True)
class Upstream:
    """What it was asked, by everybody but the health check. `ready`: what /ready says; `dies`: it
    takes a request and closes the connection; `headers` go with every answer."""

    name: str
    port: int
    ready: bool = True
    dies: bool = False
    headers: tuple[str, ...] = ()
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    looked_at: int = 0
    server: asyncio.Server | None = None
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def listen(self) -> None:
        """Listen, also when it was gone before."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def go(self) -> None:
        """Stop listening, as a machine that is gone."""
        if self.server:
            self.server.close()
            self.server = None
            for writer in self.open:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while self.server:
                line, headers, body = await _request(reader)
                status = "200 OK"
                if " /ready " in line:
                    self.looked_at += 1
                    status = "200 OK" if self.ready else "503 Service Unavailable"
                else:
                    self.asked.append((line, headers, body))
                    if self.dies:
                        break
                writer.write(self._answer(status))
                await writer.drain()
        self.open.discard(writer)
        writer.close()

    def _answer(self, status: str) -> bytes:
        body = self.name * 1000
        head = [f"HTTP/1.1 {status}", "content-type: text/plain", f"content-length: {len(body)}"]
        return "\r\n".join([*head, "server: secret/1.0", *self.headers, "", body]).encode()


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    headers = {}
    for row in head[1:-1]:
        name, _, value = row.partition(": ")
        headers[name.lower()] = value
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return head[0], headers, body


@asynccontextmanager
async def upstreams(*names: str) -> AsyncIterator[list[Upstream]]:
    """Gateways that listen, each of a name, on a port that it can come back to."""
    all_of_them = [Upstream(name, free_port()) for name in names]
    for each in all_of_them:
        await each.listen()
    yield all_of_them
    for each in all_of_them:
        await each.go()
