"""The moment and the reference of the small made-up shop (tests/dialogs/world.py)."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""Friday, 18:00 in Amman."""

REF = "K7F3QD2"
