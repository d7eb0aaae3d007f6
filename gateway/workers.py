"""Several serving processes on one port: starts them, starts one again that died, ends them all.

Called by `maita serve --workers N`. Each is a fresh interpreter with a loop, a pool and a registry
of its own; the kernel hands each new connection to one of them.
"""

import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final

from gateway import logs, serving
from gateway.settings import Settings
from storage.database import Unavailable

RESTART_S: Final = 1.0
END_S: Final = 10.5


class Workers:
    """The serving processes of this one."""

    def __init__(self, settings: Settings, sockets: list[socket.socket], count: int) -> None:
        self._settings, self._sockets, self._count = settings, sockets, count
        self._spawn = multiprocessing.get_context("spawn")
        self._live: dict[int, SpawnProcess] = {}
        self._waiting: set[Connection] = set()
        self._accepting = 0
        self._ending = False

    def run(self, told: Callable[[], None]) -> None:
        """Serve until a signal; `told` is called once all processes accept requests."""
        # The counters of all processes meet in this folder, whichever of them is asked.
        shared = tempfile.mkdtemp(prefix="maita-metrics-")
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            for _ in range(self._count):
                self._start()
            self._watch(told)
        finally:
            self._kill()
            shutil.rmtree(shared, ignore_errors=True)

    def _start(self) -> None:
        heard, says = self._spawn.Pipe(duplex=False)
        process = self._spawn.Process(
            target=_serve, args=(self._settings, self._sockets, says), daemon=False
        )
        process.start()
        says.close()
        self._live[process.sentinel] = process
        self._waiting.add(heard)

    def _watch(self, told: Callable[[], None]) -> None:
        first = True
        while self._live:
            for event in wait([*self._live, *self._waiting], timeout=0.5):
                if isinstance(event, Connection):
                    self._heard(event)
                elif isinstance(event, int):
                    self._ended(self._live.pop(event), starting=first)
            if first and self._accepting == self._count and not self._ending:
                first = False
                told()

    def _heard(self, says: Connection) -> None:
        """One accepts requests; one that died has closed its end without a word."""
        try:
            says.recv()
            self._accepting += 1
        except EOFError:
            logs.get("process").error("worker_silent")
        self._waiting.discard(says)
        says.close()

    def _ended(self, process: SpawnProcess, *, starting: bool) -> None:
        """One is gone: that was asked for, or it cannot start at all, or it is started again."""
        if self._ending:
            return
        if starting:
            self._end(signal.SIGTERM, None)
            sys.exit(process.exitcode or 1)
        logs.get("process").error("worker_died", pid=process.pid, exit=process.exitcode)
        time.sleep(RESTART_S)
        self._start()

    def _end(self, number: int, _: object) -> None:
        self._ending = True
        for process in self._live.values():
            process.terminate()

    def _kill(self) -> None:
        deadline = time.monotonic() + END_S
        for process in self._live.values():
            process.terminate()
            process.join(max(0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()


def _serve(settings: Settings, sockets: list[socket.socket], says: Connection) -> None:
    """The life of one process; it also ends when the one that started it is gone."""
    logs.configure(settings.log_level, pretty=sys.stderr.isatty(), stream=sys.stderr)
    parent = multiprocessing.parent_process()
    assert parent is not None, "started by Workers"
    gone = int(parent.sentinel)
    try:
        serving.serve(settings, sockets, worker=False, told=lambda: says.send(True), ends_with=gone)
    except Unavailable:
        sys.exit(3)
