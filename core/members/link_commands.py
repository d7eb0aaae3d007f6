"""Linking another phone: commands of a member's, of whoever types the code, and of managers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import TillCode
from core.ports import Command, Query
from core.values import Secret


@dataclass(frozen=True, slots=True)
class ShowLinkCode(Command[TillCode]):
    """Six digits to type on my other phone, for ten minutes; asked again, the same ones.
    Refusals: NotAMember."""


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """Whose code it is and what linking would do. `name` is masked; `phone` is E.164 or None.
    `merges`: the caller has a membership too, whose `points` would move; `pin`, `own_pin`: that
    of the code's member and the caller's own are needed."""

    code_id: UUID
    name: str
    phone: str | None
    merges: bool
    points: int
    pin: bool
    own_pin: bool


@dataclass(frozen=True, slots=True)
class LookUpLink(Command[LinkPreview]):
    """A link code that I read on another phone. Refusals: NotAMember (left or blocked),
    CodeNotUnderstood, CodeUnknown, CodeAlreadyUsed, TooManyTries, OwnLinkCode, RewardWaiting."""

    code: str


@dataclass(frozen=True, slots=True)
class PhoneLinked:
    """The caller's address is the member's now. `points` moved, `available` can be spent."""

    name: str
    points: int
    available: int
    ref: str


@dataclass(frozen=True, slots=True)
class LinkPhone(Command[PhoneLinked]):
    """Make this phone, and the membership it may have, that of the code's member. `merges`: as the
    preview said. Refusals: LookUpLink's, and PinRequired, PinWrong, PinLocked, LinkChanged."""

    code_id: UUID
    merges: bool
    pin: Secret | None = None
    own_pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class LastLink:
    """A link that staff may undo. `name`, `phone`: of what came by it. `points` came with it, or
    were given back since for what it had paid for; of them `back` would return."""

    link_id: UUID
    name: str
    phone: str | None
    at: datetime
    merged: bool
    points: int
    back: int


@dataclass(frozen=True, slots=True)
class ShowLastLink(Query[LastLink]):
    """The newest link of a customer.
    Refusals: NotStaff, NotAllowed, CustomerNotFound, SelfAward, LinkUndoImpossible."""

    member_id: UUID


@dataclass(frozen=True, slots=True)
class LinkUndoneRef:
    """A link is undone; `back` points went back."""

    back: int
    ref: str


@dataclass(frozen=True, slots=True)
class UndoLink(Command[LinkUndoneRef]):
    """A manager takes a link apart again, as far as its points are still there; `link_id` and
    `back` as they were shown. Refusals: ShowLastLink's, and LinkChanged."""

    member_id: UUID
    link_id: UUID
    back: int
