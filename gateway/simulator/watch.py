"""The inside view beside the phones: where each conversation stands, and points as they move."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.values import Address
from gateway.adapter import Channel
from gateway.simulator.port import Entry, Inside, Standing

KEPT: Final = 40


class Sight(NamedTuple):
    """One phone number on one channel that somebody looks at."""

    channel: Channel
    number: str


class Watch:
    """What one browser has been told of the inside, so that it hears of changes only."""

    def __init__(self, inside: Inside, sights: Sequence[Sight]) -> None:
        self._inside, self._sights = inside, sights
        self._stood: dict[int, Standing | None] = {}
        self._told: dict[int, dict[str, Entry]] = {}

    async def look(self) -> list[dict[str, Any]]:
        """What has changed since the last look, as events for the browser."""
        told: list[dict[str, Any]] = []
        for place, sight in enumerate(self._sights):
            address = Address("msisdn", sight.number)
            whose = {"phone": sight.number, "channel": sight.channel.id}
            standing = await self._inside.standing(sight.channel, address)
            if place not in self._stood or self._stood[place] != standing:
                self._stood[place] = standing
                told.append({"type": "standing", **whose, "standing": standing})
            entries = await self._entries(place, sight.channel, address)
            told += [{"type": "entry", **whose, "entry": entry} for entry in entries]
        return told

    async def _entries(self, place: int, channel: Channel, address: Address) -> list[Entry]:
        """Entries that are new, and holds that are open no more: they are asked for again from the
        oldest open one on."""
        told = self._told.setdefault(place, {})
        found = await self._inside.entries(channel, address, _before_open(told))
        news = [entry for entry in found if _news(told.get(entry.id), entry)]
        told.update((entry.id, entry) for entry in news)
        for old in sorted(told)[:-KEPT]:
            del told[old]
        return news


def _before_open(told: Mapping[str, Entry]) -> str:
    """The last entry before the oldest open hold; the very last one where none is open."""
    last = ""
    for known in sorted(told):
        if told[known].state == "open":
            break
        last = known
    return last


def _news(before: Entry | None, now: Entry) -> bool:
    return before is None or before.state != now.state
