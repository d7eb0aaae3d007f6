"""The carrier watch: counts what each channel hears from each network, in memory, and adds it to
the database every few seconds. Built by `runtime`; told by `lines` and `events`; read by the
console.

Counting costs a turn no trip and about two microseconds. What a killed process had counted since
it last added is lost: a few seconds of statistics. Counters only grow, so several processes add to
the same rows, and so does one that starts again.

| counter | of |
|---|---|
| `requests` `at:N` | requests and messages; those of the five minutes from second N of the hour |
| `repeated` `refused` `failed` | of these: retries; senseless steps; what we did not answer |
| `opened` `ended` | sessions begun, and last words given |
| `dropped` `notices` | the carrier's word that a session was dropped; all such words and reports |
| `shown:S` `left:S` | screens S shown that wait for an answer, and those that were answered |
| `hop:N` `own:N` | hop and answer times in the bucket N of HOP_S and OWN_S |

A screen that was shown and never left is where a session dropped: by the carrier's notice or by
nobody's answer, whichever it was. `left` counts in the hour in which its screen was shown, so an
hour that is over longer than sessions live says exactly how many dropped where.
"""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from core.values import Address
from gateway.adapter import Channel
from gateway.logs import get
from gateway.metrics import Metrics
from gateway.networks import network_of
from storage.database import Conflict, Unavailable
from storage.watch import CarrierRows, HourRow

FLUSH_S: Final = 10
HOUR_S: Final = 3600
SLOT_S: Final = 300

HOP_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
"""Upper bounds of the time between two requests of a session: phone, network and person."""

OWN_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5)
"""Upper bounds of our own time to answer."""

_HOPS: Final = tuple(f"hop:{n}" for n in range(len(HOP_S) + 1))
_OWNS: Final = tuple(f"own:{n}" for n in range(len(OWN_S) + 1))
_SLOTS: Final = tuple(f"at:{n * SLOT_S}" for n in range(HOUR_S // SLOT_S))
_KNOWN: Final = {"replied": "", "silent": "", "repeated": "repeated"}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn did to its USSD session. `at`: the turn's time. `left`: the screen that the
    input answered, which was shown `left_at`; "" at a session's beginning. `ends`: the answer is
    the last word of the session."""

    at: datetime
    screen: str
    ends: bool
    left: str = ""
    left_at: datetime | None = None


@dataclass(slots=True)
class _Cell:
    """One channel, network and hour; the counts since the last flush, those of screens apart."""

    channel: Channel
    network: str
    hour_s: int
    first_s: float
    last_s: float
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    shown: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def all_counts(self) -> dict[str, int]:
        """All of them, by the names of the table above."""
        shown = {f"shown:{screen}": n for screen, n in self.shown.items()}
        left = {f"left:{screen}": n for screen, n in self.left.items()}
        return {**self.counts, **shown, **left}


Key = tuple[UUID, str, int]


class Watch:
    """What this process heard and has not added yet. `now`: the clock of turns."""

    def __init__(self, rows: CarrierRows, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self.rows = rows
        self.now = now
        self.began_at = now()
        self._metrics = metrics
        self._cells: dict[tuple[int, str, int], _Cell] = {}
        self._waiting: dict[Key, HourRow] = {}
        self._adding = asyncio.Lock()

    def heard(
        self,
        channel: Channel,
        sender: Address,
        told: str,
        outcome: str,
        *,
        step: Step | None = None,
        own_s: float = 0,
    ) -> None:
        """A request or a message was heard. `told`: the carrier's word for the network; `outcome`:
        the turn's, or `failed`; `own_s`: how long we took for the step."""
        at_s = (self.now() if step is None else step.at).timestamp()
        network = network_of(told, _number(sender))
        cell = self._cell(channel, network, at_s)
        counts = cell.counts
        counts["requests"] += 1
        counts[_SLOTS[int(at_s) % HOUR_S // SLOT_S]] += 1
        if kind := _KNOWN.get(outcome, "failed" if outcome == "failed" else "refused"):
            counts[kind] += 1
        if step is not None:
            counts[_OWNS[bisect_left(OWN_S, own_s)]] += 1
            self._stepped(channel, network, step, cell, at_s)

    def _stepped(
        self, channel: Channel, network: str, step: Step, cell: _Cell, at_s: float
    ) -> None:
        if step.ends:
            cell.counts["ended"] += 1
        else:
            cell.shown[step.screen] += 1
        if step.left_at is None:
            cell.counts["opened"] += 1
            return
        left_s = step.left_at.timestamp()
        hop_s = at_s - left_s
        cell.counts[_HOPS[bisect_left(HOP_S, hop_s)]] += 1
        if left_s < cell.hour_s:
            cell = self._cell(channel, network, left_s)
        cell.left[step.left] += 1
        self._metrics.hop(channel.kind, network, hop_s)

    def notified(
        self,
        channel: Channel,
        sender: Address | None = None,
        told: str = "",
        *,
        dropped: bool = False,
    ) -> None:
        """The carrier reported a session's end or a message's delivery."""
        network = network_of(told, _number(sender))
        cell = self._cell(channel, network, self.now().timestamp())
        cell.counts["notices"] += 1
        if dropped:
            cell.counts["dropped"] += 1

    async def keep_adding(self) -> None:
        """Flush every FLUSH_S, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            flushing = asyncio.create_task(self.flush())
            await asyncio.wait((flushing,))
            if error := flushing.exception():
                get("carrier").error("watch_not_added", reason=type(error).__name__, exc_info=error)

    async def flush(self) -> None:
        """Add what was counted to the database, in one trip. While the database is away the counts
        are kept; where nobody knows whether they were added they may count twice."""
        async with self._adding:
            self._take()
            if not self._waiting:
                return
            try:
                await self.rows.add(tuple(self._waiting.values()))
            except Unavailable:
                return
            except Conflict as error:
                # A database restored from before a channel was made: these counts have no place.
                get("carrier").error("watch_dropped", reason=str(error))
            self._waiting = {}

    def _take(self) -> None:
        """Move what was counted to what waits to be added, and show it to Prometheus."""
        taken, self._cells = self._cells, {}
        for cell in taken.values():
            key, row = (cell.channel.id, cell.network, cell.hour_s), _row(cell)
            self._metrics.carrier(cell.channel.kind, cell.network, row.counts)
            waiting = self._waiting.get(key)
            self._waiting[key] = row if waiting is None else _both(waiting, row)

    def _cell(self, channel: Channel, network: str, at_s: float) -> _Cell:
        hour_s = int(at_s) // HOUR_S * HOUR_S
        # By the number: an id of Python's uuid hashes and compares several times slower.
        key = (channel.id.int, network, hour_s)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = _Cell(channel, network, hour_s, at_s, at_s)
        elif at_s > cell.last_s:
            cell.last_s = at_s
        return cell


def _number(sender: Address | None) -> str:
    return sender.value if sender is not None and sender.kind == "msisdn" else ""


def _row(cell: _Cell) -> HourRow:
    return HourRow(
        owner=cell.channel.owner,
        channel=cell.channel.id,
        network=cell.network,
        hour=datetime.fromtimestamp(cell.hour_s, UTC),
        counts=cell.all_counts(),
        first_at=datetime.fromtimestamp(cell.first_s, UTC),
        last_at=datetime.fromtimestamp(cell.last_s, UTC),
    )


def _both(a: HourRow, b: HourRow) -> HourRow:
    names = {*a.counts, *b.counts}
    return HourRow(
        owner=a.owner,
        channel=a.channel,
        network=a.network,
        hour=a.hour,
        counts={name: a.counts.get(name, 0) + b.counts.get(name, 0) for name in names},
        first_at=min(a.first_at, b.first_at),
        last_at=max(a.last_at, b.last_at),
    )
