"""Times and shares as people read them. Pure; called by `channels`."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def span(seconds: float) -> str:
    """`3 minutes`: the largest whole unit."""
    for size, name in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}" + ("s" if count > 1 else "")
    return "a moment"


def ago(at: datetime, now: datetime) -> str:
    """`3 minutes ago`."""
    past = now - at
    return "just now" if past < timedelta(seconds=15) else f"{span(past.total_seconds())} ago"


def local(at: datetime, now: datetime, zone: str) -> str:
    """`14:05` of today, else `Thu 26 Nov 14:05`, in a shop's own time."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        where = ZoneInfo("UTC")
    here, today = at.astimezone(where), now.astimezone(where).date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%a} {here.day} {here:%b %H:%M}"


def number(n: int) -> str:
    """`12 345`, in groups of three."""
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def percent(part: int, whole: int) -> str:
    """`4 %`, `0.4 %` below one, `–` of nothing."""
    if not whole:
        return "–"
    share = part * 100 / whole
    return f"{share:.1f} %" if 0 < share < 1 else f"{share:.0f} %"


def seconds(value: float | None) -> str:
    """`4.2 s`, `35 ms`, `–`."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
