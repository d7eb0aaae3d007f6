"""Days in a tenant's zone, from instants in UTC. Called by every capability with a date in it.

What ends on a date ends with that local day (domain.md, pitfall 26), so the instant kept is the
day's last second: shown in the tenant's zone it is still that date.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def end_of_day(now: datetime, days: int, timezone: str) -> datetime:
    """The last second of the local day that is `days` after today's, in UTC.

    Days are calendar days, so a change of the clock on the way makes none longer or shorter. A
    midnight that the clock leaps over is read as the instant of the leap.
    """
    zone = ZoneInfo(timezone)
    following = now.astimezone(zone).date() + timedelta(days=days + 1)
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def start_of_day(now: datetime, timezone: str) -> datetime:
    """The first second of today in the zone, in UTC."""
    return end_of_day(now, -1, timezone) + timedelta(seconds=1)
