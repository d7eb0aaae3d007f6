"""What each kind of job does. Called by the worker; delivery is at least once, effects exactly
once: whatever a job changes is keyed by the job or by the message it handles.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from core.errors import LoyaltyError
from core.ledger.commands import ExpirePoints
from core.ports import Command
from core.rewards.commands import ExpireIssuance
from gateway.commanding import AlreadyDone, begin, command, unit_of_work
from gateway.conversation import converse
from gateway.delivery import deliver, fate
from gateway.following import follow_up
from gateway.inbound import Inbound
from gateway.lines import timed
from gateway.logs import get
from gateway.message import keyed
from gateway.noticing import push
from gateway.rerunning import Busy
from gateway.runtime import Runtime
from gateway.silence import look
from storage.database import Unavailable
from storage.jobs import Job
from storage.retention import sweep as sweep_tenants
from storage.turns import PLATFORM

T = TypeVar("T")
BUSY_RETRY_S: Final = 0.5
EXPIRE_BATCH: Final = 200
_INBOUND: Final = msgspec.json.Decoder(Inbound)


@dataclass(frozen=True, slots=True)
class Again:
    """Not done: run it again after `delay_s` (None: by the usual backoff). Not `counted`: that was
    no try of the job's own, and what bounds it is its age."""

    reason: str
    delay_s: float | None = None
    counted: bool = True


Result = Again | None
Handler = Callable[[Runtime, Job], Awaitable[Result]]


async def apart(doing: Coroutine[Any, Any, T], within_s: float | None = None) -> asyncio.Task[T]:
    """Run it in a task of its own, which is over at the end: so a crash is a fact to look at, not
    an exception to catch. What takes longer than `within_s` is cancelled."""
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.wait((task,), timeout=within_s)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
    return task


async def answer(rt: Runtime, job: Job) -> Result:
    """Converse about a stored chat or text message; what came on a channel that is switched off
    is dropped."""
    stored = await rt.inbox.load(job.tenant_id, _subject(job))
    if stored is None or stored.body is None:
        return None
    channel = await rt.registry.by_id(stored.channel_id)
    adapter = rt.adapters.get(channel.kind) if channel else None
    if channel is None or adapter is None:
        await rt.inbox.drop(job.tenant_id, stored.id)
        return None
    inbound = _INBOUND.decode(stored.body)
    said = keyed(rt.vault, adapter, channel, inbound, stored.id, stored.received_at)
    try:
        await timed(rt, said, converse(rt, said))
    except Busy:
        return Again("busy", BUSY_RETRY_S)
    return None


async def send(rt: Runtime, job: Job) -> Result:
    """Deliver one stored message; do what its end calls for, or come again as the carrier says."""
    done = await deliver(rt, job.tenant_id, _subject(job), job.attempts)
    if done.again_s is not None:
        return Again(done.verdict, done.again_s or None, counted=done.counted)
    await follow_up(rt, job.tenant_id, done)
    return None


async def undelivered(rt: Runtime, job: Job) -> Result:
    """A report said that a message failed that the carrier had taken."""
    await follow_up(rt, job.tenant_id, await fate(rt, job.tenant_id, _subject(job)))
    return None


async def notice(rt: Runtime, job: Job) -> Result:
    """Tell a member something; what cannot be pushed waits for the next visit."""
    with suppress(AlreadyDone):
        await push(rt, job.tenant_id, _subject(job), f"job:{job.id}")
    return None


async def expire(rt: Runtime, job: Job) -> Result:
    """The schedule's: a job for each tenant, so that none waits for another's. Added twice after a
    crash, the second finds nothing to do."""
    for tenant in await rt.registry.tenants():
        await rt.jobs.add(tenant, "expire_tenant")
    return None


async def expire_tenant(rt: Runtime, job: Job) -> Result:
    """End issuances past their time and book the points that expired, of one tenant. An issuance
    that cannot be ended is an alarm and holds up no other."""
    tenant = job.tenant_id
    snapshot = await begin(rt, tenant, f"expire:{job.id}")
    for issuance_id in await unit_of_work(rt, snapshot).load.due_issuances(limit=EXPIRE_BATCH):
        key = f"expire:{issuance_id}:{job.id}"
        crash = (await apart(_once(rt, tenant, key, ExpireIssuance(issuance_id)))).exception()
        if isinstance(crash, Unavailable):
            raise crash
        if crash:
            rt.metrics.alarm("issuance_not_expired")
            get("job").error(
                "issuance_not_expired", tenant=str(tenant), key=str(issuance_id), exc_info=crash
            )
    for part in range(EXPIRE_BATCH):
        if not await _once(rt, tenant, f"expire:{job.id}:{part}", ExpirePoints()):
            break
    return None


async def sweep(rt: Runtime, job: Job) -> Result:
    """The schedule's: drop what may be kept only for a while."""
    await sweep_tenants(rt.db, (*await rt.registry.tenants(), PLATFORM))
    return None


async def watch(rt: Runtime, job: Job) -> Result:
    """The schedule's: has a carrier fallen silent?"""
    await look(rt, rt.watch.now())
    return None


async def _once(rt: Runtime, tenant: UUID, key: str, wanted: Command[Any]) -> int:
    """Run a command that may have run before, or may find nothing to do; 0 when it did not."""
    try:
        return int(await command(rt, tenant, key, wanted) or 0)
    except (AlreadyDone, LoyaltyError):
        return 0


def _subject(job: Job) -> UUID:
    assert job.subject is not None, f"a {job.kind} job is about something"
    return job.subject


HANDLERS: Final[Mapping[str, Handler]] = {
    "answer": answer,
    "send": send,
    "undelivered": undelivered,
    "notice": notice,
    "expire": expire,
    "expire_tenant": expire_tenant,
    "sweep": sweep,
    "watch": watch,
}
SCHEDULE: Final = (("expire", 60), ("watch", 300), ("sweep", 3600))
"""Job kinds by the seconds of their slot; a slot's job is unique, whoever adds it first."""
