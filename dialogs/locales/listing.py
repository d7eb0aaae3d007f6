"""docs/texts.md: every text with its screens, its room, each language, and who has reviewed it.

Written by `python -m dialogs.locales` with the catalogues; a test fails when it is stale.
"""

import tomllib
from collections.abc import Iterable, Iterator
from typing import Final

from babel.messages.catalog import Message as Entry

from dialogs.languages import NAMES
from dialogs.locales.rooms import Room
from dialogs.texts import LOCALES

REVIEWED: Final = LOCALES / "reviewed.toml"
Said = dict[str, tuple[str, ...]]
"""The English of a text → its forms in a language."""

SEVERAL: Final = "Said in several dialogs"
GROUPS: Final = {
    "wording": "What cannot be done",
    "notices": "What members are told unasked",
    "reasons": "Why a reward was refused",
    "keywords": "Words that people send",
    "texts": "Dates, and words of the renderer",
    "finishing": "Keys and headings",
    "responding": "Around every dialog",
    "running": "Around every dialog",
    "offers": "Rewards in a list",
    "choices": SEVERAL,
    "customers": SEVERAL,
    "pins": SEVERAL,
    "room": SEVERAL,
}
"""What a source that is no dialog is called."""
ROOMS: Final[dict[Room, str]] = {
    "choice": "20", "line": "screen", "notice": "2 SMS", "words": "words",
}  # fmt: skip
INTRODUCTION: Final = """# Texts

Every text that Maita says, by the dialog it stands in. Written by `python -m dialogs.locales` from
the sources and the catalogues; do not edit it. The words themselves live in
`dialogs/locales/<language>/`.

**Screens** are the functions of the dialog that say it. **Room**: `20` characters on a button; one
`screen` of 182 characters, 80 where not Latin; `2 SMS` with the shop's name; `words` that people
type, in any number. Plural forms stand below one another. **Reviewed** names the languages in which
a speaker has read the text in place. What they read is kept in `dialogs/locales/reviewed.toml`, so
a text that changes is unreviewed again. A shop says any text but `words` in its own:
`maita tenant text SHOP LANGUAGE ENGLISH WORDS`.
"""


def listing(entries: Iterable[tuple[Entry, Room, tuple[str, ...]]], said: dict[str, Said]) -> str:
    """The document. `entries`: each text with its room and the screens it stands on; `said`: what
    each language says for it."""
    read = {language: reviewed(language) for language in said}
    groups: dict[str, list[str]] = {}
    for entry, room, screens in entries:
        group, places = _placed(screens)
        message = entry.id if isinstance(entry.id, str) else entry.id[0]
        forms = {language: said[language].get(message, ()) for language in said}
        seen = [each for each in said if forms[each] and read[each].get(message) == forms[each]]
        english = entry.id if isinstance(entry.id, tuple | list) else (entry.id,)
        cells = [_cell(english), places, ROOMS[room], *map(_cell, forms.values())]
        groups.setdefault(group, []).append(_row(*cells, ", ".join(seen) or "no"))
    return "\n".join([INTRODUCTION, *_counts(said, read), *_tables(groups, said)]) + "\n"


def _counts(said: dict[str, Said], read: dict[str, Said]) -> Iterator[str]:
    for language, texts in said.items():
        seen = sum(read[language].get(message) == forms for message, forms in texts.items())
        yield f"- {_name(language)}: {seen} of {len(texts)} texts reviewed"


def _tables(groups: dict[str, list[str]], said: dict[str, Said]) -> Iterator[str]:
    columns = ["English", "Screens", "Room", *map(_name, said), "Reviewed"]
    for group in sorted(groups, key=lambda name: (name != SEVERAL, name in GROUPS.values(), name)):
        yield f"\n## {group}\n"
        yield _row(*columns)
        yield _row(*["---"] * len(columns))
        yield from sorted(groups[group], key=str.casefold)


def _placed(screens: tuple[str, ...]) -> tuple[str, str]:
    """The heading a text stands under, and its screens there."""
    modules: dict[str, list[str]] = {}
    for screen in screens:
        module, _, place = screen.partition(", ")
        # What stands outside of every function of a dialog is its title, or a table's entry.
        modules.setdefault(module, []).append(place or ("" if module in GROUPS else "title"))
    where = {name: ", ".join(filter(None, places)) for name, places in modules.items()}
    groups = {GROUPS.get(module, module) for module in modules}
    if len(groups) == 1:
        return groups.pop(), ", ".join(filter(None, where.values())) or ", ".join(where)
    return SEVERAL, "; ".join(f"{name}: {at}" if at else name for name, at in where.items())


def reviewed(language: str) -> Said:
    """What a speaker has read of a language."""
    with REVIEWED.open("rb") as source:
        texts = tomllib.load(source).get(language, {})
    return {
        message: (said,) if isinstance(said, str) else tuple(said)
        for message, said in texts.items()
    }


def _name(language: str) -> str:
    return f"{NAMES.get(language, language)} ({language})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(forms: Iterable[str]) -> str:
    return "<br>".join(
        dict.fromkeys(form.replace("|", "\\|").replace("\n", "<br>") for form in forms)
    )
