"""What is said where an address leads to no shop, or past it; and which words digits may stand for.

Called by the gateway, which knows what was dialled; the engine says it first (`turn(news=…)`).
"""

from typing import Final

from dialogs.keywords import HEARD, keyword
from dialogs.texts import mark

# Translators: Said above a menu or a list of shops, on a phone that dialled *123*45#.
NO_SUCH_CODE: Final = mark("No shop has that code.")
CLOSED: Final = mark("That shop is closed.")


def stands_for(said: str) -> bool:
    """Whether digits behind a code may stand for these words: they open something, and change
    nothing before a question was answered."""
    found = keyword(said, "en")
    if found is None:
        return False
    word, argument = found
    return not (word.does or word.at_once or (argument and word.argument == HEARD))
