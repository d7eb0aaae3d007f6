"""What a person can ask about themselves. The unit of work's caller says who asks."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Caller, Member
from core.ports import Command, JoinTarget, Query
from core.values import Address, Secret, Shop


@dataclass(frozen=True, slots=True)
class WhoAmI(Query[Caller]):
    """The caller as begin found them. Costs no trip."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A membership began, or came back with its points."""

    name: str
    bonus: int
    available: int
    returned: bool
    ref: str


@dataclass(frozen=True, slots=True)
class Enrol(Command[Enrolled]):
    """Join with the caller's address. Refusals: AlreadyAMember."""

    name: str
    language: str
    wording: str


@dataclass(frozen=True, slots=True)
class ChangeLanguage(Command[None]):
    """Speak another language to me. Refusals: NotAMember."""

    language: str


@dataclass(frozen=True, slots=True)
class ChangeName(Command[None]):
    """Call me so. Refusals: NotAMember."""

    name: str


@dataclass(frozen=True, slots=True)
class CheckPinLock(Query[None]):
    """Would my PIN be heard now? Refusals: NotAMember, PinLocked."""


@dataclass(frozen=True, slots=True)
class ChangeNotices(Command[None]):
    """Which kinds of message I want: earn, reward, expiry. Refusals: NotAMember."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetPin(Command[None]):
    """Set or change my PIN; `old` is needed where one is set.

    Refusals: NotAMember, PinWeak, PinRequired, PinWrong, PinLocked.
    """

    pin: Secret
    old: Secret | None = None


@dataclass(frozen=True, slots=True)
class ForgetPin(Command[str]):
    """I forgot my PIN: a manager must reset it. Answers the reference to tell them.
    Refusals: NotAMember, PinNotSet."""


@dataclass(frozen=True, slots=True)
class ResetPin(Command[str]):
    """A manager takes a member's forgotten PIN away; the member is told. Answers the ref.
    Refusals: NotStaff, NotAllowed, CustomerNotFound, SelfAward, PinNotSet."""

    member_id: UUID


@dataclass(frozen=True, slots=True)
class Leave(Command[str]):
    """Close my membership; points are kept for the programme's rejoin_days. Answers the ref.
    Refusals: NotAMember."""


@dataclass(frozen=True, slots=True)
class StopMessages(Command[None]):
    """STOP: no message to this address again, member or not, until START."""


@dataclass(frozen=True, slots=True)
class StartMessages(Command[None]):
    """START: messages to this address are welcome again."""


@dataclass(frozen=True, slots=True)
class SeeNotices(Command[None]):
    """The unseen notices were said to the caller as a first line; other ids are ignored."""

    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class MyData:
    """What is kept about me."""

    member: Member
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class ShowMyData(Query[MyData]):
    """What is kept about me? Refusals: NotAMember."""


@dataclass(frozen=True, slots=True)
class EnterCode(Command[JoinTarget]):
    """A code typed by a customer: a shop's join code.
    Refusals: CodeNotUnderstood, CodeUnknown, TooManyTries."""

    code: str


@dataclass(frozen=True, slots=True)
class ListShops(Query[tuple[Shop, ...]]):
    """The open shops by name, those behind `after` (the last one shown), as many as `limit`."""

    after: tuple[str, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FindShops(Query[tuple[Shop, ...]]):
    """The open shop with this join code or slug, else those whose name is like what was typed;
    none when nothing is. No guess is counted: who is open is no secret."""

    typed: str


@dataclass(frozen=True, slots=True)
class SignInStaff(Command[None]):
    """Prove the caller is the staff they seem.
    Refusals: NotStaff, PinNotSet, PinWrong, PinLocked."""

    pin: Secret


@dataclass(frozen=True, slots=True)
class Found:
    """A customer as staff see them before confirming; `phone` is E.164 or None. `linked`: another
    phone was linked to them by code."""

    member_id: UUID
    name: str
    phone: str | None
    tier: str
    available: int
    code_id: UUID | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True)
class FindCustomer(Command[Found]):
    """Find by phone (in the tenant's region) or the customer's six digits.

    Refusals: NotStaff, CustomerNotFound, CodeUnknown, TooManyTries, PhoneNotUnderstood.
    """

    typed: str
