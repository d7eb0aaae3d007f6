"""Pushes one notice where its member can be reached now; else it waits for the next visit.

A notice goes to WhatsApp inside the 24-hour window, else by text message where the tenant has
one; USSD cannot be pushed (docs/conversation.md). At night only what somebody waits for is pushed;
the rest in the morning. Called by the `notice` job.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core.changes import NoticeMoved
from core.facts import Issuance
from core.values import Address
from dialogs.notices import say
from dialogs.texts import NO_TEXTS
from gateway.adapter import Adapter, Channel
from gateway.commanding import begin, commit, unit_of_work
from gateway.message import conversation_id
from gateway.outgoing import Payload, hints, outbound, owned, reaching
from gateway.render import fit
from gateway.runtime import Runtime
from storage.notices import Waiting
from storage.turns import Snapshot

CHAT_WINDOW: Final = timedelta(hours=24)
MORNING: Final = time(8)
EVENING: Final = time(21)
AT_ANY_HOUR: Final = frozenset({"ready", "rejected", "used", "pin_reset", "linked", "unlinked"})
"""Kinds that somebody waits for, or must know of at once."""

Way = tuple[Adapter, Channel, Address]


async def push(rt: Runtime, tenant: UUID, notice_id: UUID, key: str) -> bool:
    """Queue the notice's message and mark it as on its way in one commit; False when nothing can
    carry it, or not at this hour.

    Safe to repeat: a notice that does not wait any more is left alone. Raises AlreadyDone, Stale.
    """
    waiting = await rt.notices.load(tenant, notice_id)
    if waiting is None or not waiting.active:
        return False
    snapshot = await begin(rt, tenant, key)
    way = await way_to(rt, tenant, waiting.addresses, snapshot.now)
    if way is None or await _put_off(rt, tenant, waiting, snapshot):
        return False
    adapter, channel, recipient = way
    issuance = await _issuance(rt, snapshot, waiting)
    programme = snapshot.caller.programme
    language = waiting.language or programme.languages[0]
    reply = say(waiting.notice, language, programme, issuance)
    page = fit(reply, adapter.PROFILE, 1, hints(language, programme.texts.get(language, NO_TEXTS)))
    payload = Payload(recipient=recipient, page=page, tenant=tenant)
    row = outbound(rt, channel, payload, notice_id=notice_id)
    moved = NoticeMoved(id=notice_id, was="waiting", state="sending", at=snapshot.now)
    await commit(
        rt, tenant, key, "PushNotice", owner=channel.owner, changes=(moved,), outbound=(row,)
    )
    return True


async def _put_off(rt: Runtime, tenant: UUID, waiting: Waiting, snapshot: Snapshot) -> bool:
    """Whether it is too late in the day; then a job of the morning pushes it, in a lane of its own,
    so that what the member is told next does not wait with it. A demo has no night."""
    notice = waiting.notice
    until = quiet_until(snapshot.now, snapshot.caller.programme.timezone)
    if until is None or rt.settings.dev or notice.kind in AT_ANY_HOUR:
        return False
    once = f"notice:{notice.id}:{until.date()}"
    await rt.jobs.add(
        tenant, "notice", lane=notice.id, subject=notice.id, run_at=until, unique_key=once
    )
    return True


def quiet_until(now: datetime, timezone: str) -> datetime | None:
    """When the quiet hours end in which `now` is, by the clock of `timezone`; None: it is day."""
    local = now.astimezone(ZoneInfo(timezone))
    if MORNING <= local.time() < EVENING:
        return None
    day = local.date() + timedelta(days=local.time() >= EVENING)
    return datetime.combine(day, MORNING, local.tzinfo)


async def way_to(
    rt: Runtime, owner: UUID, addresses: Sequence[Address], now: datetime, *, lent: bool = True
) -> Way | None:
    """The first channel by which an owner may push to one of a person's addresses: chat inside its
    window, else text messages. `lent`: by shared channels too."""
    text: Way | None = None
    for address in addresses:
        pairs = await reaching(rt, owner, address) if lent else await owned(rt, owner)
        for adapter, channel in pairs:
            if adapter.PROFILE.surface == "chat":
                talk = conversation_id(rt.vault, channel, address)
                last = await rt.notices.last_in(channel.owner, talk)
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
