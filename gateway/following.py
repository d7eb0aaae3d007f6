"""What follows from a message's end: STOP is noted, another way tried, its notice moved on.

Called by the jobs `send` and `undelivered`, so that a refusal has the same consequences whether the
carrier told it at once or in a report. Safe to repeat: everything is keyed by the message.
"""

from contextlib import suppress
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from core.changes import NoticeMoved
from core.members.commands import StopMessages
from gateway.commanding import AlreadyDone, begin, command, commit
from gateway.delivery import Delivered
from gateway.outgoing import Payload, decode, outbound, texting
from gateway.runtime import Runtime
from storage.database import Stale
from storage.outbox import Outbound


async def follow_up(rt: Runtime, owner: UUID, done: Delivered) -> None:
    """Do what the end of a message calls for; nothing while it is on its way. Raises Stale and
    Unavailable: then again."""
    row, refused = done.row, done.refused
    if row is None:
        return
    if refused is None:
        # Moved on already by a report that was faster: then that one's word counts.
        with suppress(Stale):
            await _notice(rt, owner, row, "sent")
        return
    if refused.alert:
        rt.metrics.alarm("channel_configuration")
    payload = decode(row.payload) if row.payload else None
    if payload and refused.opted_out:
        with suppress(AlreadyDone):
            await command(rt, owner, _key(row, "stop"), StopMessages(), payload.recipient)
    if payload and refused.fallback and await _by_text(rt, owner, row, payload):
        return
    await _notice(rt, owner, row, "waiting")


async def _by_text(rt: Runtime, owner: UUID, row: Outbound, payload: Payload) -> bool:
    """Send the same words as a text message, unless that is what failed, or the person said STOP,
    or the tenant cannot; whether it is on its way."""
    text = await texting(rt, owner)
    if text is None or text[1].id == row.channel_id or payload.recipient.kind != "msisdn":
        return False
    key = _key(row, "text")
    try:
        snapshot = await begin(rt, owner, key, payload.recipient)
    except AlreadyDone:
        return True
    if snapshot.caller.stopped:
        return False
    page = replace(payload.page, image=None, style="text")
    told = Payload(recipient=payload.recipient, page=page)
    again = outbound(rt, text[1], told, notice_id=row.notice_id)
    await commit(rt, owner, key, "SendByText", outbound=(again,))
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
