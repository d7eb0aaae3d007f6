"""What is said on a line of a kind and how it is read: the words that `speakers` speaks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One channel of a shop, as its file and its carrier know it."""

    kind: str
    address: str
    token: str
    app_id: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that a person said since they dialled: nothing yet when the session opens. The same
    words in the same session are the same request, byte for byte. `session`: the nanosecond in
    which it began."""

    phone: str
    session: str
    inputs: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """When the carrier says it was said: a second after what was said before."""
        opened = datetime.fromtimestamp(int(self.session) // 10**9, UTC)
        return opened + timedelta(seconds=len(self.inputs))

    @property
    def latest(self) -> str:
        """The latest input; a chat is opened by a word."""
        return self.inputs[-1] if self.inputs else "MENU"

    def id(self, letters: str = "") -> str:
        """The carrier's id of this message."""
        return hashlib.md5(f"{letters}{self}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One request of a carrier."""

    method: str = "POST"
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a phone shows. `ended`: the carrier takes the screen away after it."""

    text: str = ""
    ended: bool = False


class Speaker(Protocol):
    """The way through one kind. `ussd`: its answer is in the response; else it is sent."""

    ussd: bool

    def line(self, number: int, token: str, provider: str) -> Line:
        """A channel for the shop with this number, whose answers go to `provider`."""

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        """The request of what was said last."""

    def heard(self, line: Line, answer: httpx.Response) -> Heard:
        """The words in the answer to a request (USSD only)."""

    def sent(self, fields: Mapping[str, Any]) -> tuple[str, str] | None:
        """To whom a message goes that the provider got, and its words; None when it is not of
        this kind (chat and SMS only)."""
