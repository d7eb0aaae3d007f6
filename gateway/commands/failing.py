"""How a command fails: the errors that a user can cause, each one sentence and an exit code."""

from typing import Final

from gateway.settings import SettingsError

BROKEN: Final = 1
WRONG: Final = 2
DOWN: Final = 3


class Wrong(Exception):
    """The command was asked for something that cannot be, or the place is not set up for it."""


class Down(Exception):
    """Something that is needed does not answer."""


EXPECTED: Final = (Wrong, Down, SettingsError)


def code_of(error: Exception) -> int:
    """The exit code of an expected error."""
    return DOWN if isinstance(error, Down) else WRONG
