"""How much one USSD screen holds, and whether lines fit it. Called by room, views and the engine.

A screen holds 182 characters of GSM-7, 80 where one is outside it (docs/contract.md); some
carriers take fewer. What is not ASCII counts as outside, which errs on the short side.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from dialogs.directions import LEFT_TO_RIGHT, Layout, ordered
from dialogs.messages import KEY_NUMBER, Choice

TWO_SEPTETS: Final = re.compile(r"[\^{}\\\[~\]|]")


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One screen: `septets` of GSM-7, or `units` of UTF-16 where a character is outside it. Lines
    count as `layout` sets them (dialogs/directions.py)."""

    septets: int = 182
    units: int = 80
    layout: Layout = LEFT_TO_RIGHT

    def holds(self, lines: Sequence[str], choices: Sequence[Choice] = ()) -> bool:
        """True when the lines and the choices below them are one screen."""
        listed = [f"{_number(each)}{self._joint(each)}{each.label}" for each in choices]
        text = "\n".join([*lines, *listed])
        if not text.isascii():
            text = "\n".join([ordered(line, rtl=self.layout.rtl) for line in (*lines, *listed)])
        if text.isascii():
            return len(text) + len(TWO_SEPTETS.findall(text)) <= self.septets
        return len(text.encode("utf-16-le")) // 2 <= self.units

    def _joint(self, choice: Choice) -> str:
        """Between a number and its label; the key for more is no choice."""
        return " " if choice.number == KEY_NUMBER else self.layout.joint

    def quarter(self, lines: Sequence[str]) -> int:
        """How many characters of such lines are a quarter of a screen: all that a shop's name
        takes of one that goes on."""
        return (self.septets if "".join(lines).isascii() else self.units) // 4


SCREEN: Final = Room()


def _number(choice: Choice) -> int:
    return 9 if choice.number is None else choice.number
