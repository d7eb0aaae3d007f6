"""What a race or a broken connection undid is run again, since turns are pure and commits are
conditional (docs/architecture.md, Optimistic by nature).
"""

import asyncio
from typing import Final

from gateway.runtime import Runtime
from storage.database import Lost, Stale

TRIES_MAX: Final = 8


class Busy(Exception):
    """Versions kept changing under this work; nothing was done."""


class Reruns:
    """How often some work ran again. Each try must begin by asking whether it is done: when the
    connection broke under its commit, it runs one more time to find out."""

    def __init__(self, rt: Runtime) -> None:
        self.count = 0
        self._rt, self._lost = rt, False

    async def after(self, error: Stale | Lost) -> None:
        """Get ready for the next try. Raises Busy when the tries ran out, and a second Lost."""
        if isinstance(error, Lost):
            if self._lost:
                raise error
            self._lost = True
        else:
            await pause(self._rt, self.count)
        self.count += 1
        if self.count == TRIES_MAX:
            raise Busy


async def pause(rt: Runtime, attempt: int) -> None:
    """Wait a random while, so that those who raced do not meet again."""
    await asyncio.sleep(rt.rng.uniform(0, 0.004 * 2**attempt))
