"""A USSD session died before its last screen was surely seen: what it did follows as a message.

Called by `events` with the carrier's notice of a session's end (docs/conversation.md, rule 8). The
message is stored by the commit that marks the result as told, under a key made of the carrier's
session, so that a notice that comes twice, or before the last answer's own retry, tells it once.
Without a channel that can push, the next visit says it first.
"""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from core.values import Address
from dialogs.messages import Reply
from dialogs.session import Result, Session, from_json
from dialogs.texts import NO_TEXTS
from dialogs.view import is_member
from gateway.adapter import Channel
from gateway.inbound import SessionEnded
from gateway.message import conversation_id, session_claim
from gateway.noticing import way_to
from gateway.outgoing import Payload, hints, outbound
from gateway.render import fit
from gateway.rerunning import Reruns
from gateway.runtime import Runtime
from storage.database import Lost, Stale
from storage.turns import BeginAsk, OutboundRow, Snapshot, Work

TELL_FOR: Final = timedelta(hours=1)
"""A notice later than this tells nothing: the next visit does."""


async def tell_dropped(rt: Runtime, channel: Channel, ended: SessionEnded) -> None:
    """Do what the end of a session calls for, once. Raises Busy when its tries ran out, and
    Unavailable: then the carrier's next notice finds what was done."""
    if ended.sender is None:
        return
    reruns = Reruns(rt)
    while True:
        try:
            await _attempt(rt, channel, ended, ended.sender)
            break
        except (Stale, Lost) as error:
            await reruns.after(error)
    rt.wake.set()


async def _attempt(rt: Runtime, channel: Channel, ended: SessionEnded, sender: Address) -> None:
    talk, named = conversation_id(rt.vault, channel, sender), ended.conversation
    adapter = rt.adapters[channel.kind]
    ask = BeginAsk(
        owner=channel.owner,
        tenant=None,
        conversation_id=talk,
        sender=sender,
        key=_key(rt, channel, ended.conversation),
        session_claim=session_claim(rt.vault, adapter, channel, named) if named else None,
    )
    snapshot = await rt.turns.begin(ask)
    if snapshot.claimed_by and snapshot.claimed_by[1] != talk:
        # A session id alone proves nothing (security.md 15).
        rt.metrics.alarm("session_of_another_phone")
        return
    if not ended.dropped or snapshot.answer:
        return
    found = _unseen(channel, snapshot, named)
    if found is None:
        return
    session, result = found
    row = await _message(rt, channel, snapshot, session, result)
    if row is not None:
        told = replace(session, result=replace(result, sent=True))
        await rt.turns.commit(_work(rt, snapshot, ask, told, row))


def _key(rt: Runtime, channel: Channel, named: str) -> str:
    """A session is told of once. Where the carrier names none, only the result knows that it was
    told, and the key is new each time."""
    once = rt.vault.mac("ended", channel.id.bytes, named).hex() if named else ""
    return f"ended:{once or rt.identifiers.uuid7()}"


def _unseen(channel: Channel, snapshot: Snapshot, named: str) -> tuple[Session, Result] | None:
    """The session and what it did, unless it ended by itself, was told or dialled again since, or
    its shop has closed. Where the carrier names no session, the open one is meant."""
    known = snapshot.conversation
    if known is None or not known.open or (named and known.carrier_session != named):
        return None
    if snapshot.tenant != (known.at_tenant or channel.owner):
        return None
    session = from_json(known.session)
    result, late = session.result, snapshot.now - known.last_at > TELL_FOR
    return (session, result) if result and not result.sent and not late else None


async def _message(
    rt: Runtime, channel: Channel, snapshot: Snapshot, session: Session, result: Result
) -> OutboundRow | None:
    """The result for the first of the person's addresses that can be pushed to, the phone that
    dialled before all; None for nobody. Only a channel of the same owner carries it: a shared code
    is followed by shared numbers. Consent to notices is not asked: it answers what the person just
    did. Who said STOP is sent nothing."""
    caller = snapshot.caller
    addresses: tuple[Address, ...] = () if caller.stopped else (caller.address,)
    if is_member(caller) and caller.member and snapshot.tenant == channel.owner:
        others = await rt.notices.reached(snapshot.tenant, caller.member.id)
        addresses += tuple(other for other in others if other != caller.address)
    way = await way_to(rt, channel.owner, addresses, snapshot.now, lent=False)
    if way is None:
        return None
    adapter, through, recipient = way
    spoken = session.language or (caller.member.language if caller.member else "")
    language = spoken or caller.programme.languages[0]
    reply = Reply(text=f"{caller.programme.name}\n{result.text}")
    own = caller.programme.texts.get(language, NO_TEXTS)
    page = fit(reply, adapter.PROFILE, 1, hints(language, own))
    return outbound(rt, through, Payload(recipient=recipient, page=page))


def _work(rt: Runtime, snapshot: Snapshot, ask: BeginAsk, told: Session, row: OutboundRow) -> Work:
    assert snapshot.conversation is not None, "a result is a conversation's"
    return Work(
        owner=ask.owner,
        tenant=snapshot.tenant,
        key=ask.key,
        command="TellDropped",
        input_hash=rt.vault.mac("input", ask.key),
        conversation=replace(snapshot.conversation, session=told.to_json()),
        outbound=(row,),
    )
