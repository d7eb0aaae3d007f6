"""A hold is told again when it is open no more, and nothing else twice."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.values import Address
from gateway.adapter import Channel
from gateway.simulator.port import Entry, Standing
from gateway.simulator.watch import Sight, Watch
from tests.gateway.simulator.stub import channels

HELD = Entry(
    id="02", at=datetime(2026, 1, 1, tzinfo=UTC), code="hold", amount=100, debit="member",
    credit="held", balance=10, state="open",
)  # fmt: skip
EARNED = replace(HELD, id="01", code="earn", state="", debit="issued", credit="member")
SPENT = replace(HELD, id="03", code="redeem", state="", credit="spent")


class Books:
    """The inside view of one wallet."""

    def __init__(self) -> None:
        self.kept = [EARNED, HELD]

    async def standing(self, channel: Channel, address: Address) -> Standing | None:
        return None

    async def entries(self, channel: Channel, address: Address, after: str) -> list[Entry]:
        return [entry for entry in self.kept if entry.id > after][-20:]


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    entries = [event["entry"] for event in events if event["type"] == "entry"]
    return [(entry.id, entry.state) for entry in entries]


async def test_a_hold_is_told_again_when_it_ends() -> None:
    books = Books()
    watch = Watch(books, [Sight(channels("http://x")[0], "+263771234567")])
    assert told(await watch.look()) == [("01", ""), ("02", "open")]
    assert told(await watch.look()) == []
    books.kept = [EARNED, replace(HELD, state="posted"), SPENT]
    assert told(await watch.look()) == [("02", "posted"), ("03", "")]
    assert told(await watch.look()) == []
