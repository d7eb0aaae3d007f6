"""Says how far long work has come, on a terminal. Called by the bench."""

import sys
from collections.abc import Iterable, Iterator


def progress(steps: Iterable[int], what: str, total: int, size: int) -> Iterator[int]:
    """Pass the steps on and say what share of `total` is done, each step being `size` of it."""
    for step in steps:
        yield step
        if sys.stderr.isatty():
            done = min(step + size, total)
            end = "\n" if done == total else "\r"
            print(f"  {what}: {done * 100 // total} %", end=end, file=sys.stderr, flush=True)
