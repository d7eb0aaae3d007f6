"""Ends of days in their zone, over changes of the clock (domain.md, pitfall 26)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import end_of_day, start_of_day


@pytest.mark.parametrize(
    ("now", "days", "timezone", "expected"),
    [
        ("2026-11-20T12:00", 0, "Africa/Harare", "2026-11-20T21:59:59"),
        ("2026-11-20T21:59", 0, "Africa/Harare", "2026-11-20T21:59:59"),
        ("2026-11-20T22:00", 0, "Africa/Harare", "2026-11-21T21:59:59"),
        ("2026-11-20T12:00", 7, "Asia/Amman", "2026-11-27T20:59:59"),
        ("2026-03-28T12:00", 0, "Europe/Berlin", "2026-03-28T22:59:59"),
        ("2026-03-28T12:00", 1, "Europe/Berlin", "2026-03-29T21:59:59"),
        ("2026-10-24T12:00", 1, "Europe/Berlin", "2026-10-25T22:59:59"),
        # Amman's clocks leapt over this midnight: the day before ended at the leap.
        ("2021-03-25T12:00", 0, "Asia/Amman", "2021-03-25T21:59:59"),
        ("2026-01-31T12:00", 28, "UTC", "2026-02-28T23:59:59"),
    ],
)
def test_the_last_second_of_a_local_day(now: str, days: int, timezone: str, expected: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    end = end_of_day(at, days, timezone)
    assert end == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(
    seconds=st.integers(0, 15 * 366 * 86_400),
    days=st.integers(0, 800),
    timezone=st.sampled_from(["Africa/Harare", "Asia/Amman", "America/Santiago", "UTC"]),
)
def test_it_is_that_date_and_a_second_later_the_next(
    seconds: int, days: int, timezone: str
) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    end, zone = end_of_day(now, days, timezone), ZoneInfo(timezone)
    expected = now.astimezone(zone).date() + timedelta(days=days)
    assert end.astimezone(zone).date() == expected
    assert (end + timedelta(seconds=1)).astimezone(zone).date() == expected + timedelta(days=1)


def test_a_day_starts_where_the_one_before_ended() -> None:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert start_of_day(now, "Asia/Amman") == datetime(2026, 11, 19, 21, tzinfo=UTC)
