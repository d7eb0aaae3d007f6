"""Claims due jobs and runs them until told to stop; adds the schedule's. One per process.

A job that crashes is tried again and at last buried, visible to `maita replay --dead`; its lane
goes on. What was claimed when the process dies becomes due again when its lease ends. Whatever a
round meets, the next one comes: a worker ends only when it is told to.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final

from gateway.jobs import HANDLERS, SCHEDULE, Again, apart
from gateway.logs import get
from gateway.runtime import Runtime
from storage.database import Unavailable
from storage.jobs import ANSWER_CRASHES_MAX, ATTEMPTS_MAX, Job, backoff_s
from storage.turns import PLATFORM

POLL_S: Final = 0.1
PAUSE_S: Final = 1.0
DRAIN_S: Final = 4.0
RUNNING_MAX: Final = 32
LEASE_S: Final = 60
ANSWER_RETRY_S: Final = 1.0
UNAVAILABLE_RETRY_S: Final = 2.0


def start(rt: Runtime, stop: asyncio.Event) -> asyncio.Task[None]:
    """Run `work` in a task whose end is never overlooked: before `stop` it is an alarm and a log
    line with its cause, whoever awaits the task or forgets it."""
    task = asyncio.create_task(work(rt, stop))

    def ended(task: asyncio.Task[None]) -> None:
        if task.cancelled() or (stop.is_set() and not task.exception()):
            return
        rt.metrics.alarm("worker_ended")
        get("worker").critical("worker_ended", exc_info=task.exception())

    task.add_done_callback(ended)
    return task


async def work(rt: Runtime, stop: asyncio.Event) -> None:
    """Run jobs until `stop`; then let those that run finish, for at most DRAIN_S."""
    running: set[asyncio.Task[None]] = set()
    while not stop.is_set():
        turn = await apart(_round(rt, running))
        crash = turn.exception()
        if crash is None:
            busy, pause_s = turn.result(), POLL_S
        else:
            busy, pause_s = False, _failed(rt, crash)
        if not busy:
            await _rest(rt, pause_s)
    if running:
        await asyncio.wait(running, timeout=DRAIN_S)


async def _round(rt: Runtime, running: set[asyncio.Task[None]]) -> bool:
    """Start what is due, as far as there is room; whether anything was."""
    await _schedule(rt)
    room = RUNNING_MAX - len(running)
    jobs = await rt.jobs.claim(limit=room, lease_s=LEASE_S) if room else []
    for job in jobs:
        task = asyncio.create_task(_run(rt, job))
        running.add(task)
        task.add_done_callback(running.discard)
    return bool(jobs)


def _failed(rt: Runtime, crash: BaseException) -> float:
    """A round that failed: a database that is away says so by /ready, all else is an alarm.
    Answers for how long to wait before the next."""
    if isinstance(crash, Unavailable):
        return POLL_S
    rt.metrics.alarm("worker_round")
    get("worker").error("round_failed", reason=type(crash).__name__, exc_info=crash)
    return PAUSE_S


async def _rest(rt: Runtime, pause_s: float) -> None:
    """Wait for the next poll, or less when this process stored a message itself or must stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
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
    """Run one job apart, settle it by what came of it, and write its line."""
    started = time.perf_counter()
    # A chat message that hangs must not keep the STOP behind it waiting for a whole lease.
    within_s = rt.settings.turn_timeout_s if job.kind == "answer" else LEASE_S - 5
    done = await apart(_handle(rt, job), within_s)
    crash = asyncio.CancelledError() if done.cancelled() else done.exception()
    result = _again(job, crash) if crash else done.result()
    settled = (await apart(_settle(rt, job, result, crashed=crash is not None))).exception()
    if settled and not isinstance(settled, Unavailable):
        rt.metrics.alarm("job_unsettled")
        get("job").error("unsettled", kind=job.kind, key=str(job.id), exc_info=settled)
    _line(rt, job, result, crash, time.perf_counter() - started)


async def _handle(rt: Runtime, job: Job) -> Again | None:
    return await HANDLERS[job.kind](rt, job)


def _again(job: Job, crash: BaseException) -> Again:
    """A crash is tried again: soon where a person waits, and free where nobody could help it."""
    name = type(crash).__name__
    if isinstance(crash, Unavailable):
        return Again(name, UNAVAILABLE_RETRY_S, counted=False)
    return Again(name, ANSWER_RETRY_S if job.kind == "answer" else None)


async def _settle(rt: Runtime, job: Job, result: Again | None, *, crashed: bool) -> None:
    tries = ANSWER_CRASHES_MAX if crashed and job.kind == "answer" else ATTEMPTS_MAX
    if result is None:
        await rt.jobs.done(job)
    elif result.counted and job.attempts >= tries:
        rt.metrics.alarm("job_buried")
        await rt.jobs.bury(job, result.reason)
    else:
        delay_s = result.delay_s or backoff_s(job.attempts, rt.rng)
        await rt.jobs.retry(job, delay_s, result.reason, counted=result.counted)


def _line(
    rt: Runtime, job: Job, result: Again | None, crash: BaseException | None, seconds: float
) -> None:
    outcome = result.reason if result else "done"
    rt.metrics.job(job.kind, outcome, seconds)
    get("job").info(
        "job",
        tenant=str(job.tenant_id),
        kind=job.kind,
        key=str(job.id),
        outcome=outcome,
        attempt=job.attempts,
        duration_ms=round(seconds * 1000, 1),
        exc_info=crash if crash and not isinstance(crash, Unavailable) else None,
    )
