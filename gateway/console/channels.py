"""What the page of channels shows, out of the carrier watch's rows. Pure; called by `pages`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from gateway.console.words import ago, local, number, percent, seconds, span
from gateway.watch import HOP_S, HOUR_S, OWN_S, SLOT_S
from storage.watch import Counted, Seen

HOURS: Final = 24
QUIET: Final = timedelta(hours=1)
SETTLED: Final = timedelta(minutes=10)
"""A screen shown this long ago is not answered any more: longer than sessions live."""

SCREENS_MAX: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """How many sessions ended at a screen, of how many that it was shown to; `share` of the
    screen where most did."""

    screen: str
    dropped: str
    of: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One network of a channel, or the channel as a whole, in words. `state`: ok, quiet, silent,
    partly silent, never or off."""

    name: str
    state: str
    seen: str
    seen_at: str
    requests: str
    repeated: str
    failed: str
    dropped: str
    hop: str
    own: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """One channel. `shown`: its address as people know it; `slots`: requests of each five minutes
    of the day."""

    kind: str
    address: str
    shown: str
    total: Line
    networks: Sequence[Line]
    slots: Sequence[int]
    drops: Sequence[Drop]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopView:
    """An owner's channels."""

    name: str
    slug: str
    zone: str
    channels: Sequence[ChannelView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The hours that are shown, and what was counted in them: `settled` is of those that are over
    for good, `running` of the rest."""

    now: datetime
    settled: Mapping[tuple[UUID, str], Counted]
    running: Mapping[tuple[UUID, str], Counted]


def hours(now: datetime) -> tuple[list[datetime], list[datetime]]:
    """The hours of the day that are settled, and those that are not."""
    last = datetime.fromtimestamp(int(now.timestamp()) // HOUR_S * HOUR_S, UTC)
    shown = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
    over = [hour for hour in shown if hour + timedelta(hours=1) + SETTLED <= now]
    return over, shown[len(over) :]


def by_pair(counted: Iterable[Counted]) -> dict[tuple[UUID, str], Counted]:
    """By channel and network."""
    return {(each.channel_id, each.network): each for each in counted}


def shops(seen: Sequence[Seen], day: Day) -> list[ShopView]:
    """Everything of these rows, by owner and channel, in their order."""
    return [
        ShopView(
            name=first.shop,
            slug=first.slug,
            zone=first.timezone,
            channels=[
                _channel(list(rows), day)
                for _, rows in groupby([first, *rest], lambda each: each.channel_id)
            ],
        )
        for _, (first, *rest) in groupby(seen, lambda each: each.owner)
    ]


def silences(seen: Iterable[Seen], now: datetime) -> list[str]:
    """A sentence for each carrier that is silent now."""
    return [
        f"{each.network} on {each.shown} ({_kind(each)}, {each.shop}) fell silent: "
        f"{each.usual} requests in {span(each.window_s)} are usual. Last heard "
        f"{ago(each.last_at, now)}, at {local(each.last_at, now, each.timezone)}."
        for each in seen
        if each.silent_since and each.last_at and each.window_s
    ]


def _kind(of: Seen) -> str:
    return of.kind.replace("_", " ")


def _channel(rows: Sequence[Seen], day: Day) -> ChannelView:
    first = rows[0]
    heard = [row for row in rows if row.network is not None]
    settled, running, slots = Counter[str](), Counter[str](), Counter[int]()
    networks = []
    for row in heard:
        name = row.network or ""
        over, now = (each.get((row.channel_id, name)) for each in (day.settled, day.running))
        mine_over = Counter(over.counts if over else {})
        mine_now = Counter(now.counts if now else {})
        networks.append(_line(name, _state(row, day.now), [row], mine_over, mine_now, day.now))
        settled, running = settled + mine_over, running + mine_now
        for each in (over, now):
            slots.update(each.slots if each else {})
    state = _overall(first, networks)
    return ChannelView(
        kind=_kind(first),
        address=first.address,
        shown=first.shown,
        total=_line("All networks", state, heard, settled, running, day.now),
        networks=networks,
        slots=_day(slots, day.now),
        drops=_drops(settled),
    )


def _line(
    name: str,
    state: str,
    rows: Sequence[Seen],
    settled: Counter[str],
    running: Counter[str],
    now: datetime,
) -> Line:
    last = max((row.last_at for row in rows if row.last_at), default=None)
    both = settled + running
    shown, left = _of(settled, "shown:"), _of(settled, "left:")
    return Line(
        name=name,
        state=state,
        seen=ago(last, now) if last else "never",
        seen_at=local(last, now, rows[0].timezone) if last else "",
        requests=number(both["requests"]),
        repeated=percent(both["repeated"], both["requests"]),
        failed=number(both["failed"]),
        dropped=percent(max(shown.total() - left.total(), 0), settled["opened"]),
        hop=_range(both, "hop", HOP_S),
        own=_range(both, "own", OWN_S),
    )


def _state(row: Seen, now: datetime) -> str:
    if not row.is_on:
        return "off"
    if row.silent_since:
        return "silent"
    return "ok" if row.last_at and now - row.last_at < QUIET else "quiet"


def _overall(first: Seen, networks: Sequence[Line]) -> str:
    """A channel is as lively as the liveliest of its networks, but where one of them is silent."""
    if not first.is_on:
        return "off"
    states = {line.state for line in networks}
    if "silent" in states and len(states) > 1:
        return "partly silent"
    return next((each for each in ("silent", "ok", "quiet") if each in states), "never")


def _drops(settled: Counter[str]) -> list[Drop]:
    """The screens where most sessions dropped: shown and never answered."""
    shown, left = _of(settled, "shown:"), _of(settled, "left:")
    dropped = [(screen, shown[screen] - left[screen]) for screen in shown]
    most = sorted((each for each in dropped if each[1] > 0), key=lambda each: (-each[1], each[0]))
    return [
        Drop(
            screen=screen.replace(".", " · "),
            dropped=number(n),
            of=percent(n, shown[screen]),
            share=n / most[0][1],
        )
        for screen, n in most[:SCREENS_MAX]
    ]


def _of(counts: Mapping[str, int], prefix: str) -> Counter[str]:
    return Counter({k.removeprefix(prefix): n for k, n in counts.items() if k.startswith(prefix)})


def _range(counts: Mapping[str, int], name: str, bounds: Sequence[float]) -> str:
    buckets = [counts.get(f"{name}:{n}", 0) for n in range(len(bounds) + 1)]
    if not sum(buckets):
        return "–"
    low, high = (seconds(quantile(buckets, bounds, q)) for q in (0.5, 0.95))
    return f"{low} / {high}"


def quantile(buckets: Sequence[int], bounds: Sequence[float], q: float) -> float | None:
    """Where the share `q` of the counted lies, straight between the bounds of its bucket; what lies
    past the last bound counts as that bound. None of nothing."""
    rank, before = sum(buckets) * q, 0
    for place, n in enumerate(buckets[:-1]):
        if n and before + n >= rank:
            low = bounds[place - 1] if place else 0.0
            return low + (bounds[place] - low) * (rank - before) / n
        before += n
    return bounds[-1] if sum(buckets) else None


def _day(slots: Mapping[int, int], now: datetime) -> list[int]:
    """Requests of each five minutes of the day, up to now."""
    end = int(now.timestamp()) // SLOT_S * SLOT_S
    start = int(now.timestamp()) // HOUR_S * HOUR_S - (HOURS - 1) * HOUR_S
    return [slots.get(at, 0) for at in range(start, end + 1, SLOT_S)]
