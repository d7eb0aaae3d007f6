"""`make bench`: the product beside the floor and the peer, round by round in one run, and what a
callback costs with more members. Every figure that counts is a ratio within a round; requests per
second of one run say little (docs/performance.md).
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from tests.bench import servers
from tests.bench.measuring import DIALOGS, Measured, measure
from tests.bench.pieces import pieces
from tests.bench.report import Report, environment
from tests.bench.servers import Stack
from tests.bench.world import World, opened

Start = Callable[[World, int], contextlib.AbstractContextManager[Stack]]

SIDE_BY_SIDE: tuple[tuple[Start, int, tuple[int, ...]], ...] = (
    (servers.floor, 1, (64, 8, 1)),
    (servers.gateway, 1, (64, 8, 1)),
    (servers.alone, 1, (64, 1)),
    (servers.peer, 1, (64,)),
    (servers.floor, 2, (64,)),
    (servers.gateway, 2, (64,)),
    (servers.peer, 2, (64,)),
)
"""What is started with how many processes, and by how many phones at a time it is called."""
GROWTH = (1_000, 100_000, 1_000_000)
GROWTH_CLIENTS = 64
HISTORY_S = 5


def bench(
    rounds: Annotated[int, typer.Option(help="Rounds; medians are taken over them.")] = 5,
    seconds: Annotated[float, typer.Option(help="Length of one measurement.")] = 3,
    members: Annotated[int, typer.Option(help="Members of the side-by-side comparison.")] = 20_000,
    growth: Annotated[bool, typer.Option(help="Also compare 1 k, 100 k and 1 M members.")] = True,
    write: Annotated[bool, typer.Option(help="Keep the result in docs/performance.md.")] = False,
) -> None:
    """Measure, print the tables, and draw the picture."""
    print(environment(), file=sys.stderr)
    costs = pieces()
    runs = list(_side_by_side(rounds, seconds, members))
    grown = list(_growth(rounds, seconds)) if growth else []
    report = Report(runs=runs, grown=grown, pieces=costs, members=members)
    report.show()
    report.keep(document=write)


def _side_by_side(rounds: int, seconds: float, members: int) -> Iterator[Measured]:
    """All stacks up at once, each called in turn; every second round in the opposite order."""
    with opened(members) as world, contextlib.ExitStack() as running:
        calls = _calls(world, running)
        _make_history(world, next(stack for stack, _, _ in calls if stack.name == "maita"))
        for number in range(rounds):
            for place, (stack, dialog, clients) in enumerate(calls[:: -1 if number % 2 else 1]):
                _say(f"round {number + 1} of {rounds}", place + 1, len(calls))
                yield measure(world, stack, dialog, clients, seconds)


def _calls(world: World, running: contextlib.ExitStack) -> list[tuple[Stack, str, int]]:
    calls = []
    for start, processes, many in SIDE_BY_SIDE:
        stack = running.enter_context(start(world, processes))
        calls += [(stack, dialog, clients) for clients in many for dialog in DIALOGS]
    return calls


def _growth(rounds: int, seconds: float) -> Iterator[Measured]:
    """The same dialogs over databases of different size, side by side."""
    with contextlib.ExitStack() as running:
        worlds = [running.enter_context(opened(members)) for members in GROWTH]
        stacks = [running.enter_context(servers.gateway(world, 1)) for world in worlds]
        calls = [(w, s, d) for w, s in zip(worlds, stacks, strict=True) for d in DIALOGS]
        for world, stack in zip(worlds, stacks, strict=True):
            _make_history(world, stack)
        for number in range(rounds):
            for place, (world, stack, dialog) in enumerate(calls):
                _say(f"growth, round {number + 1} of {rounds}", place + 1, len(calls))
                yield measure(world, stack, dialog, GROWTH_CLIENTS, seconds)


def _make_history(world: World, stack: Stack) -> None:
    """Members redeem before anything is measured: on empty tables PostgreSQL plans by guessing."""
    measure(world, stack, "redeem", 16, HISTORY_S)
    world.analyze()


def _say(what: str, step: int, steps: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if step == steps else ""
        print(f"\r  {what}: {step * 100 // steps:3} %", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    typer.run(bench)
