"""What the simulator needs to be told: whose phones to show, and the inside view of a phone.

`app` implements `Inside` on storage; the fake carrier itself never looks inside the gateway.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.values import Address
from gateway.adapter import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number to pick. `note` says whose it is (`member`, `manager`, `new`), `group` under which
    heading it stands: the owner's name as the channels have it."""

    name: str
    number: str
    note: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a conversation stands now. `secret`: the next thing said is a PIN or code, so it is
    shown as `•••` everywhere (docs/architecture.md, Secrets)."""

    dialog: str
    state: str
    language: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One move of points of a phone's owner. `id` grows with time. `amount` > 0 goes from `debit`
    to `credit`, one of which is `member`; `balance` is what the member has after it. `state` of a
    hold: open, posted (a transfer took it), voided or expired (it was released)."""

    id: str
    at: datetime
    code: str
    amount: int
    debit: str
    credit: str
    balance: int
    ref: str = ""
    detail: str = ""
    state: str = ""


class Inside(Protocol):
    """The inside view of one phone number on one channel. An unknown person has none."""

    async def standing(self, channel: Channel, address: Address) -> Standing | None:
        """The conversation's dialog and state, or None when there is no conversation."""

    async def entries(self, channel: Channel, address: Address, after: str) -> list[Entry]:
        """What moved after the entry `after`, oldest first; for "" the last twenty."""


class Unwritten(Exception):
    """A conversation that was recorded cannot be written down; the message says why."""


class Tapes(Protocol):
    """Records what a phone says and is answered, for `maita record`."""

    def start(self, phone: str) -> None:
        """Record this phone from its next word on, which opens its conversation anew."""

    def stop(self, phone: str) -> str:
        """What was recorded as a transcript, or "" for nothing. Raises Unwritten."""
