"""How much room a text has, as translators read it in the catalogues and as texts are checked.

Called by the extraction, which writes it, and by dialogs/overrides.py, which reads it back.
"""

from typing import Final, Literal

Room = Literal["choice", "line", "notice", "words"]

ROOMS: Final[dict[Room, str]] = {
    "choice": "a choice, 20 characters.",
    "line": "the screen has 182 characters in all, 80 where not Latin.",
    "notice": "two SMS with the shop's name: 306 characters in all, 134 where not Latin.",
    "words": "words, separated by commas.",
}


def described(room: Room) -> str:
    """As it stands in a comment of a catalogue."""
    return f"Room: {ROOMS[room]}"


def room_in(comment: str) -> Room:
    """The room that a comment of a catalogue names."""
    return next((room for room in ROOMS if described(room) in comment), "line")
