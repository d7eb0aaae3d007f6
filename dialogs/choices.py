"""Choices that many dialogs offer, and ids with a meaning of their own. Called by dialogs."""

from typing import Final

from dialogs.dialog import Reject, View
from dialogs.messages import Choice
from dialogs.texts import mark

BACK: Final = "back"
"""Picked, it does what the key `0` does; the only choice with number 0."""

YES: Final = "yes"

# Translators: Words that say yes and no to a question, separated by commas, in any case. Give those
# of your language; the English ones work anyway. None may mean the other in another language.
YES_WORDS: Final = mark("YES,Y,OK")
NO_WORDS: Final = mark("NO,N")

KEY_NUMBER: Final = 98
"""The key that turns the page; never a choice's number."""

NOT_A_CHOICE: Final = mark("That is not a choice.")

STAMP: Final = "~"
"""Ends a choice's own id; behind it stands the turn in which a guarding screen offered it."""


def numbered(place: int) -> int:
    """The number of the choice at this place, from 1, stepping over the key for more."""
    return place if place < KEY_NUMBER else place + 1


def yes_or_no(view: View) -> tuple[Choice, Choice]:
    """`1 Yes`, `0 No`: no goes back."""
    # Translators: Confirmation, a button of 20 characters.
    yes, no = view.t("Yes"), view.t("No")
    return (
        Choice(id=YES, label=yes, keywords=_words(view, YES_WORDS), number=1),
        Choice(id=BACK, label=no, keywords=_words(view, NO_WORDS), number=0),
    )


def _words(view: View, words: str) -> tuple[str, ...]:
    """Words of this language and the English ones, each once."""
    return tuple(dict.fromkeys((*view.t(words).split(","), *words.split(","))))


def no_choice(view: View) -> Reject:
    """How a screen without choices hears."""
    return Reject(view.t("That is not a choice."))


def shortened(label: str, room: int) -> str:
    """A label for a button or a row: what fits, the cut marked by a full stop."""
    return label if len(label) <= room else f"{label[: room - 1].rstrip()}."
