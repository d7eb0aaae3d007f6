"""Which way a language is written, and what keeps numbers whole where both ways meet.

Phones order a line by the Unicode Bidirectional Algorithm (UAX 9). Within Arabic its rules keep
`1,250`, `50.000`, `20/11` and `17:40` whole, since one comma, full stop, slash or colon between
digits belongs to the number; but they turn `1 250` into `250 1`, `*123#` into `#123*` and `-100`
into `100-`. So Arabic formats avoid spaces within numbers, and what starts with a sign or has
spaces by nature (a star-code, a telephone number) gets one left-to-right mark in front. After an
Arabic name an English line is turned around in the same way, so a number that follows one gets the
mark too, and a masked Latin name (`Ru***`) in an Arabic line gets it behind. Called by texts, by
room, and by the renderer, which orders every line it shows.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_symbol

MARK: Final = "\u200e"
"""LEFT-TO-RIGHT MARK, which shows nothing."""

_RIGHT: Final = "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
"""Hebrew, Arabic and their neighbours, without their digits."""
_NUMBER_AFTER_NAME: Final = re.compile(
    rf"(?<=[{_RIGHT}])(?=[^\w{MARK}]*(?:[0-9]+ [0-9]|[0-9][^{_RIGHT}]*?(?:[A-Za-z]|$)))"
)
"""A single number between two Arabic words stays where it is by itself."""
_TURNED: Final = re.compile(
    rf"(?<![\w{MARK}*+#.,:/-])"
    rf"{MARK}?([*+#-][0-9](?:[0-9*#.,]|[ -](?=[0-9*]))*|[0-9]+(?:[ -][0-9*]+)+|[0-9]+(?=[A-Za-z]))",
    re.ASCII,
)
_MASKED: Final = re.compile(rf"(?<=[^\W\d{_RIGHT}]\*\*\*)(?!{MARK})")
"""Behind a masked Latin name: its asterisks would else stand in front of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """How a language sets numbers and lists: there are two ways, told apart by identity. `joint`:
    between a choice's number and its label; `comma`: between the parts of a list; `thousands`:
    within a number; `gap`: within a code or a telephone number."""

    rtl: bool = False
    joint: str = " "
    comma: str = ", "
    thousands: str = " "
    gap: str = " "


LEFT_TO_RIGHT: Final = Layout()
RIGHT_TO_LEFT: Final = Layout(rtl=True, joint=" - ", comma="، ", thousands=",", gap="")


@cache
def layout(language: str) -> Layout:
    """How this language is laid out; an unknown one as English."""
    try:
        direction = Locale.parse(language).text_direction
    except (UnknownLocaleError, ValueError):
        return LEFT_TO_RIGHT
    return RIGHT_TO_LEFT if direction == "rtl" else LEFT_TO_RIGHT


@cache
def currency(code: str, language: str) -> str:
    """`JOD`, or its sign in a language whose letters the code is not written in: `د.أ`."""
    if not layout(language).rtl:
        return code
    symbol = get_currency_symbol(code, locale=language).strip("\u200f.")
    return symbol if re.search(f"[{_RIGHT}]", symbol) else code


def ordered(line: str, *, rtl: bool) -> str:
    """The line with marks where its numbers would else be turned around. Safe to repeat."""
    if line.isascii():
        return line
    if rtl:
        return _MASKED.sub(MARK, _TURNED.sub(rf"{MARK}\1", line))
    return _NUMBER_AFTER_NAME.sub(MARK, line)
