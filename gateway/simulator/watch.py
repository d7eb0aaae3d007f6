"""The inside view beside the phones: where each conversation stands, and points as they move."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.values import Address
from gateway.adapter import Channel
from gateway.simulator.port import Entry, Inside, Standing


class Sight(NamedTuple):
    """One phone number on one channel that somebody looks at."""

    channel: Channel
    number: str


class Watch:
    """What one browser has been told of the inside, so that it hears of changes only."""

    def __init__(self, inside: Inside, sights: Sequence[Sight]) -> None:
        self._inside, self._sights = inside, sights
        self._stood: dict[int, Standing | None] = {}
        self._last: dict[int, str] = {}

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
        entries = await self._inside.entries(channel, address, self._last.get(place, ""))
        if entries:
            self._last[place] = entries[-1].id
        return entries
