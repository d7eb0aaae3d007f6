"""What core needs from outside, as protocols. Storage implements UnitOfWork and Loads, the gateway
the Hasher; tests implement them all in memory (tests/core/memory.py).
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, TypeVar
from uuid import UUID

from core.changes import Change
from core.errors import LoyaltyError
from core.facts import (
    Caller,
    Counter,
    Hold,
    Issuance,
    Lot,
    LotUse,
    Member,
    Scope,
    Staff,
    TillCode,
    Wallet,
)
from core.purchases import Purchase
from core.values import Address, Secret, Shop

if TYPE_CHECKING:
    from core.links import Linked, Linking

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Command(Generic[R]):
    """A caller's intention that changes something; R is what it answers."""


@dataclass(frozen=True, slots=True)
class Query(Command[R]):
    """A question: it records no change."""


class Decision(NamedTuple, Generic[R_co]):
    """What was decided: a result or a refusal, and the changes that go with it either way.

    A refusal is a result only when changes go with it (a counted wrong try); any other is raised.
    """

    result: R_co | LoyaltyError
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """All that closing an issuance needs: it, its member's wallet, its hold, what its hold or
    (issued at once) its transfer took of which lots, the transfer that spent its points, None as
    long as none did, and its newest till code, used or not."""

    issuance: Issuance
    member: Member
    wallet: Wallet
    hold: Hold | None = None
    uses: tuple[LotUse, ...] = ()
    spent_by: UUID | None = None
    code: TillCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """All that redeeming needs beside the caller: lots with points left, stock (None: not limited)
    and the counter ("pin", member id)."""

    lots: tuple[Lot, ...]
    stock: int | None
    pin: Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A member as staff meet them. `code`: the till code that found them, used or not, or None.
    `linked`: some link of theirs is not undone; loaded only where staff look for a customer."""

    member: Member
    wallet: Wallet
    phone: str | None
    code: TillCode | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """All that awarding needs. `repeated`: the same staff's newest unreversed purchase of the same
    amount since the time asked for; `code`: the till code asked for, if it is this member's."""

    customer: Customer
    repeated: Purchase | None = None
    receipt_known: bool = False
    code: TillCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Generic[R_co]):
    """What a guessable code or number led to, and the wrong tries of whoever typed it."""

    found: R_co | None
    tries: Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The day so far, in the tenant's zone: counts and sums of the shop and of one staff."""

    awards: int
    amount_minor: int
    points: int
    redemptions: int
    uses: int
    joins: int
    mine: tuple[Purchase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One entry of a wallet, newest first. Points are signed as the member sees them."""

    id: UUID
    at: datetime
    points: int
    code: str
    detail: str
    ref: str


class Hasher(Protocol):
    """Slow password hashing on a bounded executor (security.md 17)."""

    async def hash(self, secret: Secret) -> str: ...
    async def matches(self, secret: Secret, stored: str) -> bool: ...


class Loads(Protocol):
    """Reads within the tenant of the unit of work; each is one trip at most.

    `code` is six ASCII digits. A counter that has no row is `Counter(scope, subject)`.
    """

    async def redemption(self, reward_id: UUID) -> Redemption: ...
    async def stocks(self) -> dict[UUID, int]: ...
    async def issuances(self, member_id: UUID, *, is_open: bool) -> tuple[Issuance, ...]: ...
    async def reserved(self, *, limit: int) -> tuple[Issuance, ...]: ...
    async def settlement(self, issuance_id: UUID) -> Settlement | None: ...
    async def settlement_by_code(self, code: str, staff_id: UUID) -> Counted[Settlement]:
        """By an issuance's till code, used or not; with the counter ("till", staff id)."""
        ...

    async def counter_signing(
        self, issuance_id: UUID, staff_number: int
    ) -> Counted["CounterSigning"]:
        """For use on the customer's phone; with the counter ("use_here", the caller's member
        id). `found` is None when the issuance is unknown; only active staff are found."""
        ...

    async def own_code(
        self, member_id: UUID, kind: Literal["member", "link"]
    ) -> TillCode | None: ...
    async def linking(self, code: str) -> "Counted[Linking]":
        """By a link code's digits; with the counter ("link", the caller's member id, or a
        pseudonym of the caller's address)."""
        ...

    async def linking_by_id(self, code_id: UUID) -> "Linking | None": ...
    async def linked(self, member_id: UUID) -> "Linked | None": ...
    async def counter(self, scope: Scope, subject: str) -> Counter: ...
    async def customer_by_address(self, address: Address) -> Customer | None: ...
    async def customer_by_code(self, code: str, staff_id: UUID) -> Counted[Customer]:
        """By a member's own till code, used or not; with the counter ("till", staff id)."""
        ...

    async def customer(self, member_id: UUID) -> Customer | None: ...
    async def addresses(self, member_id: UUID) -> tuple[Address, ...]: ...
    async def lots(self, account_id: UUID) -> tuple[Lot, ...]: ...
    async def award(
        self,
        member_id: UUID,
        *,
        amount_minor: int,
        since: datetime,
        receipt: tuple[str, str | None] | None,
        code_id: UUID | None,
    ) -> Award | None:
        """For awarding by the caller's staff; `receipt` is (receipt_no, store). None: no member."""
        ...

    async def reversal(self, purchase_id: UUID) -> "Reversal | None": ...
    async def history(
        self, member_id: UUID, *, before: UUID | None, limit: int
    ) -> tuple[HistoryLine, ...]: ...
    async def today(self, staff_id: UUID, since: datetime) -> Today: ...
    async def tenant_by_join_code(self, code: str) -> "Counted[JoinTarget]":
        """By a join code or slug in lower case; with the counter ("join_code", a pseudonym of
        the caller's address: no counter holds anybody's number)."""
        ...

    async def shops(self, *, after: tuple[str, str] | None, limit: int) -> tuple[Shop, ...]:
        """Open shops in the order of their names, whatever the tenant; `after` is the name and
        slug of the last one seen."""
        ...

    async def shops_like(self, typed: str) -> tuple[Shop, ...]:
        """Open shops by what was typed in small letters with single spaces: the one with this
        slug or join code, else up to eight by name, those that begin so first."""
        ...

    async def due_issuances(self, *, limit: int) -> tuple[UUID, ...]: ...
    async def due_lots(self, *, limit: int) -> tuple["DueLots", ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSigning:
    """An issuance to use on its member's own phone, and the staff with the number typed, if any,
    with the counter ("use_here_staff", staff id)."""

    settlement: Settlement
    staff: Staff | None
    staff_tries: Counter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A purchase to undo, with the lot it made, whose it is, and all their lots with points left.
    No points: no transfer, no lot."""

    purchase: Purchase
    transfer_id: UUID | None
    wallet: Wallet
    member: Member
    lot: Lot | None
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinTarget:
    """A shop found by its join code: its name and the addresses where one joins."""

    tenant_id: UUID
    name: str
    dial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLots:
    """One member's lots that expired with points left."""

    wallet: Wallet
    member: Member
    lots: tuple[Lot, ...]


class Stamp(Protocol):
    """The time, ids and randomness of one unit of work: all that a pure decision needs of it."""

    @property
    def now(self) -> datetime: ...
    @property
    def ref(self) -> str:
        """The customer's reference of this unit of work: 7 Crockford characters."""
        ...

    def new_id(self) -> UUID:
        """A UUIDv7, made by us, so that inserts need no RETURNING; each is above the one before."""
        ...

    def digits(self, count: int) -> str:
        """Random digits for a till code."""
        ...


class UnitOfWork(Stamp, Protocol):
    """One intention's work: who asks, when, what was loaded, and what will be committed."""

    @property
    def caller(self) -> Caller: ...
    @property
    def load(self) -> Loads: ...
    @property
    def hasher(self) -> Hasher: ...
    def record(self, *changes: Change) -> None: ...


Handler = Callable[[UnitOfWork, Any], Coroutine[Any, Any, Decision[Any]]]
"""Loads what its command needs and calls a pure decision."""
