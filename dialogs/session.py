"""A conversation's memory between two turns, as a plain value that survives a restart.

Kept by storage as JSON; every turn starts by decoding it and ends by encoding it (`to_json`,
`from_json`), so what a dialog puts into slots must be JSON: str, int, bool, None, list, dict.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from dialogs.messages import Reply

Slots = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A dialog that waits for the one it called; it goes on with `on_done`, a trigger."""

    dialog: str
    state: str
    slots: Slots
    on_done: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A choice as it was offered: what the next input is matched against."""

    id: str
    number: int
    label: str
    short: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the last answer said was done, in a dialog. A USSD screen may vanish unseen, so it is
    kept until something else is heard. `sent`: it went out as a message too."""

    dialog: str
    text: str
    sent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where a conversation stands. `dialog` "" means nothing was said yet (or it ended).

    `offered` is what the last answer offered, `offered_before` what answers of chat ever did, the
    last one included (id → unix seconds), so that an old button is told from a wrong one. `paged`
    is the reply being paged and `page` its page on screen (1-based). `rejects` counts answers in
    a row that were not understood. `staff_until` (unix seconds) is when a staff sign-in ends.
    `turns` counts. `misses` (unix seconds) are the recent answers that were not understood, so
    that two machines do not talk to each other for ever (docs/security.md, S11). `result`: what
    was done and may not have been seen.
    """

    dialog: str = ""
    state: str = ""
    slots: Slots = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    offered: tuple[Offered, ...] = ()
    offered_before: dict[str, int] = field(default_factory=dict)
    paged: Reply | None = None
    page: int = 1
    language: str = ""
    rejects: int = 0
    staff_until: int = 0
    turns: int = 0
    misses: tuple[int, ...] = ()
    result: Result | None = None

    def to_json(self) -> bytes:
        """The session as stored."""
        return msgspec.json.encode(self)

    def forget(self) -> "Session":
        """Home again: language, turn count, staff sign-in, old buttons and misses stay."""
        return replace(
            Session(),
            language=self.language,
            turns=self.turns,
            staff_until=self.staff_until,
            offered_before=self.offered_before,
            misses=self.misses,
        )


_DECODER = msgspec.json.Decoder(Session)


def from_json(stored: bytes) -> Session:
    """The session stored by `to_json`; one of an unknown shape becomes an empty session."""
    try:
        return _DECODER.decode(stored)
    except msgspec.DecodeError:
        return Session()
