"""A conversation's memory between two turns, as a plain value that survives a restart.

Kept by storage as JSON; every turn starts by decoding it and ends by encoding it (`to_json`,
`from_json`), so what a dialog puts into slots must be JSON: str, int, bool, None, list, dict.
"""

from typing import Any

import msgspec

from dialogs.messages import Reply

Slots = dict[str, Any]


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dialog that waits for the one it called; it goes on with `on_done`, a trigger."""

    dialog: str
    state: str
    slots: Slots
    on_done: str | None = None


class Offered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A choice as it was offered: what the next input is matched against."""

    id: str
    number: int
    label: str
    short: str = ""
    keywords: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the last answer said was done, in a dialog. A USSD screen may vanish unseen, so it is
    kept until something else is heard. `sent`: it went out as a message too."""

    dialog: str
    text: str
    sent: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
    slots: Slots = msgspec.field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    offered: tuple[Offered, ...] = ()
    offered_before: dict[str, int] = msgspec.field(default_factory=dict)
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
        return _ENCODER.encode(self)

    def forget(self, dialog: str = "", state: str = "") -> "Session":
        """Home again, or anew at this place: language, turn count, staff sign-in, old buttons and
        misses stay."""
        return Session(
            dialog=dialog,
            state=state,
            language=self.language,
            turns=self.turns,
            staff_until=self.staff_until,
            offered_before=self.offered_before,
            misses=self.misses,
        )

    def depart(self) -> "Session":
        """On to another shop: its buttons are others, nobody is signed in there, and what was done
        here is no news there."""
        return Session(language=self.language, turns=self.turns, misses=self.misses)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Session)


def from_json(stored: bytes) -> Session:
    """The session stored by `to_json`; one of an unknown shape becomes an empty session."""
    try:
        return _DECODER.decode(stored)
    except msgspec.DecodeError:
        return Session()
