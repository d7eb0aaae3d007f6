"""The bench's result: tables on the terminal, a picture, and a section of docs/performance.md."""

import platform
import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.bench.drawing import Bar, draw
from tests.bench.measuring import DIALOGS, Measured, median, ratios
from tests.bench.world import ROOT

DOCUMENT: Final = ROOT / "docs" / "performance.md"
PICTURE: Final = ROOT / "docs" / "img" / "bench.svg"
KEPT: Final = re.compile("(?<=<!-- bench -->\n).*(?=<!-- /bench -->)", re.DOTALL)
BARS: Final = {("balance", "floor"): 0.8, ("redeem", "floor"): 0.7}
"""What is asked of the product at 64 clients, as a share of the floor's rate."""
PEER_BAR: Final = 8.0
ALONE_BAR: Final = 1.15
FLAT: Final = 0.15

Row = tuple[str, ...]


def environment() -> str:
    """The machine, in one line."""
    cpus = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search("model name\\s*: (.*)", cpus)
    return (
        f"{cpus.count('processor') or '?'} × {model[1] if model else platform.processor()}, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was measured: side by side, with more members, and piece by piece."""

    runs: list[Measured]
    grown: list[Measured]
    pieces: dict[str, float]
    members: int

    def show(self) -> None:
        """Print the tables."""
        console = Console()
        for title, head, rows in self._tables():
            table = Table(title=title, title_justify="left")
            for place, name in enumerate(head):
                table.add_column(name, justify="left" if place == 0 else "right")
            for row in rows:
                table.add_row(*row)
            console.print(table)

    def keep(self, *, document: bool) -> None:
        """Draw the picture into `.maita/bench`, or, with the tables, into the documents."""
        picture = draw(self._bars(), f"Callbacks per second, {environment()}")
        if not document:
            beside = ROOT / ".maita" / "bench" / "bench.svg"
            beside.write_text(picture)
            print(f"The picture: {beside}")
            return
        PICTURE.write_text(picture)
        DOCUMENT.write_text(KEPT.sub(lambda _: self._markdown(), DOCUMENT.read_text()))

    def _tables(self) -> Iterator[tuple[str, Row, list[Row]]]:
        rounds = len(self.runs) // max(len({run.what for run in self.runs}), 1)
        head = (
            *("stack", "dialog", "clients", "callbacks/s", "of the floor", "p50 ms", "p95", "p99"),
            *("own µs", "PostgreSQL µs"),
        )
        side = f"Side by side: {self.members:,} members, medians of {rounds} rounds"
        yield side, head, [self._row(group) for group in self._groups(self.runs)]
        yield "What is asked", ("bar", "asked", "measured", ""), self._judged()
        if self.grown:
            yield "With more members", ("members", *DIALOGS), self._flat()
        yield (
            "Python's pieces of a callback",
            ("piece", "µs"),
            [(name, f"{us:.1f}") for name, us in self.pieces.items()],
        )

    def _row(self, runs: list[Measured]) -> Row:
        first, floors = runs[0], self._floors(runs[0])
        share = ratios(runs, floors) if floors else []
        spread = f"{statistics.median(share):.2f} ({min(share):.2f}-{max(share):.2f})"
        times = (f"{median(runs, name) / 1000:.2f}" for name in ("p50_us", "p95_us", "p99_us"))
        name = f"{first.stack}, {first.processes} process{'es' * (first.processes > 1)}"
        costs = (f"{median(runs, each):.0f}" for each in ("own_us", "database_us"))
        rate = f"{median(runs, 'rate'):,.0f}"
        return name, first.dialog, str(first.clients), rate, spread if share else "", *times, *costs

    def _judged(self) -> list[Row]:
        rows: list[Row] = []
        for processes in (1, 2):
            for dialog in DIALOGS:
                mine = self._of("maita", processes, dialog, 64)
                for stack, bar in (("floor", BARS[dialog, "floor"]), ("peer", PEER_BAR)):
                    other = self._of(stack, processes, dialog, 64)
                    if mine and other:
                        measured = statistics.median(ratios(mine, other))
                        name = f"{dialog}, {processes} × {stack}, 64 clients"
                        rows.append(_judge(name, "≥", bar, measured))
        for dialog in DIALOGS:
            mine, alone = self._of("maita", 1, dialog, 1), self._of("alone", 1, dialog, 1)
            if mine and alone:
                measured = statistics.median(ratios(mine, alone, "p50_us"))
                name = f"{dialog}, p50 of one client against one-turn calls"
                rows.append(_judge(name, "≤", ALONE_BAR, measured))
            if self.grown:
                name = f"{dialog}, cost with the most members against the fewest"
                rows.append(_judge(name, "≤", 1 + FLAT, self._flatness(dialog)))
        return rows

    def _flat(self) -> list[Row]:
        rows = []
        for members in sorted({run.members for run in self.grown}):
            cells = []
            for dialog in DIALOGS:
                runs = [r for r in self.grown if r.members == members and r.dialog == dialog]
                cost = f"{_cost(runs):.0f} µs of Python and PostgreSQL"
                cells.append(f"{median(runs, 'rate'):,.0f}/s, {cost}")
            rows.append((f"{members:,}", *cells))
        return rows

    def _flatness(self, dialog: str) -> float:
        """How much more a callback costs with the most members than with the fewest."""
        few, many = (
            [r for r in self.grown if r.members == members and r.dialog == dialog]
            for members in (
                min(r.members for r in self.grown),
                max(r.members for r in self.grown),
            )
        )
        return _cost(many) / _cost(few)

    def _markdown(self) -> str:
        lines = [f"\nMeasured {datetime.now(UTC):%Y-%m-%d} by `make bench`: {environment()}.\n"]
        lines.append("![Callbacks per second of each stack](img/bench.svg)\n")
        for title, head, rows in self._tables():
            lines += [f"**{title}**\n", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
            lines += [f"| {' | '.join(row)} |" for row in rows] + [""]
        return "\n".join(lines) + "\n"

    def _bars(self) -> list[Bar]:
        bars = []
        for runs in self._groups(self.runs):
            first = runs[0]
            if first.clients == 64:
                rates = [run.rate for run in runs]
                name = f"{first.dialog} · {first.stack} × {first.processes}"
                bars.append(
                    Bar(name=name, low=min(rates), middle=statistics.median(rates),
                        high=max(rates), ours=first.stack == "maita")
                )  # fmt: skip
        return sorted(bars, key=lambda bar: bar.name)

    def _floors(self, run: Measured) -> list[Measured]:
        return self._of("floor", run.processes, run.dialog, run.clients)

    def _of(self, stack: str, processes: int, dialog: str, clients: int) -> list[Measured]:
        what = (stack, processes, dialog, clients, self.members)
        return [run for run in self.runs if run.what == what]

    @staticmethod
    def _groups(runs: Iterable[Measured]) -> list[list[Measured]]:
        groups: dict[tuple[str, int, str, int, int], list[Measured]] = {}
        for run in runs:
            groups.setdefault(run.what, []).append(run)
        order = sorted(groups.values(), key=lambda g: (g[0].dialog, -g[0].clients, g[0].processes))
        return order


def _cost(runs: list[Measured]) -> float:
    """Processor time of a callback, in microseconds."""
    return median(runs, "own_us") + median(runs, "database_us")


def _judge(name: str, sign: str, bar: float, measured: float) -> Row:
    good = measured >= bar if sign == "≥" else measured <= bar
    return name, f"{sign} {bar}", f"{measured:.2f}", "met" if good else "missed"
