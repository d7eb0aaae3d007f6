"""What the parts of the fake carrier share. Built once by `Simulator`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.values import Address
from gateway.adapter import Channel
from gateway.simulator.exchange import Wire
from gateway.simulator.feed import Feed
from gateway.simulator.handset import NO_WISH, Bubble, BubbleState, Handset, Handsets, Wish
from gateway.simulator.port import Inside, Phone

Channels = Callable[[], Awaitable[Sequence[Channel]]]


class Unknown(Exception):
    """The simulator has no such channel, message or picture. The message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`fresh` makes 32 random hex digits; `pace_s` is how long a network takes for one step of a
    message's way, so that its ticks can be seen."""

    public_url: str
    channels: Channels
    phones: Sequence[Phone]
    inside: Inside
    wire: Wire
    feed: Feed
    handsets: Handsets
    now: Callable[[], datetime]
    fresh: Callable[[], str]
    pace_s: float

    async def channel(self, channel_id: UUID) -> Channel:
        """A channel by its id, or Unknown."""
        for channel in await self.channels():
            if channel.id == channel_id:
                return channel
        raise Unknown("There is no such channel.")

    async def secret(self, channel: Channel, number: str) -> bool:
        """Whether the next thing this number says on this channel is a PIN."""
        standing = await self.inside.standing(channel, Address("msisdn", number))
        return standing is not None and standing.secret

    def name(self, number: str) -> str:
        """The profile name of a number."""
        return next((phone.name for phone in self.phones if phone.number == number), number)

    def put(self, handset: Handset, channel: Channel, bubble: Bubble, wish: Wish = NO_WISH) -> None:
        """A message appears on a phone."""
        handset.thread(channel.id).add(bubble, wish)
        self.feed.tell("bubble", phone=handset.number, channel=channel.id, bubble=bubble)

    def mark(self, handset: Handset, channel: Channel, bubble_id: str, state: BubbleState) -> None:
        """A message on a phone got further; ticks never go back."""
        if handset.thread(channel.id).mark(bubble_id, state):
            self.feed.tell(
                "mark", phone=handset.number, channel=channel.id, id=bubble_id, state=state
            )
