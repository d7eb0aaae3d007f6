"""Debian's Caddy with our Caddyfile on loopback, before two gateways. Used by `test_edge`."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.process import PATIENCE_S, ROOT, free_port
from tests.e2e.upstream import Upstream, upstreams

CADDYFILE = ROOT / "Caddyfile"
CADDY = shutil.which("caddy")
WITHOUT = "caddy is not installed: the tests of the Caddyfile were left out"


@dataclass(slots=True, kw_only=True)
class Edge:
    """A running Caddy and the gateways behind it."""

    url: str
    tls_port: int
    log: Path
    first: Upstream
    second: Upstream
    http: httpx.AsyncClient

    async def post(self, path: str, body: bytes = b"x") -> httpx.Response:
        return await self.http.post(f"{self.url}{path}", content=body)

    async def says(self, *expected: str) -> None:
        """Wait until exactly these gateways are asked."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            said = [(await self.http.get(self.url)).text[:5] for _ in range(6)]
            if set(said) == set(expected):
                return
            assert time.monotonic() < deadline, said
            await asyncio.sleep(0.1)


@asynccontextmanager
async def running_edge(folder: Path) -> AsyncIterator[Edge | None]:
    """The edge, ready; None, said in one line, where there is no Caddy."""
    if CADDY is None:
        print(WITHOUT)
        yield None
        return
    port, tls_port, log = free_port(), free_port(), folder / "log"
    async with (
        upstreams("first", "other") as (first, second),
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http,
    ):
        env = os.environ | {
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "EDGE_SITE": f"http://127.0.0.1:{port}, https://localhost:{tls_port}",
            "EDGE_UPSTREAMS": f"127.0.0.1:{first.port} 127.0.0.1:{second.port}",
            "EDGE_HTTP_PORT": str(free_port()),
            "EDGE_HTTPS_PORT": str(tls_port),
        }
        with log.open("w") as errors:
            process = subprocess.Popen(  # noqa: ASYNC220
                [CADDY, "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
                env=env, stdout=errors, stderr=errors,
            )  # fmt: skip
        edge = Edge(
            url=f"http://127.0.0.1:{port}", tls_port=tls_port, log=log, first=first,
            second=second, http=http,
        )  # fmt: skip
        try:
            await _answers(edge, process)
            yield edge
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, PATIENCE_S)


async def _answers(edge: Edge, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None, edge.log.read_text()[-2000:]
        assert time.monotonic() < deadline, edge.log.read_text()[-2000:]
        try:
            if (await edge.http.get(edge.url)).status_code == 200:
                break
        except httpx.TransportError:
            await asyncio.sleep(0.05)
    await edge.says("first", "other")
