"""What a race or a broken connection undid is run again, since turns are pure and commits are
conditional (docs/architecture.md, Optimistic by nature).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from gateway.runtime import Runtime
from storage.database import Lost, Stale

R = TypeVar("R")
TRIES_MAX: Final = 8


class Busy(Exception):
    """Versions kept changing under this work; nothing was done."""


async def rerun(rt: Runtime, once: Callable[[], Awaitable[R]]) -> tuple[R, int]:
    """What `once` came to, and how often it ran again. Raises Busy when the tries ran out.

    It must begin by asking whether it is done: when the connection broke under its commit, it
    runs one more time to find out.
    """
    lost = False
    for attempt in range(TRIES_MAX):
        try:
            return await once(), attempt
        except Stale:
            await pause(rt, attempt)
        except Lost:
            if lost:
                raise
            lost = True
    raise Busy


async def pause(rt: Runtime, attempt: int) -> None:
    """Wait a random while, so that those who raced do not meet again."""
    await asyncio.sleep(rt.rng.uniform(0, 0.004 * 2**attempt))
