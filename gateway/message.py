"""An inbound on its channel, with the ids that everything about it is keyed by, and the form in
which its answer is kept for retries. Called by `conversation`.
"""

import asyncio
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from core.values import Address
from gateway.adapter import Adapter, Channel
from gateway.inbound import HttpResponse, Inbound
from gateway.render import Page
from storage.crypto import Vault
from storage.work import PLATFORM

REFUSALS: Final = {
    "busy": "Service is busy. Nothing was charged. Please dial again.",
    "ended": "We could not do that. Nothing was changed. Please dial again.",
}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing someone said. `key` names it for ever (security.md 8): `mark`, the keyed hash of
    the step, which of USSD holds what was typed. `claim` is the keyed hash of the carrier's
    session, which belongs to one conversation only. `shared`: it came on an address of many shops.
    `received_at`: when it was stored, for carriers that do not say when it
    was sent. `again`: it says in another step what was said before, and only the time tells
    (`said_again`). `committing` is set while nobody knows whether its commit was written."""

    adapter: Adapter
    channel: Channel
    inbound: Inbound
    sender: Address
    conversation_id: UUID
    key: str
    mark: bytes
    claim: bytes | None
    shared: bool
    inbound_id: UUID | None = None
    received_at: datetime | None = None
    again: bool = False
    committing: asyncio.Event = msgspec.field(default_factory=asyncio.Event)


def conversation_id(vault: Vault, channel: Channel, sender: Address) -> UUID:
    """The one conversation of a channel and a sender; it tells nobody who the sender is."""
    return _conversation_id(vault, channel.id.bytes, sender.kind, sender.value)


def session_claim(vault: Vault, adapter: Adapter, channel: Channel, session: str) -> bytes:
    """The keyed hash under which a carrier's session id belongs to its first phone (U35)."""
    own = channel.id if adapter.PROFILE.session_scope == "channel" else None
    return _session_claim(vault, channel.kind, own, session)


def keyed(
    vault: Vault,
    adapter: Adapter,
    channel: Channel,
    inbound: Inbound,
    inbound_id: UUID | None = None,
    received_at: datetime | None = None,
) -> Message:
    """Key a message: by the carrier's id of it, or by its session and all input so far, or, where
    a carrier sends the latest input only, by its session and the request as received."""
    assert inbound.sender is not None, "a message without a sender is never conversed"
    session, mark = inbound.conversation, _mark(vault, channel, inbound)
    return Message(
        adapter=adapter,
        channel=channel,
        inbound=inbound,
        sender=inbound.sender,
        conversation_id=conversation_id(vault, channel, inbound.sender),
        key=_key(mark),
        mark=mark,
        claim=session_claim(vault, adapter, channel, session) if session else None,
        shared=channel.owner == PLATFORM,
        inbound_id=inbound_id,
        received_at=received_at,
    )


def said_again(vault: Vault, said: Message, version: int) -> Message:
    """The message as a step of its own although an equal body was heard before, keyed by the
    conversation's version too: for carriers that repeat their time field."""
    mark = _mark(vault, said.channel, said.inbound, str(version))
    return replace(said, key=_key(mark), mark=mark, again=True)


def heard_mac(vault: Vault, said: Message, text: str | bytes) -> bytes:
    """The keyed hash that stands for what a session's caller typed, which may hold a PIN."""
    return vault.mac("heard", said.conversation_id.bytes, text)


def heard_mark(vault: Vault, said: Message) -> tuple[int, bytes | None]:
    """What a conversation keeps of what was heard: length and keyed hash of all input so far. Of
    the latest input only, the keyed hash of its request, and 1 when it was said again."""
    text, request = said.inbound.accumulated, said.inbound.fingerprint
    if text is not None:
        return len(text), heard_mac(vault, said, text)
    return int(said.again), heard_mac(vault, said, request) if request else None


def input_hash(vault: Vault, said: Message) -> bytes:
    """What tells two inputs under one key apart. A key that holds the input needs no more."""
    if said.inbound.accumulated is not None or said.inbound.fingerprint:
        return said.mark
    return vault.mac("input", said.key, said.inbound.input.text)


def refusal(
    adapter: Adapter, inbound: Inbound | None, reason: Literal["busy", "ended"]
) -> HttpResponse:
    """The adapter's fixed refusal; where an answer must repeat its request, words that do."""
    if inbound is None or not inbound.envelope:
        return adapter.refuse(reason)
    return adapter.render(Page(text=REFUSALS[reason], end=True), inbound)


def pack(response: HttpResponse) -> bytes:
    """A response as stored for the carrier's retries."""
    return _head(response.status, response.headers) + response.body


@lru_cache(1024)
def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    return msgspec.json.encode((status, headers)) + b"\n"


def unpack(stored: bytes) -> HttpResponse:
    """The response that `pack` stored, byte for byte."""
    head, _, body = stored.partition(b"\n")
    status, headers = msgspec.json.decode(head)
    return HttpResponse(status=status, headers=tuple((k, v) for k, v in headers), body=body)


# A session is several requests within a minute: what names it is worked out once. Numbers and
# session ids stay in memory so, as parsed numbers do; what is typed never does.
@lru_cache(4096)
def _conversation_id(vault: Vault, channel: bytes, kind: str, value: str) -> UUID:
    return UUID(bytes=vault.mac("conversation", channel, kind, value)[:16])


@lru_cache(4096)
def _session_claim(vault: Vault, kind: str, channel: UUID | None, session: str) -> bytes:
    own = () if channel is None else (channel.bytes,)
    return vault.mac("session", kind, *own, session)


def _mark(vault: Vault, channel: Channel, inbound: Inbound, *more: str) -> bytes:
    step: tuple[str, str | bytes] = ("", inbound.external_id)
    if inbound.accumulated is not None:
        step = (inbound.conversation, inbound.accumulated)
    elif inbound.fingerprint:
        step = (inbound.conversation, inbound.fingerprint)
    return vault.mac("key", channel.id.bytes, *step, *more)


def _key(mark: bytes) -> str:
    return f"in:{mark.hex()}"
