"""An inbound on its channel, with the ids that everything about it is keyed by, and the form in
which its answer is kept for retries. Called by `conversation`.
"""

import json
from dataclasses import dataclass
from uuid import UUID

from core.values import Address
from gateway.adapter import Adapter, Channel
from gateway.inbound import HttpResponse, Inbound
from storage.crypto import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing someone said. `key` names it for ever (security.md 8); `claim` is the keyed hash
    of the carrier's session, which belongs to one conversation only."""

    adapter: Adapter
    channel: Channel
    inbound: Inbound
    sender: Address
    conversation_id: UUID
    key: str
    claim: bytes | None
    inbound_id: UUID | None = None


def conversation_id(vault: Vault, channel: Channel, sender: Address) -> UUID:
    """The one conversation of a channel and a sender; it tells nobody who the sender is."""
    return UUID(bytes=vault.mac("conversation", channel.id.bytes, sender.kind, sender.value)[:16])


def keyed(
    vault: Vault,
    adapter: Adapter,
    channel: Channel,
    inbound: Inbound,
    inbound_id: UUID | None = None,
) -> Message:
    """Key a message: by the carrier's id of it, or by its session and all input so far."""
    assert inbound.sender is not None, "a message without a sender is never conversed"
    session = inbound.conversation
    step = (session, inbound.accumulated) if inbound.accumulated is not None else None
    parts = step or ("", inbound.external_id)
    return Message(
        adapter=adapter,
        channel=channel,
        inbound=inbound,
        sender=inbound.sender,
        conversation_id=conversation_id(vault, channel, inbound.sender),
        key=f"in:{vault.mac('key', channel.id.bytes, *parts).hex()}",
        claim=vault.mac("session", channel.kind, session) if session else None,
        inbound_id=inbound_id,
    )


def heard_mac(vault: Vault, said: Message, text: str) -> bytes:
    """The keyed hash that stands for what a session's caller typed, which may hold a PIN."""
    return vault.mac("heard", said.conversation_id.bytes, text)


def pack(response: HttpResponse) -> bytes:
    """A response as stored for the carrier's retries."""
    head = json.dumps([response.status, response.headers]).encode()
    return head + b"\n" + response.body


def unpack(stored: bytes) -> HttpResponse:
    """The response that `pack` stored, byte for byte."""
    head, _, body = stored.partition(b"\n")
    status, headers = json.loads(head)
    return HttpResponse(status=status, headers=tuple((k, v) for k, v in headers), body=body)
