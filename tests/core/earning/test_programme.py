"""Base × multiplier, exactly, one round at the end (domain.md, pitfalls 1, 3 and 4)."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.earning.programme import divide, points_for
from core.facts import Rounding
from core.values import Money
from tests.core.cafe import SILVER, cafe

PROGRAMME = cafe().programme


@pytest.mark.parametrize(
    ("minor", "currency", "points_per_unit", "multiplier_pct", "rounding", "points"),
    [
        (50_000, "JOD", 1000, 150, "floor", 750),
        (33_335, "JOD", 1000, 150, "floor", 500),
        (33_335, "JOD", 1000, 150, "up", 501),
        (33_335, "JOD", 1000, 150, "half_even", 500),
        (1, "JOD", 1000, 100, "floor", 0),
        (1, "JOD", 1000, 100, "up", 1),
        (5_00, "USD", 150, 100, "floor", 7),
        (5_00, "USD", 150, 100, "half_even", 8),
        (5_00, "USD", 130, 100, "half_even", 6),
        (1_200, "JPY", 100, 125, "floor", 1_500),
        (10**12, "JOD", 10**6, 1_000, "floor", 10**14),
    ],
)
def test_points_of_a_purchase(
    minor: int,
    currency: str,
    points_per_unit: int,
    multiplier_pct: int,
    rounding: Rounding,
    points: int,
) -> None:
    programme = replace(PROGRAMME, points_per_unit=points_per_unit, rounding=rounding)
    tier = replace(SILVER, multiplier_pct=multiplier_pct)
    assert points_for(programme, Money(minor, currency), tier) == points


def test_without_tiers_a_purchase_earns_once() -> None:
    assert points_for(PROGRAMME, Money(50_000, "JOD"), None) == 500


@given(st.integers(0, 10**18), st.integers(1, 10**9))
def test_division_is_exact(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert divide(numerator, denominator, "floor") == floor(exact)
    assert divide(numerator, denominator, "up") == ceil(exact)
    assert divide(numerator, denominator, "half_even") == round(exact)
