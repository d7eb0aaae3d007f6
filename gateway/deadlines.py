"""One time limit for many: what is given the same time falls due in the order it began.

`asyncio.timeout` sets and clears a timer for each, a fortieth of what a carrier's request cost;
here one timer looks at the oldest. Built by `runtime`; entered by the doors.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Any


class Deadlines:
    """`with deadlines.one():` cancels what runs too long and raises TimeoutError in its place."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: deque[_Deadline] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def one(self) -> "_Deadline":
        """A limit for the task that enters it, from now on."""
        loop, running = asyncio.get_running_loop(), self._running
        while running and running[0].task is None:
            running.popleft()
        limit = _Deadline(loop.time() + self._seconds)
        running.append(limit)
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look)
        return limit

    def _look(self) -> None:
        """Cancel what is due, forget what is over, and look again when the next falls due."""
        loop, running = asyncio.get_running_loop(), self._running
        now = loop.time()
        while running and (running[0].task is None or running[0].due <= now):
            running.popleft().end()
        self._timer = loop.call_at(running[0].due, self._look) if running else None


class _Deadline:
    __slots__ = ("_cancelling", "_expired", "due", "task")

    def __init__(self, due: float) -> None:
        self.due, self._expired = due, False
        self.task: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        self.task = asyncio.current_task()
        assert self.task, "only what runs as a task can be cancelled"
        self._cancelling = self.task.cancelling()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        task, self.task = self.task, None
        assert task, "entered"
        # As asyncio.timeout does: somebody else's cancelling goes on as such.
        if self._expired and task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """The time is up; nothing happens where the work is over."""
        if self.task is not None:
            self._expired = True
            self.task.cancel()
