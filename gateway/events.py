"""Acts on the events of one verified carrier request. Called by `carriers`.

One request may speak of several numbers (Meta): each event goes to the channel it names, and only
when that channel's own secret verifies the request too (security.md, W25).
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from core.values import Address
from gateway.adapter import Adapter, Channel, Forged, Peers
from gateway.conversation import converse
from gateway.dropping import tell_dropped
from gateway.inbound import (
    DeliveryReport,
    Direct,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    SessionEnded,
)
from gateway.lines import timed
from gateway.message import conversation_id, keyed, refusal
from gateway.render import Page
from gateway.rerunning import Busy
from gateway.runtime import Runtime
from storage.database import Unavailable
from storage.inbox import NewInbound
from storage.outbox import NewReport

IN_DOUBT: Final = Page(
    text="Service is busy. Please dial again to see whether it was done.", end=True
)
"""Said when a change was sent to the database and no answer came: it may have been made."""


class Knock(msgspec.Struct, frozen=True, kw_only=True):
    """One carrier request at the door of one channel."""

    rt: Runtime
    adapter: Adapter
    channel: Channel
    asked: HttpRequest
    peers: Peers


async def act(knock: Knock, events: Sequence[Event]) -> HttpResponse:
    """Do what the events ask. Only USSD answers with words; its requests hold one event."""
    metrics, kind = knock.rt.metrics, knock.channel.kind
    said: list[Inbound] = []
    reports: list[DeliveryReport] = []
    ended: list[SessionEnded] = []
    for event in events:
        match event:
            case Direct(response=response):
                return response
            case Inbound() if knock.adapter.PROFILE.reply_in_response:
                return await step(knock, event)
            case Inbound():
                said.append(event)
            case DeliveryReport():
                reports.append(event)
            case SessionEnded(sender=sender, network=network, dropped=dropped):
                metrics.ignored(kind, "session_dropped" if dropped else "session_ended")
                knock.rt.watch.notified(knock.channel, sender, network, dropped=dropped)
                ended.append(event)
            case Ignored(reason=reason, alarm=alarm):
                metrics.ignored(kind, reason)
                if alarm:
                    metrics.alarm(alarm)
    with knock.rt.deadlines.one():
        for event in ended:
            await tell_dropped(knock.rt, knock.channel, event)
        await _report(knock, reports)
        await _store(knock, said)
    return knock.adapter.render(None, None)


async def step(knock: Knock, inbound: Inbound) -> HttpResponse:
    """Answer a step of a USSD session."""
    if inbound.sender is None:
        return knock.adapter.refuse("malformed")
    rt = knock.rt
    if rt.registry.elsewhere(knock.channel, inbound.address):
        # A code dialled past a shared one may be a shop's own: its session is not held here (U36).
        rt.metrics.alarm("session_of_another_channel")
        return refusal(knock.adapter, inbound, "ended")
    said = keyed(rt.vault, knock.adapter, knock.channel, inbound)
    try:
        with rt.deadlines.one():
            answered = await timed(rt, said, converse(rt, said))
    except (Busy, Unavailable, TimeoutError):
        if said.committing.is_set():
            rt.metrics.alarm("answer_in_doubt")
            return knock.adapter.render(IN_DOUBT, inbound)
        raise
    assert answered.response is not None, "a channel that answers in the request has an answer"
    rt.wake.set()
    return answered.response


async def _addressed(knock: Knock, address: str) -> Channel | None:
    """The channel an event is for, if this request may speak for it. Only a signature can prove
    that: a token, an allow-list and a shared secret are those of one channel."""
    if address == knock.channel.address:
        return knock.channel
    other = await knock.rt.registry.by_address(knock.channel.kind, address)
    try:
        if other is not None and knock.adapter.PROFILE.signed:
            knock.adapter.verify(knock.asked, other, knock.peers)
            return other
    except Forged:
        pass
    knock.rt.metrics.ignored(knock.channel.kind, "foreign_address")
    return None


async def _report(knock: Knock, reports: Sequence[DeliveryReport]) -> None:
    """Move our messages forward by the carrier's word: one statement per number."""
    by_address: dict[str, list[NewReport]] = {}
    for report in reports:
        told = NewReport(
            external_id=report.external_id,
            state=report.state,
            error=report.error,
            outbound_id=report.outbound_id,
        )
        by_address.setdefault(report.address, []).append(told)
    for address, rows in by_address.items():
        target = await _addressed(knock, address)
        if target:
            knock.rt.watch.notified(target)
            outcomes = await knock.rt.outbox.report(target.owner, target.id, rows)
            for outcome in outcomes.values():
                knock.rt.metrics.ignored(knock.channel.kind, f"status_{outcome}")


async def _store(knock: Knock, said: Sequence[Inbound]) -> None:
    """Keep messages, sealed, each with the job that answers it: one trip per number."""
    rt, kind = knock.rt, knock.channel.kind
    by_channel: dict[UUID, tuple[Channel, list[NewInbound], list[tuple[Address, str]]]] = {}
    for inbound in said:
        target = await _addressed(knock, inbound.address)
        if target is None:
            continue
        if inbound.sender is None:
            rt.metrics.ignored(kind, "nobody")
            continue
        _, rows, senders = by_channel.setdefault(target.id, (target, [], []))
        rows.append(_new_inbound(rt, target, inbound, inbound.sender))
        senders.append((inbound.sender, inbound.network))
    for target, rows, senders in by_channel.values():
        outcomes = await rt.inbox.store(target.owner, target.id, rows)
        for (sender, network), outcome in zip(senders, outcomes, strict=True):
            known = "replied" if outcome == "new" else "repeated"
            rt.watch.heard(target, sender, network, known)
        for _ in range(outcomes.count("mismatch")):
            rt.metrics.alarm("dedupe_mismatch")
    rt.wake.set()


def _new_inbound(rt: Runtime, channel: Channel, inbound: Inbound, sender: Address) -> NewInbound:
    return NewInbound(
        id=rt.identifiers.uuid7(),
        conversation_id=conversation_id(rt.vault, channel, sender),
        sender=sender,
        external_id=inbound.external_id,
        body=msgspec.json.encode(inbound),
        control=inbound.control,
        sent_at=inbound.sent_at,
    )
