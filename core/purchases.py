"""The loaded fact of a purchase. Frozen, of one tenant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A purchase that was awarded: money in, points out."""

    id: UUID
    member_id: UUID
    member_name: str
    staff_id: UUID | None
    amount_minor: int
    currency: str
    points: int
    ref: str
    at: datetime
    reversed: bool = False
