"""Every dialog × language × channel, with the words that need most room: what is walked, and how.

Called by the tests and by the report; each walk is taken once.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from dialogs.texts import languages
from gateway.render import Page, screen
from tests.screens.channels import Channel, channels
from tests.screens.checking import GSM_LANGUAGES, faults, pages
from tests.screens.walking import DIALOGS, Screen, Walk, cases
from tests.screens.worst import ARABIC, FILLINGS, LATIN, USUAL, Filling

EVERYWHERE: Final = (USUAL, LATIN)
PROBED: Final = (LATIN, ARABIC)
"""Whose screens are also misheard, broken off and so on; the others only go where cases lead."""
REFUSED: Final = {(LATIN, "ussd"), (LATIN, "chat"), (ARABIC, "ussd")}
"""Where each refusal of each command is heard too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the matrix."""

    language: str
    channel: Channel
    filling: Filling

    def __str__(self) -> str:
        return f"{self.language} {self.channel.name} {self.filling.name}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A screen as a channel shows it, and what is wrong with it."""

    screen: Screen
    channel: Channel
    pages: list[Page]
    faults: tuple[str, ...]


@cache
def rows() -> tuple[Row, ...]:
    """Small screens are for letters of GSM-7; a long name with a number of fifteen digits is more
    than 52 characters hold."""
    return tuple(
        Row(language, channel, filling)
        for language in sorted(languages())
        for filling in FILLINGS
        for channel in channels()
        if _makes_sense(language, channel, filling)
    )


def _makes_sense(language: str, channel: Channel, filling: Filling) -> bool:
    if channel.small:
        return filling is USUAL or (filling is LATIN and language in GSM_LANGUAGES)
    return filling in EVERYWHERE or channel.profile.surface != "sms"


@cache
def walked(row: Row) -> tuple[Screen, ...]:
    """All screens of a row, each once."""
    surface = row.channel.profile.surface
    walk = Walk(
        language=row.language,
        surface=surface,
        filling=row.filling,
        room=screen(row.channel.profile),
        probe=row.filling in PROBED,
        refuse=(row.filling, surface) in REFUSED and not row.channel.small,
    )
    for dialog in sorted(DIALOGS):
        walk.through(cases(dialog))
    return tuple(walk.screens if surface == "ussd" else walk.push().screens)


@cache
def shown(row: Row) -> tuple[Shown, ...]:
    """The screens of a row, paged and judged."""
    return tuple(_judged(each, row.channel) for each in walked(row))


def _judged(screen: Screen, channel: Channel) -> Shown:
    found = pages(screen, channel)
    wrong = tuple(dict.fromkeys(faults(screen, channel, found)))
    return Shown(screen, channel, found, wrong)
