"""The documents in which works travel to the commit functions. Called by `commits` only."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from storage.changes import Document
from storage.work import PLATFORM, Assumed, OutboundRow, Work


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of commit_talks_v1."""

    id: UUID
    version: int
    channel_id: UUID
    sender_kind: str
    sender: str
    at_tenant: UUID | None
    session: bytes
    carrier_session: str
    heard_len: int
    heard_mac: bytes | None
    open: bool
    opened_at: datetime
    last_at: datetime
    last_in_at: datetime | None
    key: str
    command: str
    input_hash: bytes
    ref: str | None
    answer: bytes | None
    claim: str | None


class Assumption(Assumed, frozen=True, kw_only=True):
    """One row of outdated_v1: what a turn assumed, in which conversation, of whom."""

    id: UUID
    key: str
    kind: str
    value: str


def assumption(work: Work, assumed: Assumed) -> Assumption:
    """What this work assumed, of whom."""
    assert work.conversation is not None, "only what a conversation goes on from is assumed"
    assert work.is_menu, "what changes more begins"
    assert work.tenant == work.owner != PLATFORM, "of a shop, by its own channel"
    sender = work.conversation.sender
    return Assumption(
        id=work.conversation.id,
        key=work.key,
        kind=sender.kind,
        value=sender.value,
        config_version=assumed.config_version,
        member=assumed.member,
        member_version=assumed.member_version,
        account_version=assumed.account_version,
        open_issuances=assumed.open_issuances,
        claim=assumed.claim,
    )


class WorkSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One owner's turns, for commit_menus_v1 and commit_set_v1."""

    owner: UUID
    turns: list[Talk]
    assumed: list[Assumption] | None = None
    changes: Document | None = None
    outbound: list[OutboundRow] | None = None
    inbound: list[UUID] | None = None


class OneTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One row of commit_many_v1."""

    owner: UUID
    tenant: UUID | None
    turn: dict[str, Any]
    changes: msgspec.Raw
