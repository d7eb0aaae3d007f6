"""What follows from a message's end: STOP is noted, another way tried, its notice moved on.

Called by the jobs `send` and `undelivered`, so that a refusal has the same consequences whether the
carrier told it at once or in a report. Safe to repeat: everything is keyed by the message.
"""

import dataclasses
from contextlib import suppress
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from core.changes import NoticeMoved
from core.members.commands import StopMessages
from gateway.commanding import AlreadyDone, begin, command, commit
from gateway.delivery import Delivered
from gateway.outgoing import Payload, decode, outbound, reaching
from gateway.runtime import Runtime
from storage.database import Stale
from storage.outbox import Outbound


async def follow_up(rt: Runtime, owner: UUID, done: Delivered) -> None:
    """Do what the end of a message calls for; nothing while it is on its way. Raises Stale and
    Unavailable: then again."""
    row, refused = done.row, done.refused
    if row is None:
        return
    payload = decode(row.payload) if row.payload else None
    tenant = payload.tenant if payload and payload.tenant else owner
    if tenant != owner and row.notice_id:
        row = dataclasses.replace(row, notice_state=await rt.notices.state(tenant, row.notice_id))
    if refused is None:
        # Moved on already by a report that was faster: then that one's word counts.
        with suppress(Stale):
            await _notice(rt, tenant, row, "sent")
        return
    if refused.alert:
        rt.metrics.alarm("channel_configuration")
    if payload and refused.opted_out:
        with suppress(AlreadyDone):
            await command(rt, owner, _key(row, "stop"), StopMessages(), payload.recipient)
    if payload and refused.fallback and await _by_text(rt, tenant, row, payload):
        return
    await _notice(rt, tenant, row, "waiting")


async def _by_text(rt: Runtime, tenant: UUID, row: Outbound, payload: Payload) -> bool:
    """Send the same words as a text message, unless that is what failed, or the person said STOP,
    or the tenant cannot; whether it is on its way."""
    ways = await reaching(rt, tenant, payload.recipient)
    texts = [channel for adapter, channel in ways if adapter.PROFILE.surface == "sms"]
    if not texts or texts[0].id == row.channel_id or payload.recipient.kind != "msisdn":
        return False
    channel, key = texts[0], _key(row, "text")
    try:
        snapshot = await begin(rt, channel.owner, key, payload.recipient)
    except AlreadyDone:
        return True
    if snapshot.caller.stopped:
        return False
    page = replace(payload.page, image=None, style="text")
    told = Payload(recipient=payload.recipient, page=page, tenant=payload.tenant)
    again = outbound(rt, channel, told, notice_id=row.notice_id)
    await commit(rt, channel.owner, key, "SendByText", outbound=(again,))
    return True


async def _notice(
    rt: Runtime, owner: UUID, row: Outbound, state: Literal["sent", "waiting"]
) -> None:
    """The notice that the message told was said; or nobody heard it, and the next visit says it."""
    was = row.notice_state
    if row.notice_id is None or was not in ("sending", "sent") or was == state:
        return
    key = _key(row, state)
    try:
        now = (await begin(rt, owner, key)).now
    except AlreadyDone:
        return
    moved = NoticeMoved(id=row.notice_id, was=was, state=state, at=now)
    await commit(rt, owner, key, "MoveNotice", changes=(moved,))


def _key(row: Outbound, what: str) -> str:
    return f"outbound:{row.id}:{what}"
