"""The ledger's rules in memory, in any order hypothesis can think of."""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from core.errors import LoyaltyError
from core.facts import Programme
from core.ports import Command
from core.values import Address
from tests.core.cafe import cafe
from tests.core.machine import SETTINGS, LedgerMachine, World
from tests.core.tables import Tables


class MemoryWorld:
    """A shop in memory. Nothing in it waits, so its coroutines end at their first step."""

    def __init__(self, **programme: object) -> None:
        self.shop = cafe(**programme)
        self.programme: Programme = self.shop.programme

    def do(self, sender: Address, command: Command[Any], key: str) -> Any:
        try:
            return finished(self.shop.ask(sender, command, key))
        except LoyaltyError as refusal:
            return refusal

    def advance(self, by: timedelta) -> None:
        self.shop.now += by

    def tables(self) -> Tables:
        return self.shop.tables

    def now(self) -> datetime:
        return self.shop.now


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


class MemoryMachine(LedgerMachine):
    def open_world(self) -> World:
        return MemoryWorld(**SETTINGS)


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
