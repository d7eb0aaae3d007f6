"""What begin is asked and tells of a turn, and what commit is given. Called by `storage.turns` and
by whoever speaks to it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from core.changes import Change
from core.facts import Caller
from core.values import Address
from storage.tables.schema import PLATFORM as PLATFORM_ID

PLATFORM: Final = UUID(PLATFORM_ID)
"""The reserved tenant that owns what several tenants share."""

PAYLOAD_PLACE: Final = "outbound.payload_enc"
SESSION_PLACE: Final = "conversation.session"
ANSWER_PLACE: Final = "command_log.answer"
"""Where sealed texts lie (storage.crypto.place with the channel's owner): an outgoing message, a
session and a stored answer may show a till code."""


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """One sender on one channel, as stored under the channel's owner. `version` 0: it is new."""

    id: UUID
    version: int
    channel_id: UUID
    sender: Address
    at_tenant: UUID | None
    session: bytes
    carrier_session: str
    heard_len: int
    heard_mac: bytes | None
    open: bool
    opened_at: datetime
    last_at: datetime
    last_in_at: datetime | None


class BeginAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before begin. `session_claim`: keyed hash of the carrier's session id,
    where a carrier has such ids; `carrier_session`: the id itself.

    Only a channel of the platform leads to another tenant than its owner: to `tenant`, unless the
    carrier's session goes on; None: where the conversation is; PLATFORM: choose anew. One that is
    not open is as if not told. Then it is the only tenant the sender belongs to, else none."""

    owner: UUID
    tenant: UUID | None
    conversation_id: UUID
    sender: Address
    key: str
    session_claim: bytes | None = None
    carrier_session: str | None = None


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was committed under this key. `answer` None: it has been dropped."""

    command: str
    input_hash: bytes
    conversation_id: UUID | None
    answer: bytes | None


class Assumed(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn that began from memory took for granted of a shop and of a sender who is not its
    staff, has not said STOP and has no notice waiting. `open_issuances`: how many; `claim`: keyed
    hash of a carrier's session id that no other conversation used first, as `bytea` writes it."""

    config_version: int
    member: UUID | None
    member_version: int | None
    account_version: int | None
    open_issuances: int
    claim: str | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that begin read at one moment; `now` is the turn's only clock.

    `tenant` is the one that `caller` belongs to (PLATFORM before one is chosen). The two config
    versions are that tenant's and the channel owner's. `claimed_by`: owner and conversation that
    first used the carrier's session id. `assumed`: it is from memory, not from begin.
    """

    now: datetime
    tenant: UUID
    config_version: int
    owner_version: int
    caller: Caller
    conversation: Conversation | None
    answer: StoredAnswer | None
    claimed_by: tuple[UUID, UUID] | None
    assumed: Assumed | None = None


class OutboundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send through a carrier; `payload` is sealed on its way to the table."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID | None
    payload: bytes
    notice_id: UUID | None = None
    inbound_id: UUID | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A turn's outcome. `conversation` holds the new values and the version that was read.

    `tenant` None: the conversation is at no tenant, and only a STOP may change. `durable` False
    is for turns of which nothing of value can be lost. `assumed` must still be so; it is told only
    of works that change their conversation and nothing else, on a shop's own channel.
    """

    owner: UUID
    tenant: UUID | None
    key: str
    command: str
    input_hash: bytes
    ref: str | None = None
    answer: bytes | None = None
    conversation: Conversation | None = None
    session_claim: bytes | None = None
    changes: tuple[Change, ...] = ()
    outbound: tuple[OutboundRow, ...] = ()
    inbound_id: UUID | None = None
    durable: bool = True
    assumed: Assumed | None = None

    @property
    def is_menu(self) -> bool:
        """Whether nothing but the conversation and the log of its command is written."""
        more = self.changes or self.outbound or self.inbound_id or self.ref
        return self.conversation is not None and not more
