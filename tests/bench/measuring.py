"""One measurement: a stack, a dialog and a number of clients, with what it burnt meanwhile."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from tests.bench.load import Step, Tally, Task
from tests.bench.servers import PATH, Stack, cpu_s
from tests.bench.world import CODE, FIRST, ROOT, World

BALANCE: Final = (Step("", "CON"), Step("1", "pts"), Step("1*00", "CON"))
"""Dial, balance, and home again: our menus end when the phone hangs up."""
REDEEM: Final = (
    Step("", "CON"),
    Step("2", "Coffee"),
    Step("2*1", "1 Yes"),
    Step("2*1*1", "Ref"),
    Step("2*1*1*0", "CON"),
)
"""Dial, rewards, a reward, yes (the one write to the ledger), and on."""
DIALOGS: Final = {"balance": BALANCE, "redeem": REDEEM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run. Processor time in microseconds of a callback: the stack's own (its Redis
    included), PostgreSQL's. `rate`: callbacks per second."""

    stack: str
    processes: int
    dialog: str
    clients: int
    members: int
    rate: float
    p50_us: float
    p95_us: float
    p99_us: float
    own_us: float
    database_us: float

    @property
    def what(self) -> tuple[str, int, str, int, int]:
        """What runs of several rounds have in common."""
        return self.stack, self.processes, self.dialog, self.clients, self.members


class Wrong(Exception):
    """A stack answered something else than the expected screen."""


def measure(world: World, stack: Stack, dialog: str, clients: int, seconds: float) -> Measured:
    """Let phones talk for so long. Raises Wrong when an answer was not the expected one."""
    task = Task(
        host="127.0.0.1",
        port=stack.port,
        path=PATH,
        code=quote(CODE, safe=""),
        steps=DIALOGS[dialog] if stack.talks else _silent(DIALOGS[dialog]),
        clients=clients,
        seconds=seconds,
        members=world.members,
        first=FIRST,
        salt=f"{time.time_ns():x}",
    )
    own, database = _own_s(stack), cpu_s(world.postmaster)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=msgspec.json.encode(task),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        timeout=seconds + 30,
        check=True,
    )
    tally = msgspec.json.decode(done.stdout, type=Tally)
    if tally.errors:
        raise Wrong(f"{stack.name}, {dialog}: {tally.errors} wrong answers, first {tally.wrong}")
    return Measured(
        stack=stack.name,
        processes=stack.processes,
        dialog=dialog,
        clients=clients,
        members=world.members,
        rate=tally.callbacks / tally.seconds,
        p50_us=tally.p50_us,
        p95_us=tally.p95_us,
        p99_us=tally.p99_us,
        own_us=(_own_s(stack) - own) / tally.callbacks * 1e6,
        database_us=(cpu_s(world.postmaster) - database) / tally.callbacks * 1e6,
    )


def median(runs: Iterable[Measured], name: str) -> float:
    """The median of a figure over the rounds."""
    return float(statistics.median(getattr(run, name) for run in runs))


def ratios(runs: list[Measured], floors: list[Measured], name: str = "rate") -> list[float]:
    """Of each round: this stack's figure in the other's."""
    pairs = zip(runs, floors, strict=True)
    return [getattr(run, name) / getattr(floor, name) for run, floor in pairs]


def _silent(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The floor says the same at every step."""
    return tuple(Step(step.text, "CON") for step in steps)


def _own_s(stack: Stack) -> float:
    return sum(map(cpu_s, stack.pids))
