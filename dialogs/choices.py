"""Choices that many dialogs offer, and ids with a meaning of their own. Called by dialogs."""

import re
from typing import Final
from unicodedata import category

from dialogs.dialog import Reject, View
from dialogs.menus import menu
from dialogs.messages import KEY_NUMBER, Choice
from dialogs.texts import Texts, mark

BACK: Final = "back"
"""Picked, it does what the key `0` does; the only choice with number 0."""

YES: Final = "yes"

# Translators: Words that say yes and no to a question, separated by commas, in any case. Give those
# of your language; the English ones work anyway. None may mean the other in another language.
YES_WORDS: Final = mark("YES,Y,OK")
NO_WORDS: Final = mark("NO,N")

NOT_A_CHOICE: Final = mark("That is not a choice.")

JOINERS: Final = frozenset("\u200d\u2060")
SKINS: Final = frozenset("🏻🏼🏽🏾🏿")
"""The colours of a picture's skin, which stand behind it."""

STAMP: Final = "~"
"""Ends a choice's own id; behind it stands the turn in which a guarding screen offered it."""


def numbered(place: int) -> int:
    """The number of the choice at this place, from 1, stepping over the key for more."""
    return place if place < KEY_NUMBER else place + 1


@menu
def yes_or_no(words: Texts) -> tuple[Choice, Choice]:
    """`1 Yes`, `0 No`: no goes back."""
    # Translators: Confirmation, a button of 20 characters.
    yes, no = words.t("Yes"), words.t("No")
    return (
        Choice(id=YES, label=yes, keywords=_spelled(words, YES_WORDS), number=1),
        Choice(id=BACK, label=no, keywords=_spelled(words, NO_WORDS), number=0),
    )


def _spelled(words: Texts, spelled: str) -> tuple[str, ...]:
    """Words of this language and the English ones, each once."""
    return tuple(dict.fromkeys((*words.t(spelled).split(","), *spelled.split(","))))


def no_choice(view: View) -> Reject:
    """How a screen without choices hears."""
    return Reject(view.t("That is not a choice."))


NUMBER_BEGUN: Final = re.compile(r"[0-9][0-9.,:/ ]*\Z")
NUMBER_GOES_ON: Final = re.compile(r"[.,:/ ]?[0-9]")


def shortened(label: str, room: int) -> str:
    """A label for a button or a row: what fits, the cut marked by a full stop. A number is left
    out rather than cut, since what is left of it would be another one; where that is within a later
    sentence, with the sentence."""
    if len(label) <= room:
        return label
    kept = whole_characters(label, room - 1)
    if NUMBER_GOES_ON.match(label, len(kept)):
        kept = NUMBER_BEGUN.sub("", kept) or kept
        kept = kept.rpartition(". ")[0] or kept
    return f"{kept.rstrip()}."


def whole_characters(text: str, most: int) -> str:
    """The beginning of a text, at most so long, that tears nothing apart which is drawn as one."""
    kept = min(max(most, 0), len(text))
    while 0 < kept < len(text) and _joins(text[kept - 1], text[kept]):
        kept -= 1
    return text[:kept]


def _joins(before: str, char: str) -> bool:
    """Whether this character is drawn together with the one before it (a part of what UAX 29
    calls a grapheme cluster)."""
    return before in JOINERS or char in JOINERS or category(char)[0] == "M" or char in SKINS
