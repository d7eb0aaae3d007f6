"""Pushes one notice where its member can be reached now; else it waits for the next visit.

A notice goes to WhatsApp inside the 24-hour window, else by text message where the tenant has
one; USSD cannot be pushed (docs/conversation.md). Called by the `notice` job.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.changes import NoticeSeen
from core.facts import Issuance
from core.values import Address
from dialogs.notices import say
from gateway.adapter import Adapter, Channel
from gateway.commanding import begin, unit_of_work
from gateway.message import conversation_id
from gateway.outgoing import Payload, hints, outbound
from gateway.render import fit
from gateway.runtime import Runtime
from storage.notices import Waiting
from storage.turns import Snapshot, Work

CHAT_WINDOW: Final = timedelta(hours=24)
Way = tuple[Adapter, Channel, Address]


async def push(rt: Runtime, tenant: UUID, notice_id: UUID, key: str) -> bool:
    """Queue the notice's message and mark it seen in one commit; False when nothing can carry it.

    Safe to repeat: a notice that does not wait any more is left alone. Raises AlreadyDone.
    """
    waiting = await rt.notices.load(tenant, notice_id)
    if waiting is None or not waiting.active:
        return False
    snapshot = await begin(rt, tenant, key)
    way = await _way(rt, tenant, waiting, snapshot.now)
    if way is None:
        return False
    adapter, channel, recipient = way
    issuance = await _issuance(rt, snapshot, waiting)
    reply = say(waiting.notice, waiting.language, snapshot.caller.programme, issuance)
    page = fit(reply, adapter.PROFILE, 1, hints(waiting.language))
    row = outbound(rt, channel, Payload(recipient=recipient, page=page), notice_id=notice_id)
    seen = NoticeSeen(id=notice_id, at=snapshot.now)
    work = Work(
        owner=tenant,
        tenant=tenant,
        key=key,
        command="PushNotice",
        input_hash=b"",
        changes=(seen,),
        outbound=(row,),
    )
    await rt.turns.commit(work)
    return True


async def _way(rt: Runtime, tenant: UUID, waiting: Waiting, now: datetime) -> Way | None:
    """The first channel that can carry a push to one of the member's addresses."""
    text: Way | None = None
    for channel in await rt.registry.of_owner(tenant):
        adapter = rt.adapters[channel.kind]
        for address in waiting.addresses:
            if adapter.PROFILE.surface == "chat":
                talk = conversation_id(rt.vault, channel, address)
                last = await rt.notices.last_in(tenant, talk)
                if last and now - last < CHAT_WINDOW:
                    return adapter, channel, address
            elif adapter.PROFILE.surface == "sms" and address.kind == "msisdn":
                text = text or (adapter, channel, address)
    return text


async def _issuance(rt: Runtime, snapshot: Snapshot, waiting: Waiting) -> Issuance | None:
    """The reward a notice speaks of, with its till code, which no notice row ever holds."""
    wanted = waiting.notice.params.get("issuance_id")
    if not isinstance(wanted, str):
        return None
    settlement = await unit_of_work(rt, snapshot).load.settlement(UUID(wanted))
    return settlement.issuance if settlement else None
