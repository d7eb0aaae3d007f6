"""How much one USSD screen holds, and whether lines fit it. Called by room, views and the engine.

A screen holds 182 characters of GSM-7, 80 where one is outside it (docs/contract.md); some
carriers take fewer. What is not ASCII counts as outside, which errs on the short side.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from dialogs.directions import LEFT_TO_RIGHT, Layout, ordered
from dialogs.menus import derived
from dialogs.messages import KEY_NUMBER, Choice

TWO_SEPTETS: Final = re.compile(r"[\^{}\\\[~\]|]")


class Room(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """One screen: `septets` of GSM-7, or `units` of UTF-16 where a character is outside it. Lines
    count as `layout` sets them (dialogs/directions.py)."""

    septets: int = 182
    units: int = 80
    layout: Layout = LEFT_TO_RIGHT

    def holds(self, lines: Sequence[str], choices: Sequence[Choice] = ()) -> bool:
        """True when the lines and the choices below them are one screen."""
        listed = derived(choices, _listed, self.layout)
        said = "\n".join(lines)
        between = 1 if lines and listed.lines else 0
        if listed.septets is not None and said.isascii():
            left = self.septets - between - listed.septets
            # No character takes more than two, so most texts need not be searched.
            return 2 * len(said) <= left or _septets(said) <= left
        if not said.isascii():
            said = "\n".join([ordered(line, rtl=self.layout.rtl) for line in lines])
        return _units(said) + between + listed.units <= self.units

    def quarter(self, lines: Sequence[str]) -> int:
        """How many characters of such lines are a quarter of a screen: all that a shop's name
        takes of one that goes on."""
        return (self.septets if "".join(lines).isascii() else self.units) // 4


SCREEN: Final = Room()


class _Listed(msgspec.Struct, frozen=True):
    """What choices take below a text. `septets` None: they are not ASCII."""

    lines: int
    septets: int | None
    units: int


def _listed(choices: Sequence[Choice], layout: Layout) -> _Listed:
    joint, rtl = layout.joint, layout.rtl
    lines = [f"{_number(each)}{_joint(each, joint)}{each.label}" for each in choices]
    text = "\n".join(lines)
    if text.isascii():
        return _Listed(len(lines), _septets(text), len(text))
    return _Listed(len(lines), None, _units("\n".join([ordered(line, rtl=rtl) for line in lines])))


def _number(choice: Choice) -> int:
    return 9 if choice.number is None else choice.number


def _joint(choice: Choice, joint: str) -> str:
    """Between a number and its label; the key for more is no choice."""
    return " " if choice.number == KEY_NUMBER else joint


def _septets(text: str) -> int:
    """Of ASCII text in GSM-7."""
    return len(text) + len(TWO_SEPTETS.findall(text))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
