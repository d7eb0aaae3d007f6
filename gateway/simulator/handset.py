"""The phones as the fake carrier remembers them: in memory, bounded, gone with the process.

One handset per number; it holds at most one USSD call and one thread per chat channel.
"""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from gateway.adapter import Channel

HANDSETS_MAX: Final = 200
BUBBLES_MAX: Final = 200

BubbleState = Literal["sending", "sent", "delivered", "read", "failed"]
RANK: Final[dict[BubbleState, int]] = {
    "sending": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a feature phone shows. `open`: the network waits for an answer. `secret`: that answer
    is a PIN. `trouble`: the network speaks, not the service. `session` tells calls apart, and
    `hop` the screens of one call."""

    text: str
    open: bool = False
    secret: bool = False
    trouble: bool = False
    session: str = ""
    hop: int = 0
    dialled: str = ""


@dataclass(slots=True, kw_only=True)
class Call:
    """A USSD session as its carrier sees it: all inputs so far, as typed and as they may be
    shown. `heard_at` is when it was last alive."""

    channel: Channel
    session: str
    dialled: str
    started_at: datetime
    heard_at: datetime
    inputs: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    hops: int = 0
    screen: Screen = Screen(text="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Something to tap: a reply button, or a row of a list."""

    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message on a chat or SMS phone. `mine`: the phone's owner wrote it. `opener` is the
    label that opens `rows`; `image` an id of `/simulator/api/media/`. `secret` marks a question
    whose answer is a PIN."""

    id: str
    mine: bool
    text: str
    at: datetime
    state: BubbleState = "sent"
    buttons: tuple[Pick, ...] = ()
    rows: tuple[Pick, ...] = ()
    opener: str = ""
    header: str = ""
    footer: str = ""
    image: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How the gateway wants to hear of a message it sent: at `url` (Twilio), with `tag` (Meta's
    `biz_opaque_callback_data`). No business of the phone's, so no part of the bubble."""

    url: str = ""
    tag: str = ""


NO_WISH: Final = Wish()


class Thread:
    """The messages of one number on one chat channel, oldest first."""

    def __init__(self) -> None:
        self.bubbles: deque[Bubble] = deque(maxlen=BUBBLES_MAX)
        self.wishes: OrderedDict[str, Wish] = OrderedDict()
        self.lock = asyncio.Lock()

    def add(self, bubble: Bubble, wish: Wish) -> None:
        """A message comes in; the oldest ones go."""
        self.bubbles.append(bubble)
        self.wishes[bubble.id] = wish
        while len(self.wishes) > BUBBLES_MAX:
            self.wishes.popitem(last=False)

    def find(self, bubble_id: str) -> Bubble | None:
        return next((bubble for bubble in self.bubbles if bubble.id == bubble_id), None)

    def mark(self, bubble_id: str, state: BubbleState) -> Bubble | None:
        """Bring a message to a later state; None when it is gone or was there already."""
        for place, bubble in enumerate(self.bubbles):
            if bubble.id == bubble_id and RANK[bubble.state] < RANK[state]:
                self.bubbles[place] = replace(bubble, state=state)
                return self.bubbles[place]
        return None


class Handset:
    """One phone number."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.call: Call | None = None
        self.threads: dict[UUID, Thread] = {}
        self.lock = asyncio.Lock()

    def thread(self, channel: UUID) -> Thread:
        return self.threads.setdefault(channel, Thread())


class Handsets:
    """All phones ever used, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Handset] = OrderedDict()

    def get(self, number: str) -> Handset:
        handset = self._known.setdefault(number, Handset(number))
        self._known.move_to_end(number)
        while len(self._known) > HANDSETS_MAX:
            self._known.popitem(last=False)
        return handset

    def holding(self, channel: UUID, bubble_id: str) -> Handset | None:
        """The phone on which a message is, if it is still there."""
        for handset in self._known.values():
            if channel in handset.threads and handset.threads[channel].find(bubble_id):
                return handset
        return None
