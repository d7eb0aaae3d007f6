"""A proxy between the gateway and PostgreSQL that can hold an answer back (security.md, F2).

It reads the server's messages just enough to see finished exchanges (`ReadyForQuery`), so a
test can stop the world between the commit of a turn and the gateway's knowing of it.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

READY_FOR_QUERY = ord("Z")


@dataclass(slots=True)
class Proxy:
    """Forwards until told. `marker`: holds the answers of a connection from the moment its client
    says these bytes, and whatever other connections say from then on, so that nobody finds out by
    another way; `barrier`: holds the very saying of them, so that the server never hears it.
    `stopped`: how many connections stand still so far."""

    url: str = ""
    marker: bytes | None = None
    barrier: bytes | None = None
    held: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: int = 0
    said: bool = False

    async def pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, holding: asyncio.Event
    ) -> None:
        """Client to server: everything passes, up to the barrier or somebody's marker."""
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if self.barrier and self.barrier in data:
                    self._stop()
                    await source.read()
                    break
                if self.said:
                    await source.read()
                    break
                if self.marker and self.marker in data:
                    self.said = True
                    holding.set()
                sink.write(data)
                await sink.drain()
        sink.close()

    async def answers(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, holding: asyncio.Event
    ) -> None:
        """Server to client: message by message, until one is to be held for ever."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await source.readexactly(5)
                body = await source.readexactly(int.from_bytes(head[1:], "big") - 4)
                if holding.is_set():
                    if head[0] == READY_FOR_QUERY:
                        self._stop()
                    continue
                sink.write(head + body)
                await sink.drain()
        sink.close()

    def _stop(self) -> None:
        self.stopped += 1
        self.held.set()


@asynccontextmanager
async def proxied(database_url: str) -> AsyncIterator[Proxy]:
    """A proxy in front of a PostgreSQL that listens on a unix socket; `proxy.url` goes through."""
    parts = urlsplit(database_url)
    query = parse_qs(parts.query)
    port = query.get("port", ["5432"])[0]
    server_path = f"{query['host'][0]}/.s.PGSQL.{port}"
    holder = tempfile.TemporaryDirectory(prefix="maita-proxy-")
    folder = holder.name
    proxy = Proxy()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_unix_connection(server_path)
        holding = asyncio.Event()
        await asyncio.wait(
            [
                asyncio.create_task(proxy.pump(reader, downstream, holding)),
                asyncio.create_task(proxy.answers(upstream, writer, holding)),
            ]
        )

    socket = f"{folder}/.s.PGSQL.{port}"
    proxy.url = parts._replace(query=f"host={quote(folder, safe='')}&port={port}").geturl()
    server = await asyncio.start_unix_server(serve, socket)
    yield proxy
    server.close()
    holder.cleanup()
