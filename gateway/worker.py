"""Claims due jobs and runs them until told to stop; adds the schedule's. One per process.

A job that crashes is tried again and at last buried, visible to `maita replay --dead`; its lane
goes on. What was claimed when the process dies becomes due again when its lease ends.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final
from uuid import UUID

from gateway.jobs import HANDLERS, SCHEDULE, Again
from gateway.logs import get
from gateway.runtime import Runtime
from storage.database import Unavailable
from storage.jobs import ATTEMPTS_MAX, Job, backoff_s

POLL_S: Final = 0.1
DRAIN_S: Final = 4.0
RUNNING_MAX: Final = 32
LEASE_S: Final = 60
PLATFORM: Final = UUID("00000000-0000-7000-8000-000000000000")


async def work(rt: Runtime, stop: asyncio.Event) -> None:
    """Run jobs until `stop`; then let those that run finish, for at most DRAIN_S."""
    running: set[asyncio.Task[None]] = set()
    while not stop.is_set():
        try:
            await _schedule(rt)
            room = RUNNING_MAX - len(running)
            jobs = await rt.jobs.claim(limit=room, lease_s=LEASE_S) if room else []
        except Unavailable:
            jobs = []
        for job in jobs:
            task = asyncio.create_task(_run(rt, job))
            running.add(task)
            task.add_done_callback(running.discard)
        if not jobs:
            await _rest(rt, stop)
    if running:
        await asyncio.wait(running, timeout=DRAIN_S)


async def _rest(rt: Runtime, stop: asyncio.Event) -> None:
    """Wait for the next poll, or less when this process stored a message itself."""
    with suppress(TimeoutError):
        async with asyncio.timeout(POLL_S):
            await rt.wake.wait()
    rt.wake.clear()


async def _schedule(rt: Runtime) -> None:
    """Add the schedule's jobs of this slot; all but the first process add nothing."""
    now = int(time.time())
    for kind, slot_s in SCHEDULE:
        slot = now - now % slot_s
        if rt.slots.get(kind) != slot:
            await rt.jobs.add(PLATFORM, kind, unique_key=f"{kind}:{slot}")
            rt.slots[kind] = slot


async def _run(rt: Runtime, job: Job) -> None:
    """Run one job in a task of its own, so that its crash is a fact to settle, not an exception
    to catch."""
    started = time.perf_counter()
    doing = asyncio.ensure_future(HANDLERS[job.kind](rt, job))
    await asyncio.wait((doing,), timeout=LEASE_S - 5)
    if not doing.done():
        doing.cancel()
        await asyncio.wait((doing,))
    crash = asyncio.CancelledError() if doing.cancelled() else doing.exception()
    result = Again(type(crash).__name__) if crash else doing.result()
    with suppress(Unavailable):
        await _settle(rt, job, result)
    seconds = time.perf_counter() - started
    rt.metrics.job(job.kind, result.reason if result else "done", seconds)
    get("job").info(
        "job",
        tenant=str(job.tenant_id),
        kind=job.kind,
        key=str(job.id),
        outcome=result.reason if result else "done",
        attempt=job.attempts,
        duration_ms=round(seconds * 1000, 1),
        exc_info=crash if crash and not isinstance(crash, Unavailable) else None,
    )


async def _settle(rt: Runtime, job: Job, result: Again | None) -> None:
    if result is None:
        await rt.jobs.done(job)
    elif job.attempts >= ATTEMPTS_MAX:
        rt.metrics.alarm("job_buried")
        await rt.jobs.bury(job, result.reason)
    else:
        delay_s = result.delay_s or backoff_s(job.attempts, rt.rng)
        await rt.jobs.retry(job, delay_s, result.reason)
