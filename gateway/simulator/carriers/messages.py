"""What a carrier of messages carries, whatever its wire format. Called by the fake carriers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.simulator.handset import NO_WISH, Pick, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person wrote or tapped. `about` is the message whose button or row was tapped."""

    id: str
    phone: str
    name: str
    text: str
    pick: Pick | None = None
    how: Literal["text", "button", "list"] = "text"
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A message the gateway wants delivered. `recipient` is E.164; `image` a link to fetch."""

    id: str
    recipient: str
    text: str
    buttons: tuple[Pick, ...] = ()
    rows: tuple[Pick, ...] = ()
    opener: str = ""
    header: str = ""
    footer: str = ""
    image: str = ""
    wish: Wish = NO_WISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The gateway has read a person's message; `typing`: and is about to answer."""

    message_id: str
    typing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a message of ours got. `error` is the carrier's code when it failed."""

    id: str
    recipient: str
    state: Literal["sent", "delivered", "read", "failed"]
    at: datetime
    wish: Wish = NO_WISH
    error: int = 0
