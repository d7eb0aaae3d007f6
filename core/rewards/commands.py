"""From points to a reward in hand."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Issuance, TillCode
from core.ports import Command, Query
from core.values import Secret


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as one member sees it. `stock` None: not limited; `tier`: the one needed, or None
    when the member's own is enough; `missing`: points still to earn."""

    reward_id: UUID
    slug: str
    name: str
    category: str
    points: int
    terms: str
    stock: int | None
    tier: str | None
    missing: int
    approval: bool


@dataclass(frozen=True, slots=True)
class ListRewards(Query[tuple[Offer, ...]]):
    """What points buy: within reach first, then by points, name. Non-members see all as missing."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A reward was reserved (waiting for staff) or issued (with its till code)."""

    issuance_id: UUID
    reward_name: str
    state: str
    code: str | None
    expires_at: datetime
    available: int
    ref: str


@dataclass(frozen=True, slots=True)
class Redeem(Command[Redeemed]):
    """Points for a reward: stock and points are held at once (domain.md C1).

    `points`: the price that was confirmed, None when nobody was asked. Refusals: NotAMember,
    RewardUnknown, RewardInactive, TierTooLow, PriceChanged, NotEnoughPoints, SoldOut, PinRequired,
    PinWrong, PinLocked.
    """

    reward_id: UUID
    pin: Secret | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class ListIssuances(Query[tuple[Issuance, ...]]):
    """My rewards, newest first: open ones (with their codes) or the closed ones.
    Refusals: NotAMember."""

    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Settled:
    """An issuance moved on."""

    reward_name: str
    member_name: str
    state: str
    ref: str


@dataclass(frozen=True, slots=True)
class CancelIssuance(Command[Settled]):
    """Give back my reserved reward. Refusals: NotAMember, IssuanceUnknown, IssuanceClosed."""

    issuance_id: UUID


@dataclass(frozen=True, slots=True)
class ListReserved(Query[tuple[Issuance, ...]]):
    """What waits for approval, oldest first. Refusals: NotStaff."""

    limit: int = 20


@dataclass(frozen=True, slots=True)
class Approve(Command[Settled]):
    """reserved → issued: the hold is posted, a till code made, the member told.
    Refusals: NotStaff, IssuanceUnknown, IssuanceClosed (also when expired), SelfAward."""

    issuance_id: UUID


@dataclass(frozen=True, slots=True)
class Reject(Command[Settled]):
    """reserved → rejected: points and stock go back. Refusals as Approve."""

    issuance_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class LookUpCode(Command[Issuance]):
    """What is this till code for? Refusals: NotStaff, CodeNotUnderstood, CodeUnknown,
    CodeAlreadyUsed, TooManyTries, IssuanceClosed."""

    code: str


@dataclass(frozen=True, slots=True)
class UseIssuance(Command[Settled]):
    """issued → redeemed: goods handed over. Refusals: NotStaff, IssuanceUnknown, SelfAward,
    IssuanceClosed."""

    issuance_id: UUID


@dataclass(frozen=True, slots=True)
class UseHere(Command[Settled]):
    """On the customer's phone: a cashier confirms with their number and PIN.
    Refusals: NotAMember, IssuanceUnknown, IssuanceClosed, SelfAward, PinNotSet, SigningWrong,
    PinLocked."""

    issuance_id: UUID
    staff_number: int
    pin: Secret


@dataclass(frozen=True, slots=True)
class ShowMyCode(Command[TillCode]):
    """Six digits for the cashier, 5 minutes, one use; asking again shows the same ones.
    Refusals: NotAMember."""


@dataclass(frozen=True, slots=True)
class ExpireIssuance(Command[int]):
    """Expire one reserved or issued issuance past its end; answers 1 or 0. The schedule's."""

    issuance_id: UUID
