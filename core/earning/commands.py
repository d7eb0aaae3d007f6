"""Awarding: from a purchase to points."""

from dataclasses import dataclass
from uuid import UUID

from core.ports import Command, Query, Today
from core.values import Money


@dataclass(frozen=True, slots=True)
class Quote:
    """What a purchase would earn now."""

    points: int
    tier: str


@dataclass(frozen=True, slots=True)
class QuotePurchase(Query[Quote]):
    """What would this purchase earn this member? Refusals: CustomerNotFound, SelfAward,
    AmountTooLarge."""

    member_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Earned:
    """Points given. `upgraded_to`: the new tier's name, or None."""

    name: str
    points: int
    available: int
    upgraded_to: str | None
    ref: str


@dataclass(frozen=True, slots=True)
class RecordPurchase(Command[Earned]):
    """Earn from a purchase: base × tier multiplier, one round, a visit, the tier checked, a notice.

    `again`: staff confirmed that the same amount twice within 5 minutes is meant. `code_id`: the
    customer's till code that found them; it is used up. `quoted`: the points that were confirmed,
    None when nobody was asked. Refusals: NotStaff, CustomerNotFound, SelfAward, AmountTooLarge,
    QuoteChanged, RepeatedPurchase, DuplicateReceipt, CodeAlreadyUsed.
    """

    member_id: UUID
    amount: Money
    again: bool = False
    code_id: UUID | None = None
    receipt_no: str | None = None
    store: str | None = None
    source: str = "staff"
    quoted: int | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """An award was taken back."""

    name: str
    points: int
    ref: str


@dataclass(frozen=True, slots=True)
class UndoPurchase(Command[Undone]):
    """Take back one's own award of the last 15 minutes. Refusals: NotStaff, UndoTooLate,
    NotEnoughPoints (they were spent)."""

    purchase_id: UUID


@dataclass(frozen=True, slots=True)
class ShowToday(Query[Today]):
    """The shop's day so far. Refusals: NotStaff."""
