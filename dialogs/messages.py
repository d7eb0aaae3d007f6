"""What is said and heard, whatever the channel. Called by dialogs, the engine and the renderers.

A choice has one stable id; its digit, label, short label, keywords and a tap all mean that id.
"""

from typing import Final, Literal

import msgspec

KEY_NUMBER: Final = 98
"""The key that turns the page; never a choice's number."""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A picture a chat can show. `code`: what its QR holds; channels without pictures show it as
    text, since `Reply.text` always says it too."""

    kind: Literal["qr"]
    code: str


class Input(msgspec.Struct, frozen=True):
    """One thing a person said. `choice`: the option id a tap carried, or None for typed text."""

    text: str
    choice: str | None = None
    media: str | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, cache_hash=True):
    """One thing a person can pick. `short` (≤ 20, rows ≤ 24) is for buttons, `detail` (≤ 72) for
    list rows, `keywords` also select it, casefolded. `number` None: by its place, from 1."""

    id: str
    label: str
    short: str = ""
    detail: str = ""
    keywords: tuple[str, ...] = ()
    number: int | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer: text, then what can be picked. `end` closes the session. `secret`: the answer
    to this is a PIN and is never echoed, kept or logged. `footer`: a hint shown where there is
    room, such as `0 Back`. `keep`: worth keeping when the screen vanishes (a till code), so a USSD
    answer is also sent as a text message where the tenant can."""

    text: str
    choices: tuple[Choice, ...] = ()
    media: Media | None = None
    end: bool = False
    secret: bool = False
    footer: str = ""
    keep: bool = False
