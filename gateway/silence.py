"""Has a carrier fallen silent against its usual rate? A pure judgement, and the schedule's job.

Called by `jobs` every five minutes. A carrier that goes quiet makes no error anywhere: the phones
say "connection problem" and nothing reaches us. What is usual is the median of the same minutes of
the last seven days, so that a night, a holiday or one bad day does not mislead.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

from gateway.logs import get
from gateway.runtime import Runtime
from gateway.watch import FLUSH_S, HOUR_S, SLOT_S
from storage.watch import Counted, Seen

DAY_S: Final = 86_400
DAYS: Final = 7
DAYS_MIN: Final = 3
"""As long as a carrier must be known before its rate is one."""

WINDOWS_S: Final = (900, 1800, 3600)
USUAL_MIN: Final = 20
"""Requests a window must usually have to be judged: a busy carrier is missed within a quarter of
an hour, a calm one within an hour, and one that hardly anybody uses never."""

SILENT_SHARE: Final = 20
"""Silent: no more than a twentieth of the usual. Of 20 that come by chance, one or none comes by
chance once in 10^7 times."""

SPEAKS_SHARE: Final = 4
"""Speaking again: at least a quarter of the usual, so that it does not flicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """`heard` requests came in the last `window_s` seconds where `usual` do."""

    heard: int
    usual: int
    window_s: int


def end_of(now: datetime) -> int:
    """Where the newest whole five minutes end that every process has added (Unix time)."""
    return int(now.timestamp() - 2 * FLUSH_S) // SLOT_S * SLOT_S


def silence(slots: Mapping[int, int], end_s: int, first_s: float, awake_s: float) -> Silence | None:
    """The silence of a carrier that was not silent before; None when there is none, or nobody can
    say. `slots`: requests by the second their five minutes began at; `first_s`: since when it is
    known; `awake_s`: for how long we listen, since what we did not hear proves nothing."""
    for window_s in WINDOWS_S:
        usual = _usual(slots, end_s, window_s, first_s)
        if usual < USUAL_MIN or awake_s < window_s:
            continue
        heard = _heard(slots, end_s, window_s)
        if heard * SILENT_SHARE <= usual:
            return Silence(heard=heard, usual=usual, window_s=window_s)
        return None
    return None


def speaks(slots: Mapping[int, int], end_s: int, first_s: float) -> bool:
    """Whether a carrier that was silent is heard again: where little is usual, at all."""
    for window_s in WINDOWS_S:
        usual = _usual(slots, end_s, window_s, first_s)
        if usual >= USUAL_MIN:
            return _heard(slots, end_s, window_s) * SPEAKS_SHARE >= usual
    return _heard(slots, end_s, WINDOWS_S[-1]) > 0


def hours_to_judge(end_s: int) -> list[datetime]:
    """The hours that hold the last one, and the same of each of the days before."""
    starts = {
        (at - day * DAY_S) // HOUR_S * HOUR_S
        for day in range(DAYS + 1)
        for at in (end_s - WINDOWS_S[-1], end_s - 1)
    }
    return [datetime.fromtimestamp(start, UTC) for start in sorted(starts)]


async def look(rt: Runtime, now: datetime) -> None:
    """Judge every carrier, and say once when it falls silent and once when it speaks again."""
    known = [each for each in await rt.watch.rows.seen() if each.network is not None]
    end_s, awake_s = end_of(now), (now - rt.watch.began_at).total_seconds()
    slots = _slots(
        await rt.watch.rows.counts(
            sorted({each.owner for each in known}), hours_to_judge(end_s), slots_only=True
        )
    )
    for each in known:
        # Of thousands, each takes a moment in which no turn is answered: let those in between.
        await asyncio.sleep(0)
        mine, first_s = slots.get((each.channel_id, each.network), {}), _first_s(each)
        if each.silent_since is None:
            found = silence(mine, end_s, first_s, awake_s) if each.is_on else None
            if found and await rt.watch.rows.fell_silent(each, now, found.usual, found.window_s):
                _alert(rt, each, found)
            continue
        over = not each.is_on or speaks(mine, end_s, first_s)
        if over and await rt.watch.rows.speaks(each):
            ago = _words(now - each.silent_since)
            get("carrier").info("carrier_speaks", **_named(each), silent_for=ago)


def _alert(rt: Runtime, who: Seen, found: Silence) -> None:
    rt.metrics.alarm("carrier_silent")
    get("carrier").error(
        "carrier_silent",
        **_named(who),
        heard=found.heard,
        usual=found.usual,
        window_s=found.window_s,
        last_at=who.last_at.isoformat() if who.last_at else None,
    )


def _named(who: Seen) -> dict[str, str | None]:
    return {
        "tenant": str(who.owner),
        "channel": who.kind,
        "address": who.address,
        "network": who.network,
    }


def _words(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))


def _first_s(who: Seen) -> float:
    assert who.first_at is not None, "it has a network, so it was heard"
    return who.first_at.timestamp()


def _slots(counted: Iterable[Counted]) -> dict[tuple[object, str | None], Mapping[int, int]]:
    return {(each.channel_id, each.network): each.slots for each in counted}


def _heard(slots: Mapping[int, int], end_s: int, window_s: int) -> int:
    return sum(slots.get(at, 0) for at in range(end_s - window_s, end_s, SLOT_S))


def _usual(slots: Mapping[int, int], end_s: int, window_s: int, first_s: float) -> int:
    """What is usual in such a window; 0 while too few days are known."""
    days = [
        _heard(slots, end_s - day * DAY_S, window_s)
        for day in range(1, DAYS + 1)
        if end_s - day * DAY_S - window_s >= first_s // SLOT_S * SLOT_S
    ]
    return int(median(days)) if len(days) >= DAYS_MIN else 0
