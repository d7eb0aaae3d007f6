"""What is counted, for Prometheus. Built by `runtime`; called by every door, read by `/metrics`.

Labels come from closed lists only (kinds, outcomes, routes, screens, networks, our own channels'
business addresses), never from what a stranger sent, and no histogram carries a tenant
(docs/dependencies.md 11). When several processes share one port,
PROMETHEUS_MULTIPROC_DIR names the folder they share, and any of them answers for all.

What every message counts is added up here first, since Prometheus' own counters lock and look for
each one: `settle` adds it, at least once a second and before anything is shown.
"""

import asyncio
import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from storage.watch import Seen

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_HOP_SECONDS: Final = (1.0, 4.0, 15.0, 30.0, 60.0, 120.0)
_CARRIER: Final = ("kind", "channel", "network")
SETTLE_S: Final = 1


class Metrics:
    """One registry of a process, with the children bound at their first use."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._more: defaultdict[Counter, float] = defaultdict(float)
        self._times: list[tuple[Histogram, float]] = []
        ProcessCollector(registry=self._registry)
        self._messages = self._counter("messages", "Messages heard", "kind", "outcome")
        self._message_s = self._histogram("message_seconds", "Time to answer a message", "kind")
        self._trips = self._counter("message_trips", "Database trips of messages", "kind")
        self._reruns = self._counter("message_reruns", "Turns run again after stale", "kind")
        self._jobs = self._counter("jobs", "Jobs run", "kind", "outcome")
        self._job_s = self._histogram("job_seconds", "Time of a job", "kind")
        self._sent = self._counter("sends", "Messages handed to carriers", "kind", "verdict")
        self._ignored = self._counter("ignored", "Requests not for us", "kind", "reason")
        self._alarms = self._counter("alarms", "What an operator must look at", "what")
        self._requests = self._counter("http_requests", "HTTP requests", "route", "status")
        self._backlog_n = self._gauge("jobs_due", "Jobs due and not begun")
        self._backlog_s = self._gauge("jobs_due_seconds", "Age of the oldest due job")
        self._dead_n = self._gauge("jobs_dead", "Jobs given up")
        self._carrier = self._counter(
            "carrier_events", "What carriers sent, and what became of it", "kind", "network", "what"
        )
        self._screens = self._counter(
            "carrier_screens", "USSD screens shown and answered", "kind", "screen", "what"
        )
        self._hop_s = self._histogram(
            *("carrier_hop_seconds", "Time to the next request of a session"),
            *("kind", "network"),
            buckets=_HOP_SECONDS,
        )
        self._seen = self._gauge(
            "carrier_last_seen_seconds", "When last heard (Unix time)", *_CARRIER, mode="max"
        )
        self._silent = self._gauge("carrier_silent", "1: far below its usual rate", *_CARRIER)

    def message(self, kind: str, outcome: str, seconds: float, trips: int, reruns: int) -> None:
        """A message was heard on a channel of this kind."""
        more = self._more
        more[self._messages(kind, outcome)] += 1
        more[self._trips(kind)] += trips
        if reruns:
            more[self._reruns(kind)] += reruns
        self._times.append((self._message_s(kind), seconds))

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        """A job ran."""
        self._jobs(kind, outcome).inc()
        self._job_s(kind).observe(seconds)

    def sent(self, kind: str, verdict: str) -> None:
        """A carrier was handed a message and judged it."""
        self._sent(kind, verdict).inc()

    def ignored(self, kind: str, reason: str) -> None:
        """A request or a part of one was well-formed, forged or odd, but not for us."""
        self._ignored(kind, reason).inc()

    def alarm(self, what: str) -> None:
        """Something an operator must look at, such as `dedupe_mismatch`."""
        self._alarms(what).inc()

    def request(self, route: str, status: int) -> None:
        """An HTTP request was answered; `route` is the pattern, never the path."""
        self._more[self._requests(route, status)] += 1

    def backlog(self, due: int, oldest_s: float, dead: int) -> None:
        """What waits for the worker now."""
        self._backlog_n.set(due)
        self._backlog_s.set(oldest_s)
        self._dead_n.set(dead)

    def hop(self, kind: str, network: str, seconds: float) -> None:
        """A USSD session's next request came."""
        self._times.append((self._hop_s(kind, network), seconds))

    def carrier(self, kind: str, network: str, counts: Mapping[str, int]) -> None:
        """What was counted of a carrier since the last time, by the counters of gateway/watch.py;
        those of times are not shown twice."""
        for name, n in counts.items():
            what, colon, of = name.partition(":")
            if not colon:
                self._carrier(kind, network, what).inc(n)
            elif what in ("shown", "left"):
                self._screens(kind, of, what).inc(n)

    def standing(self, who: Seen) -> None:
        """When a channel last heard from a network, and whether it is silent now."""
        if who.network is None or who.last_at is None:
            return
        names = (who.kind, who.address, who.network)
        self._seen.labels(*names).set(who.last_at.timestamp())
        self._silent.labels(*names).set(who.silent_since is not None)

    def settle(self) -> None:
        """Give Prometheus what was added up since the last time."""
        more, times = self._more, self._times
        self._more, self._times = defaultdict(float), []
        for counter, count in more.items():
            counter.inc(count)
        for histogram, seconds in times:
            histogram.observe(seconds)

    async def keep_settling(self) -> None:
        """Settle every SETTLE_S, until cancelled: another process may be asked for our counts."""
        while True:
            await asyncio.sleep(SETTLE_S)
            with contextlib.suppress(OSError, ValueError):  # The shared folder is full or gone.
                self.settle()

    def render(self) -> bytes:
        """The exposition text, of all processes that share the folder."""
        self.settle()
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _counter(self, name: str, text: str, *labels: str) -> Callable[..., Counter]:
        counter = Counter(f"maita_{name}", text, labels, registry=self._registry)
        return cache(counter.labels)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: Sequence[float] = _SECONDS
    ) -> Callable[..., Histogram]:
        histogram = Histogram(
            f"maita_{name}", text, labels, registry=self._registry, buckets=buckets
        )
        return cache(histogram.labels)

    def _gauge(
        self, name: str, text: str, *labels: str, mode: Literal["max", "mostrecent"] = "mostrecent"
    ) -> Gauge:
        return Gauge(f"maita_{name}", text, labels, registry=self._registry, multiprocess_mode=mode)
