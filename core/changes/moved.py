"""Moves: the closed list of conditional updates. Called through core.changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.changes.row import Change
from core.facts import IssuanceState, NoticeState, Scope
from core.values import AddressKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMoved(Change):
    """Differences to an account at `version`, which becomes version + 1. One per account and
    turn; every lot, hold and counter of the account is guarded by it."""

    part = "account_moved"
    id: UUID
    version: int
    posted: int = 0
    held: int = 0
    lifetime_earned: int = 0
    lifetime_spent: int = 0
    visits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LotMoved(Change):
    """A difference to a lot's remaining points; must stay within 0 and its amount."""

    part = "lot_moved"
    id: UUID
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRestored(Change):
    """A hold's use of a lot is given back, wholly or in part."""

    part = "lot_restored"
    id: UUID
    restored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMoved(Change):
    """An open hold is posted (posted_amount of it), voided or expired."""

    part = "hold_moved"
    id: UUID
    state: Literal["posted", "voided", "expired"]
    posted_amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceMoved(Change):
    """An issuance goes from one state to the next; refused when it is no longer in `was`.
    `expires_at` None: the end stays as it is."""

    part = "issuance_moved"
    id: UUID
    was: IssuanceState
    state: IssuanceState
    at: datetime
    expires_at: datetime | None = None
    staff_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMoved(Change):
    """A difference to a reward's available stock; never below zero."""

    part = "stock_moved"
    reward_id: UUID
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterMoved(Change):
    """A counter goes from `was` to `n`; `was` None when the row is new."""

    part = "counter_moved"
    scope: Scope
    subject: str
    was: int | None
    n: int
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMoved(Change):
    """A member's changeable columns at `version`, which becomes version + 1."""

    part = "member_moved"
    id: UUID
    version: int
    name: str
    language: str
    status: str
    tier_id: UUID | None
    joined_at: datetime
    left_at: datetime | None
    notices: tuple[str, ...]
    pin_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUsed(Change):
    """A till code is used, once, before it expires."""

    part = "code_used"
    id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseReversed(Change):
    """A purchase is undone, once."""

    part = "purchase_reversed"
    id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMoved(Change):
    """A notice goes from one state to the next; refused when it is no longer in `was`. It is seen
    as the first line of a visit, or sent as a message; one that could not be sent waits again."""

    part = "notice_moved"
    id: UUID
    was: NoticeState
    state: NoticeState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressStopped(Change):
    """STOP (or START) of an address, whoever it belongs to; inserted or overwritten."""

    part = "address_stopped"
    kind: AddressKind
    value: str
    stopped: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressListed(Change):
    """Whether a member's address leads to their shop where many share an address; inserted or
    deleted. An address that is added is listed with it."""

    part = "address_listed"
    kind: AddressKind
    value: str
    member_id: UUID
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMerged(Change):
    """An active member at `version` is merged into another; or (None) is active again."""

    part = "member_merged"
    id: UUID
    version: int
    into: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressMoved(Change):
    """An address of `was` belongs to another member from now on; or (None) to nobody."""

    part = "address_moved"
    kind: AddressKind
    value: str
    was: UUID
    member_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BelongingsMoved(Change):
    """Issuances with their till codes, purchases and waiting notices of `was` are another
    member's from now on. `accounts`: only issuances and purchases that one of these accounts paid
    for or was paid by; None: all."""

    part = "belongings_moved"
    was: UUID
    member_id: UUID
    accounts: tuple[UUID, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUndone(Change):
    """Staff undo a link, once; `points` went back."""

    part = "link_undone"
    id: UUID
    staff_id: UUID
    points: int
    at: datetime
