"""The moment, the reference and the ids of the small made-up shop (tests/dialogs/world.py)."""

from datetime import UTC, datetime
from uuid import UUID

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""Friday, 18:00 in Amman."""

REF = "K7F3QD2"
IDS: dict[UUID, str] = {}
"""What an id is called in a transcript."""


def id_of(name: str) -> UUID:
    """A fixed id for a name."""
    found = UUID(bytes=name.encode().ljust(16, b"\0")[:16])
    IDS[found] = name
    return found
