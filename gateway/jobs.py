"""What each kind of job does. Called by the worker; delivery is at least once, effects exactly
once: whatever a job changes is keyed by the job or by the message it handles.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import msgspec

from core.errors import LoyaltyError
from core.ledger.commands import ExpirePoints
from core.members.commands import StopMessages
from core.ports import Command
from core.rewards.commands import ExpireIssuance
from core.values import Address
from gateway.commanding import NOBODY, AlreadyDone, begin, command, unit_of_work
from gateway.conversation import converse
from gateway.delivery import Delivered, deliver
from gateway.inbound import Inbound
from gateway.lines import timed
from gateway.message import keyed
from gateway.noticing import push
from gateway.outgoing import Payload, outbound, texting
from gateway.runtime import Runtime
from storage.jobs import Job
from storage.retention import sweep as sweep_tenants
from storage.turns import Work

EXPIRE_BATCH: Final = 200
_INBOUND: Final = msgspec.json.Decoder(Inbound)


@dataclass(frozen=True, slots=True)
class Again:
    """Not done: run it again after `delay_s` (None: by the usual backoff)."""

    reason: str
    delay_s: float | None = None


Result = Again | None
Handler = Callable[[Runtime, Job], Awaitable[Result]]


async def answer(rt: Runtime, job: Job) -> Result:
    """Converse about a stored chat or text message."""
    stored = await rt.inbox.load(job.tenant_id, _subject(job))
    channel = await rt.registry.by_id(stored.channel_id) if stored else None
    if stored is None or stored.body is None or channel is None:
        return None
    inbound = _INBOUND.decode(stored.body)
    said = keyed(rt.vault, rt.adapters[channel.kind], channel, inbound, stored.id)
    await timed(rt, said, converse(rt, said))
    return None


async def send(rt: Runtime, job: Job) -> Result:
    """Deliver one stored message; try another way, or remember STOP, as the carrier says."""
    done = await deliver(rt, job.tenant_id, _subject(job), job.attempts)
    await _follow_up(rt, job, done)
    return None if done.again_s is None else Again(done.verdict, done.again_s or None)


async def _follow_up(rt: Runtime, job: Job, done: Delivered) -> None:
    if done.payload is None:
        return
    if done.stopped:
        key, person = f"job:{job.id}:stop", done.payload.recipient
        await _once(rt, job.tenant_id, key, StopMessages(), person)
    elif done.fallback:
        await _by_text(rt, job, done.payload)


async def _by_text(rt: Runtime, job: Job, payload: Payload) -> None:
    """The same words as a text message, where the tenant can send one to this person."""
    text = await texting(rt, job.tenant_id)
    if text is None or payload.recipient.kind != "msisdn":
        return
    page = replace(payload.page, image=None, style="text")
    row = outbound(rt, text[1], Payload(recipient=payload.recipient, page=page))
    owner, key = job.tenant_id, f"job:{job.id}:text"
    with suppress(AlreadyDone):
        await begin(rt, owner, key)
        work = Work(
            owner=owner,
            tenant=owner,
            key=key,
            command="SendByText",
            input_hash=b"",
            outbound=(row,),
        )
        await rt.turns.commit(work)


async def notice(rt: Runtime, job: Job) -> Result:
    """Tell a member something; what cannot be pushed waits for the next visit."""
    with suppress(AlreadyDone):
        await push(rt, job.tenant_id, _subject(job), f"job:{job.id}")
    return None


async def expire(rt: Runtime, job: Job) -> Result:
    """The schedule's: end issuances past their time and book the points that expired."""
    for tenant in await rt.registry.tenants():
        snapshot = await begin(rt, tenant, f"expire:{job.id}")
        due = await unit_of_work(rt, snapshot).load.due_issuances(limit=EXPIRE_BATCH)
        for issuance_id in due:
            await _once(rt, tenant, f"expire:{issuance_id}:{job.id}", ExpireIssuance(issuance_id))
        for part in range(EXPIRE_BATCH):
            if not await _once(rt, tenant, f"expire:{job.id}:{part}", ExpirePoints()):
                break
    return None


async def sweep(rt: Runtime, job: Job) -> Result:
    """The schedule's: drop what may be kept only for a while."""
    await sweep_tenants(rt.db, await rt.registry.tenants())
    return None


async def _once(
    rt: Runtime,
    tenant: UUID,
    key: str,
    wanted: Command[Any],
    address: Address = NOBODY,
) -> int:
    """Run a command that may have run before, or may find nothing to do; 0 when it did not."""
    try:
        return int(await command(rt, tenant, key, wanted, address) or 0)
    except (AlreadyDone, LoyaltyError):
        return 0


def _subject(job: Job) -> UUID:
    assert job.subject is not None, f"a {job.kind} job is about something"
    return job.subject


HANDLERS: Final[Mapping[str, Handler]] = {
    "answer": answer,
    "send": send,
    "notice": notice,
    "expire": expire,
    "sweep": sweep,
}
SCHEDULE: Final = (("expire", 60), ("sweep", 3600))
"""Job kinds by the seconds of their slot; a slot's job is unique, whoever adds it first."""
