"""Loaded facts about links of phones (core.members.linking, unlinking). Frozen, one tenant each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Counter, Lot, TillCode, Wallet
from core.ports import Customer
from core.values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What came to a member by a link code (changes.LinkAdded), and until when staff may undo it
    is core.members.unlinking's to say."""

    id: UUID
    member_id: UUID
    other_id: UUID | None
    points: int
    lifetime_earned: int
    lifetime_spent: int
    visits: int
    tier_id: UUID | None
    joined_at: datetime
    addresses: tuple[Address, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """All that typing a link code needs beside the caller: whose code it is (used, expired too),
    and of the caller's own membership, where there is one, the wallet and its lots with points
    left as they are at one moment, the addresses, whether a reward waits for staff, what consents
    were withdrawn. Counters: "pin" and "use_here" of both members; `withdrawn` of the caller and
    not of the other."""

    code: TillCode
    shown: Customer
    pin: Counter
    use_here: Counter
    own_pin: Counter
    own_use_here: Counter
    wallet: Wallet | None = None
    lots: tuple[Lot, ...] = ()
    addresses: tuple[Address, ...] = ()
    waiting: bool = False
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A member's newest link that is not undone. `other`: the member merged into them, by now
    perhaps more than that; `moved`: the lots that came, spent or not; `others`: the member's
    lots with points left besides. `accounts`: the other's and those of whoever was merged into them
    before. `refunded`: the lots, spent or not, of points given back since for rewards that these
    accounts had paid for, the member's or those of whoever the member was merged into meanwhile.
    `reversed_points` and `reversed_visits`: of these accounts' purchases undone since.
    `addresses`: those of the link that are still the member's."""

    link: Link
    customer: Customer
    other: Customer | None = None
    moved: tuple[Lot, ...] = ()
    others: tuple[Lot, ...] = ()
    addresses: tuple[Address, ...] = ()
    accounts: tuple[UUID, ...] = ()
    refunded: tuple[Lot, ...] = ()
    reversed_points: int = 0
    reversed_visits: int = 0
