"""What goes out after a turn or a notice: pages for a recipient, kept sealed until sent.

Called by `conversation` (answers, in the same commit as the turn) and by `jobs` (notices).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final
from uuid import UUID

import msgspec

from core.facts import Caller, OwnTexts
from core.values import Address
from dialogs.messages import Reply
from dialogs.texts import NO_TEXTS, RENDERED, Texts, texts
from gateway.adapter import Adapter, Channel
from gateway.message import Message, conversation_id
from gateway.render import Hints, Page, fit
from gateway.runtime import Runtime
from storage.turns import PLATFORM, OutboundRow

KEPT_SEGMENTS: Final = 6
"""What is worth keeping is sent whole: nobody can turn the page of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What is needed to send one message; stored sealed, since a page may hold a till code.
    `tenant`: whose notice it tells, where that goes out by a channel that others share."""

    recipient: Address
    page: Page
    mark_read: str | None = None
    tenant: UUID | None = None


_DECODER = msgspec.json.Decoder(Payload)


def decode(stored: bytes) -> Payload:
    """The payload that `outbound` stored."""
    return _DECODER.decode(stored)


def hints(language: str, own: OwnTexts = NO_TEXTS) -> Hints:
    """The renderer's own words in a language, or the shop's for them."""
    retold = own and own.keys() & RENDERED
    return _said(Texts(language=language, own=own)) if retold else _usual(language)


@cache
def _usual(language: str) -> Hints:
    return _said(texts(language))


def _said(words: Texts) -> Hints:
    more, back, choose = map(words.t, RENDERED)
    laid_out = words.layout
    return Hints(more=more, back=back, choose=choose, joint=laid_out.joint, rtl=laid_out.rtl)


def outbound(
    rt: Runtime,
    channel: Channel,
    payload: Payload,
    *,
    inbound_id: UUID | None = None,
    notice_id: UUID | None = None,
) -> OutboundRow:
    """One message to store with the commit that causes it, in its conversation's lane."""
    return OutboundRow(
        id=rt.identifiers.uuid7(),
        channel_id=channel.id,
        conversation_id=conversation_id(rt.vault, channel, payload.recipient),
        inbound_id=inbound_id,
        notice_id=notice_id,
        payload=msgspec.json.encode(payload),
    )


async def answers(
    rt: Runtime, said: Message, caller: Caller, reply: Reply, page: Page, spoken: Hints
) -> tuple[OutboundRow, ...]:
    """The messages that answer `said`: the page itself on channels that are pushed to; on USSD a
    text message where the answer is worth keeping and the tenant can send one. `spoken`: the
    renderer's words that the page was shown with."""
    if not said.adapter.PROFILE.reply_in_response:
        read = said.inbound.external_id or None
        payload = Payload(recipient=said.sender, page=page, mark_read=read)
        return (outbound(rt, said.channel, payload, inbound_id=said.inbound_id),)
    text = await texting(rt, said.channel.owner) if reply.keep and not caller.stopped else None
    if text is None or said.sender.kind != "msisdn":
        return ()
    adapter, channel = text
    kept = Reply(text=reply.text)
    page = fit(kept, replace(adapter.PROFILE, segments=KEPT_SEGMENTS), 1, spoken)
    return (outbound(rt, channel, Payload(recipient=said.sender, page=page)),)


async def texting(rt: Runtime, owner: UUID) -> tuple[Adapter, Channel] | None:
    """The channel by which its owner sends text messages, if there is one."""
    for adapter, channel in await owned(rt, owner):
        if adapter.PROFILE.surface == "sms":
            return adapter, channel
    return None


async def reaching(rt: Runtime, tenant: UUID, address: Address) -> list[tuple[Adapter, Channel]]:
    """The channels by which a tenant may write to a member: its own, and of each surface that it
    has none of the shared ones, for who uses the shared code or numbers and did not say STOP there.
    """
    own = await owned(rt, tenant)
    surfaces = {adapter.PROFILE.surface for adapter, _ in own}
    shared = await owned(rt, PLATFORM)
    lent = [pair for pair in shared if pair[0].PROFILE.surface not in surfaces | {"ussd"}]
    if not lent or not await _uses(rt, [channel for _, channel in shared], address):
        return own
    stopped = await rt.outbox.stopped(PLATFORM, address)
    return own if stopped else own + lent


async def owned(rt: Runtime, owner: UUID) -> list[tuple[Adapter, Channel]]:
    """The channels of an owner that there are adapters for."""
    mine = await rt.registry.of_owner(owner)
    return [(rt.adapters[each.kind], each) for each in mine if each.kind in rt.adapters]


async def _uses(rt: Runtime, channels: list[Channel], address: Address) -> bool:
    talks = [conversation_id(rt.vault, channel, address) for channel in channels]
    return await rt.notices.spoke(PLATFORM, talks)
