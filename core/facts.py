"""Loaded facts: what storage hands to decisions and dialogs. Frozen, one tenant each.

Field names are column names where a column exists. Times are aware UTC datetimes from the
database's clock; points are integers; money is in minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.values import Address, Kept, Shop

Rounding = Literal["floor", "up", "half_even"]
IssuanceState = Literal["reserved", "issued", "redeemed", "rejected", "cancelled", "expired"]
StaffRole = Literal["cashier", "manager"]
NoticeState = Literal["waiting", "sending", "sent", "seen", "dropped"]
Scope = Literal["pin", "staff_pin", "use_here", "use_here_staff", "till", "join_code", "link"]
"""What a counter counts wrong tries of: a member's PIN, a cashier's PIN typed on a member's phone
(subject: member id); a staff's own PIN, that staff's PIN typed on all members' phones, the till
codes a staff types (staff id); the join codes an address types (a keyed hash of it); the link codes
a member types (member id), or an address that is nobody's (a keyed hash of it)."""
OwnTexts = Mapping[str, tuple[str, ...]]
"""The English of a text → what is said for it, in one form or one for each plural form."""
OPEN_STATES: tuple[IssuanceState, ...] = ("reserved", "issued")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A level reached at `threshold` lifetime points; purchases earn × multiplier_pct / 100."""

    id: UUID
    name: str
    threshold: int
    multiplier_pct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Something points buy. `stocked`: a stock row limits it; `approval`: staff approve first."""

    id: UUID
    slug: str
    name: str
    category: str
    points: int
    terms: str = ""
    tier_id: UUID | None = None
    stocked: bool = False
    approval: bool = False
    active: bool = True
    valid_days: int = 30
    refund_on_expiry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Kept):
    """A tenant's whole configuration, cached by `config_version`.

    `points_per_unit` is points per whole currency unit in hundredths (10 points per JOD = 1000),
    so that half points per unit stay integers. Tiers ascend by threshold; the first is at 0.
    `texts`: its own words, by language. `shortcuts`: what digits behind its code stand for.
    """

    tenant_id: UUID
    slug: str
    name: str
    config_version: int
    region: str
    currency: str
    timezone: str
    languages: tuple[str, ...] = ("en",)
    dial: str = ""
    help_line: str = ""
    privacy_url: str = ""
    points_per_unit: int = 100
    rounding: Rounding = "floor"
    purchase_max_minor: int = 10**9
    lot_days: int | None = 365
    join_bonus: int = 0
    reserve_days: int = 7
    rejoin_days: int = 30
    tiers: tuple[Tier, ...] = ()
    rewards: tuple[Reward, ...] = ()
    texts: Mapping[str, OwnTexts] = field(default_factory=dict)
    shortcuts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Frozen: its own fields never change; what is kept beside them is no field.
        object.__setattr__(self, "kept", {})

    def tier(self, tier_id: UUID | None) -> Tier | None:
        """The tier with this id, or None."""
        if tier_id is not None:
            for tier in self.tiers:
                if tier.id.int == tier_id.int:  # UUID compares in Python, on most turns
                    return tier
        return None

    def reward(self, reward_id: UUID) -> Reward | None:
        """The reward with this id, active or not, or None."""
        return next((reward for reward in self.rewards if reward.id == reward_id), None)

    def tier_reached(self, lifetime_earned: int) -> Tier | None:
        """The highest tier that these lifetime points reach; None when there are no tiers."""
        reached = [tier for tier in self.tiers if tier.threshold <= lifetime_earned]
        return reached[-1] if reached else None

    def tier_after(self, tier: Tier | None) -> Tier | None:
        """The next tier up, or None at the top."""
        if tier is not None:
            for higher in self.tiers:
                if higher.threshold > tier.threshold:
                    return higher
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person in one tenant. `notices`: the kinds of message wanted (earn, reward, expiry).
    `merged_into`: whose this membership is now, while its status is merged."""

    id: UUID
    version: int
    name: str
    language: str
    status: Literal["active", "left", "blocked", "merged"]
    tier_id: UUID | None
    joined_at: datetime
    left_at: datetime | None = None
    notices: tuple[str, ...] = ("earn", "reward", "expiry")
    pin_hash: str | None = None
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Someone who works for the tenant; `number` is what a cashier types on a customer's phone."""

    id: UUID
    version: int
    number: int
    name: str
    role: StaffRole
    phone: str
    pin_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A member's points account. Available = posted - held. `version` guards lots and holds."""

    id: UUID
    member_id: UUID
    version: int
    posted: int = 0
    held: int = 0
    pending: int = 0
    lifetime_earned: int = 0
    lifetime_spent: int = 0
    visits: int = 0

    @property
    def available(self) -> int:
        """Points that can be spent now."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Points that expire together, the soonest first."""

    points: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points earned together; `remaining` of `amount` are unspent. expires_at None: never."""

    id: UUID
    account_id: UUID
    amount: int
    remaining: int
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotUse:
    """How much of a lot a hold (or an immediate spend) took. `account_id`: whose the lot is; None:
    the account's that the use is loaded with."""

    id: UUID
    lot_id: UUID
    amount: int
    restored: int = 0
    lot_expires_at: datetime | None = None
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Points set aside: open until posted (wholly or in part), voided or expired."""

    id: UUID
    account_id: UUID
    amount: int
    posted_amount: int
    state: Literal["open", "posted", "voided", "expired"]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """One reward given to one member (states: domain.md C2). `hold_id`: staff had to approve;
    `transfer_id`: it was issued at once. `stocked`: it took one from the reward's stock. `code`:
    its live till code."""

    id: UUID
    ref: str
    member_id: UUID
    reward_id: UUID
    reward_name: str
    points: int
    state: IssuanceState
    reserved_at: datetime
    expires_at: datetime
    hold_id: UUID | None = None
    transfer_id: UUID | None = None
    stocked: bool = False
    issued_at: datetime | None = None
    redeemed_at: datetime | None = None
    code: str | None = None
    member_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TillCode:
    """Six digits shown at the till: a member's own (who) or an issuance's (what); or shown to be
    typed on another phone of the member's (link)."""

    id: UUID
    kind: Literal["member", "issuance", "link"]
    member_id: UUID
    issuance_id: UUID | None
    code: str
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Wrong tries (or another bounded count) of one subject; `until`: locked or window end."""

    scope: Scope
    subject: str
    n: int = 0
    until: datetime | None = None
    stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell a member later; `params` fill the text of `kind` (core.members.notices)."""

    id: UUID
    member_id: UUID
    kind: str
    params: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is talking, to whom, and what begin already knows of them. Costs no trip.

    `next_expiry`: the soonest end that is still to come. `expired_unbooked`: points in lots that
    are past their end though the sweep has not booked them yet. `shops`: on a shared address,
    those where the caller is member or staff; not `chosen`: at none, the programme is platform's.
    """

    programme: Programme
    address: Address
    member: Member | None = None
    wallet: Wallet | None = None
    staff: Staff | None = None
    next_expiry: Expiry | None = None
    expired_unbooked: int = 0
    open_issuances: int = 0
    to_approve: int = 0
    stopped: bool = False
    unseen: tuple[Notice, ...] = field(default=())
    shops: tuple[Shop, ...] | None = None
    chosen: bool = True

    @property
    def available(self) -> int:
        """Points that can be spent now; nobody is shown those that ended before the sweep came."""
        return self.wallet.available - self.expired_unbooked if self.wallet else 0
