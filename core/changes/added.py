"""Facts: rows that are inserted and never touched again. Called through core.changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.changes.row import Change, SystemAccount, TransferCode
from core.facts import IssuanceState
from core.values import Address, AddressKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(Change):
    """A person joins."""

    part = "member"
    id: UUID
    name: str
    language: str
    tier_id: UUID | None
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAdded(Change):
    """A personal address belongs to a member; unique in the tenant."""

    part = "member_address"
    kind: AddressKind
    value: str
    member_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Change):
    """What a member agreed to or withdrew, when, and in which words."""

    part = "consent"
    id: UUID
    member_id: UUID
    purpose: str
    granted: bool
    wording: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAdded(Change):
    """A member's points account, at version 1 and zero; an AccountMoved may follow at once."""

    part = "account"
    id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAdded(Change):
    """Points from one account to another, for ever. A side is a member account's id or a system
    account's name. `balance_after` is the member account's posted balance after it, and
    `account_version` the version that the same commit gives to that account; two transfers of one
    commit share it and follow each other by id. Transfers of one `linked_id` are one movement
    between two members: what the one gives to the account `merge` the other takes from it."""

    part = "transfer"
    id: UUID
    code: TransferCode
    debit: UUID | SystemAccount
    credit: UUID | SystemAccount
    amount: int
    balance_after: int
    account_version: int
    ref: str
    at: datetime
    hold_id: UUID | None = None
    reverses: UUID | None = None
    detail: str = ""
    linked_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotAdded(Change):
    """Points earned together, with their common expiry. `origin_id`: the lot of another account
    that they were moved out of, whose age and expiry they keep."""

    part = "lot"
    id: UUID
    account_id: UUID
    transfer_id: UUID
    amount: int
    created_at: datetime
    expires_at: datetime | None
    origin_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotUsed(Change):
    """A hold or a transfer takes `amount` of a lot (goes with a LotMoved)."""

    part = "lot_use"
    id: UUID
    lot_id: UUID
    amount: int
    hold_id: UUID | None = None
    transfer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAdded(Change):
    """Points set aside, open."""

    part = "hold"
    id: UUID
    account_id: UUID
    amount: int
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseAdded(Change):
    """A purchase that earned; (receipt_no, store) is unique in the tenant when given."""

    part = "purchase"
    id: UUID
    member_id: UUID
    staff_id: UUID | None
    amount_minor: int
    currency: str
    points: int
    transfer_id: UUID | None
    receipt_no: str | None
    store: str | None
    source: str
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceAdded(Change):
    """A reward given to a member: reserved behind a hold, or issued at once by a transfer."""

    part = "issuance"
    id: UUID
    ref: str
    member_id: UUID
    reward_id: UUID
    reward_name: str
    points: int
    state: IssuanceState
    hold_id: UUID | None
    transfer_id: UUID | None = None
    stocked: bool
    reserved_at: datetime
    issued_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAdded(Change):
    """Six digits for the till or for linking another phone; storage keeps a keyed hash and an
    encrypted copy."""

    part = "till_code"
    id: UUID
    kind: Literal["member", "issuance", "link"]
    member_id: UUID
    issuance_id: UUID | None
    code: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeAdded(Change):
    """Something to tell a member; storage adds the job that delivers it."""

    part = "notice"
    id: UUID
    member_id: UUID
    kind: str
    params: dict[str, object]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAdded(Change):
    """`addresses` came to a member by a link code; with them, where they had been `other_id`'s,
    that membership and what it had. `tier_id` and `joined_at`: the member's own before."""

    part = "member_link"
    id: UUID
    member_id: UUID
    other_id: UUID | None
    ref: str
    points: int
    lifetime_earned: int
    lifetime_spent: int
    visits: int
    tier_id: UUID | None
    joined_at: datetime
    addresses: tuple[Address, ...]
    at: datetime
