"""Every refusal core knows, with the longest of what it can tell. Called by the walk."""

from datetime import timedelta
from functools import cache

from core.errors import LoyaltyError
from core.values import Money
from tests.dialogs import world
from tests.screens.worst import Filling, far, filled


@cache
def refusals(filling: Filling, language: str) -> tuple[LoyaltyError, ...]:
    """Every refusal, with and without what it can tell."""
    told = {
        "left": 2, "until": world.NOW + timedelta(days=400), "at": world.NOW - timedelta(days=400),
        "limit": Money(1, "JOD"), "minutes": 5, "points": 1, "missing": 1, "tier": "Gold",
    }  # fmt: skip
    kinds = world.refusals().values()
    whole = [filled(kind(**told), filling, language) for kind in kinds]
    states = ("issued", "redeemed", "rejected", "cancelled", "expired")
    return (
        *whole,
        *(kind() for kind in kinds if kind.__name__ != "QuoteChanged"),
        *(world.refusals()["IssuanceClosed"](state=state) for state in states),
        *(world.refusals()["LinkUndoImpossible"](reason=reason) for reason in ("late", "gone")),
        world.refusals()["PinLocked"](until=far(language, world.NOW.year + 1)),
    )
