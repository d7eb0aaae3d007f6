"""Names as people type them. Called by the dialogs that ask for one."""

import unicodedata
from typing import Final

from dialogs.keywords import visible

NAME_MAX: Final = 40
MARKS_IN_NAMES: Final = frozenset(" '-.,")
OF_EMOJI: Final = frozenset("\ufe0e\ufe0f\u20e3")
"""Marks that only stand behind pictures."""
FORMULA_MARKS: Final = "=+-@ "
"""What no name begins with: a spreadsheet would take it for a formula."""


def read_name(typed: str) -> str | None:
    """Letters of any script, digits, and the few marks that names hold; None when nothing of a
    name is left. Emoji and control characters are dropped; what is too long ends at a word."""
    shown = unicodedata.normalize("NFKC", visible(typed)).replace("’", "'")
    kept = "".join(char for char in shown if _in_names(char)).lstrip(FORMULA_MARKS)
    name = _cut(" ".join(kept.split()))
    return name if any(unicodedata.category(char)[0] == "L" for char in name) else None


def _in_names(char: str) -> bool:
    kind = unicodedata.category(char)
    letter = kind[0] in "LM" and char not in OF_EMOJI
    return letter or kind == "Nd" or char in MARKS_IN_NAMES


def _cut(name: str) -> str:
    if len(name) <= NAME_MAX:
        return name
    whole_words = name[: NAME_MAX + 1].rpartition(" ")[0]
    return (whole_words or name[:NAME_MAX]).rstrip()
