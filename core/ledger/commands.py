"""Questions about points; the ledger's changes come from earning, rewards and the schedule."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Expiry
from core.ports import Command, HistoryLine, Query


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has. `to_next`: lifetime points missing for `next_tier`, both or neither."""

    available: int
    held: int
    pending: int
    tier: str
    next_tier: str | None
    to_next: int
    next_expiry: Expiry | None


@dataclass(frozen=True, slots=True)
class ShowBalance(Query[Balance]):
    """My points; answered from what begin brought, no trip. Refusals: NotAMember."""


@dataclass(frozen=True, slots=True)
class ShowHistory(Query[tuple[HistoryLine, ...]]):
    """My last entries, newest first; `before`: the last line's id of the page before.
    Refusals: NotAMember."""

    before: UUID | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class ExpirePoints(Command[int]):
    """Book the breakage of lots past their expiry; answers how many lots. The schedule's."""

    limit: int = 1
