"""A long list, shown in parts that are numbered from 1. Pure; called by `pages`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[T]):
    """What is shown, and where in the list that is: part `number` of `count`."""

    shown: Sequence[T]
    number: int
    count: int


def part_of(items: Sequence[T], asked: str, size: int) -> Part[T]:
    """The part that was asked for, or the nearest there is; the first for what is no number."""
    count = max(-(-len(items) // size), 1)
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    number = min(max(number, 1), count)
    return Part(shown=items[(number - 1) * size : number * size], number=number, count=count)
