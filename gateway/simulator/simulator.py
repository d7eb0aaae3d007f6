"""The fake carrier as a whole. Built once by `app` in dev; `api` is its only door."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from gateway.adapter import Channel
from gateway.simulator.board import Board, Channels
from gateway.simulator.chat import Chat
from gateway.simulator.exchange import Wire
from gateway.simulator.feed import Feed
from gateway.simulator.handset import Handset, Handsets
from gateway.simulator.pictures import Picture, Pictures
from gateway.simulator.port import Inside, Phone, Tapes
from gateway.simulator.ussd import Ussd
from gateway.simulator.watch import Sight, Watch

Diagrams = Callable[[str, str | None], Mapping[str, Any]]


def _now() -> datetime:
    return datetime.now(UTC)


def _fresh() -> str:
    return secrets.token_hex(16)


class Simulator:
    """Phones, the networks they are on, and what happens there.

    `channels` gives every demo channel with its secrets; `owners` names their owners for the
    picker; `diagrams(dialog, state)` draws a dialog as data (`dialogs.diagram.graph`). `pace_s`
    is how long one step of a message's way takes.
    """

    def __init__(
        self,
        *,
        public_url: str,
        channels: Channels,
        owners: Mapping[UUID, str],
        phones: Sequence[Phone],
        http: httpx.AsyncClient,
        inside: Inside,
        tapes: Tapes,
        diagrams: Diagrams,
        now: Callable[[], datetime] = _now,
        fresh: Callable[[], str] = _fresh,
        pace_s: float = 0.25,
    ) -> None:
        self.feed, self.phones, self.owners, self.diagrams = Feed(), phones, owners, diagrams
        self.tapes = tapes
        self._pictures = Pictures(http, public_url, fresh)
        self._board = Board(
            public_url=public_url, channels=channels, phones=phones, inside=inside,
            wire=Wire(http, self.feed, now), feed=self.feed, handsets=Handsets(),
            now=now, fresh=fresh, pace_s=pace_s,
        )  # fmt: skip
        self.ussd = Ussd(self._board)
        self.chat = Chat(self._board, self._pictures)

    async def channels(self) -> Sequence[Channel]:
        """Every channel that has a phone here."""
        return await self._board.channels()

    def handset(self, number: str) -> Handset:
        """A phone by its number; there is one for every number."""
        return self._board.handsets.get(number)

    def picture(self, picture_id: str) -> Picture | None:
        """A picture of a message."""
        return self._pictures.get(picture_id)

    async def watch(self, wanted: Sequence[tuple[UUID, str]]) -> Watch:
        """The inside view of some phones, each on one channel; unknown channels are left out."""
        known = {channel.id: channel for channel in await self.channels()}
        sights = [Sight(known[channel], number) for channel, number in wanted if channel in known]
        return Watch(self._board.inside, sights)

    async def close(self) -> None:
        """Let every browser go and stop what is under way."""
        self.feed.close()
        await self.chat.close()
