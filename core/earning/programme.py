"""From an amount to points: base × multiplier, exactly, with one round at the end.

Called by purchases, for the quote and for the award alike (domain.md 4-10 and pitfall 1).
"""

from typing import Final

from core.facts import Programme, Rounding, Tier
from core.values import Money

_HUNDREDTHS: Final = 100


def points_for(programme: Programme, amount: Money, tier: Tier | None) -> int:
    """The points of a purchase at a tier: 50.000 JOD × 10 a JOD × 1.5 = 750."""
    multiplier_pct = tier.multiplier_pct if tier else 100
    numerator = amount.minor * programme.points_per_unit * multiplier_pct
    denominator = 10**amount.exponent * _HUNDREDTHS * _HUNDREDTHS
    return divide(numerator, denominator, programme.rounding)


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A ratio of non-negative integers as an integer; nothing is a float on the way."""
    whole, rest = divmod(numerator, denominator)
    if rounding == "up":
        return whole + (rest > 0)
    if rounding == "half_even":
        above_half, half = 2 * rest > denominator, 2 * rest == denominator
        return whole + (above_half or (half and whole % 2 == 1))
    return whole
