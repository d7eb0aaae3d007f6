"""One process that serves, works, or does both, until it is told to stop. Called by the commands.

SIGTERM: `/ready` says 503 for a moment, so that a load balancer looks elsewhere, then nothing new
is accepted and what runs may finish, all within ten seconds. SIGINT (Ctrl-C) leaves the moment
out; a second signal ends at once. Either way the process exits 0, which uvicorn's own handlers,
raising the signal again, would not.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Final

import uvicorn
import uvloop

from gateway.app import build
from gateway.logs import get
from gateway.runtime import Runtime, open_runtime
from gateway.settings import Settings
from gateway.straight import StraightHttp
from gateway.worker import start

NOTICE_S: Final = 1.5
GRACE_S: Final = 4
DEADLINE_S: Final = 9.5
CONNECTIONS_MAX: Final = 4_000
KEEP_ALIVE_S: Final = 75

Prepare = Callable[[Runtime], Awaitable[None]]


class _Server(uvicorn.Server):
    """Says when it accepts requests, and leaves signals to `_Draining`."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._told()


class _Draining:
    """The way from a signal to the end of the process."""

    def __init__(self, stop: Callable[[], object], force: Callable[[], object]) -> None:
        self.begun = asyncio.Event()
        self._stop, self._force = stop, force
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.begin, number)

    def begin(self, number: int) -> None:
        """Begin to drain; the second time, give up what runs."""
        if self.begun.is_set():
            self._force()
            return
        get("process").info("draining", signal=signal.Signals(number).name)
        self.begun.set()
        self._loop.call_later(NOTICE_S if number == signal.SIGTERM else 0, self._stop)
        assert self._main is not None, "made by a task"
        self._loop.call_later(DEADLINE_S, self._main.cancel)

    def begin_with(self, descriptor: int) -> None:
        """Begin when the descriptor becomes readable."""

        def readable() -> None:
            self._loop.remove_reader(descriptor)
            self.begin(signal.SIGTERM)

        self._loop.add_reader(descriptor, readable)


def serve(
    settings: Settings,
    sockets: list[socket.socket],
    *,
    worker: bool,
    told: Callable[[], None],
    prepare: Prepare | None = None,
    ends_with: int | None = None,
) -> None:
    """Serve on bound sockets until a signal. `worker`: run jobs too. `told` is called once
    requests are accepted, `prepare` before. `ends_with`: a file descriptor that becomes readable
    when the process we belong to is gone. Raises Unavailable."""
    _run(_serve(settings, sockets, worker, told, prepare, ends_with))


async def _serve(
    settings: Settings,
    sockets: list[socket.socket],
    worker: bool,
    told: Callable[[], None],
    prepare: Prepare | None,
    ends_with: int | None,
) -> None:
    async with open_runtime(settings) as rt:
        if prepare:
            await prepare(rt)
        app = await build(rt, worker=worker)
        _spare_the_collector()
        server = _Server(_config(app), told)

        def force() -> None:
            server.force_exit = True

        def stop() -> None:
            server.should_exit = True

        draining = _Draining(stop, force)
        app.state.draining = draining.begun
        if ends_with is not None:
            draining.begin_with(ends_with)
        await server.serve(sockets)


def _spare_the_collector() -> None:
    """What was built to stay is never garbage, and a turn leaves no cycles: look rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=StraightHttp,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who the peer is is decided by MAITA_TRUSTED_PROXIES, not by uvicorn.
        proxy_headers=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )


def work_until_told(settings: Settings, *, told: Callable[[], None]) -> None:
    """Run jobs, without a door, until a signal. Raises Unavailable."""
    _run(_work(settings, told))


async def _work(settings: Settings, told: Callable[[], None]) -> None:
    async with open_runtime(settings) as rt:
        stop = asyncio.Event()
        working = start(rt, stop)
        draining = _Draining(stop.set, working.cancel)
        told()
        await asyncio.wait(
            (working, asyncio.ensure_future(draining.begun.wait())), return_when="FIRST_COMPLETED"
        )
        stop.set()
        rt.wake.set()
        await working


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop. What has not drained by the deadline is cancelled, and that is said."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main)
        except asyncio.CancelledError:
            get("process").error("drain_incomplete", deadline_s=DEADLINE_S)
