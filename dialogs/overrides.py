"""A shop's own words in place of the catalogue's: which texts there are, and what each must keep.

Whether the words also fit where they are shown is gateway/fitting.py's to say, which calls this
first. Nothing here runs within a turn: texts are checked when they are saved.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from string import Formatter
from typing import Final

from babel.messages.pofile import read_po

from dialogs.locales.rooms import Room, room_in
from dialogs.texts import LOCALES, languages, plural

COUNTED_MAX: Final = 1000
"""Numbers up to here take every plural form that a language has."""
JOINERS: Final = "\u200c\u200d"
"""Formatting characters that some scripts are spelled with; all others hide or turn text around."""
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PARSE: Final = Formatter().parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A text of the catalogue. `plural` "": it has no forms."""

    message: str
    plural: str
    room: Room

    @property
    def placeholders(self) -> frozenset[str]:
        """The names in its braces."""
        return names_in(self.plural or self.message) or frozenset()


@cache
def known() -> Mapping[str, Known]:
    """Every text by its English, in the singular."""
    with (LOCALES / "en/LC_MESSAGES/maita.po").open("rb") as source:
        catalog = read_po(source, locale="en")
    found = {}
    for entry in catalog:
        if entry.id:
            one, many = (entry.id, "") if isinstance(entry.id, str) else entry.id
            room = room_in(" ".join(entry.auto_comments))
            found[one] = Known(message=one, plural=many, room=room)
    return found


def fault(language: str, message: str, forms: tuple[str, ...]) -> str | None:
    """What is wrong with a text in one sentence, without its full stop; None when nothing is."""
    text = known().get(message)
    if text is None:
        near = get_close_matches(message, known(), 1)
        return "there is no such text" + (f"; did you mean {near[0]!r}?" if near else "")
    if language not in languages():
        return f"there is no language {language!r}"
    if text.room == "words":
        return "keywords mean the same in every shop"
    needed = forms_of(language) if text.plural else 1
    if len(forms) != needed:
        return f"{needed} {'forms are' if needed > 1 else 'form is'} needed, not {len(forms)}"
    wrong = (_wrong(language, text, place, form) for place, form in enumerate(forms))
    return next(filter(None, wrong), None)


def _wrong(language: str, text: Known, place: int, form: str) -> str | None:
    if not form.strip() or form != form.strip():
        return "it is empty, or has a space at an end"
    if form.count("\n") > text.message.count("\n"):
        return "it has more lines than the text it stands for"
    if any(unicodedata.category(c) in UNSEEN for c in form if c != "\n" and c not in JOINERS):
        return "it has a character that is not shown, or that turns text around"
    found, wanted = names_in(form), text.placeholders
    if found is None or not found <= wanted:
        allowed = ", ".join(f"{{{name}}}" for name in sorted(wanted))
        return f"nothing but {allowed} may stand in braces" if wanted else "braces are not possible"
    missing = wanted - found - (_left_out(language, place) if text.plural else frozenset())
    return f"{{{min(missing)}}} is missing" if missing else None


def names_in(text: str) -> frozenset[str] | None:
    """The names in a text's braces; None when there is anything else, such as an attribute, an
    index, a conversion, a format or a brace of its own."""
    try:
        parts = list(_PARSE(text))
    except ValueError:
        return None
    fields = [(name, spec, how) for _, name, spec, how in parts if name is not None]
    plain = all(name.isidentifier() and not spec and how is None for name, spec, how in fields)
    names = [name for name, _, _ in fields]
    exact = "".join(
        said + (f"{{{name}}}" if name is not None else "") for said, name, _, _ in parts
    )
    return frozenset(names) if plain and exact == text else None


@cache
def forms_of(language: str) -> int:
    """How many plural forms a language has."""
    return 1 + max(plural(language, count) for count in range(COUNTED_MAX))


@cache
def _left_out(language: str, place: int) -> frozenset[str]:
    """A form for one number only may say that number in words: `a point`, `نقطتان`."""
    counted = [count for count in range(COUNTED_MAX) if plural(language, count) == place]
    return frozenset({"count"}) if len(counted) == 1 else frozenset()
