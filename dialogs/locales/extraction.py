"""Reads every text out of the sources and keeps the catalogues true to them.

Texts are the literal arguments of `t`, `n` and `mark`. Each gets a comment for translators: the
screen it stands on, from the function or the table around it, and the room there is; a comment
`Translators: …` above it in the source goes with it. Called by `python -m dialogs.locales` and by
the tests; never while the service runs.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from dialogs.texts import LOCALES, languages

SOURCES: Final = Path(__file__).parent.parent
TEMPLATE: Final = LOCALES / "maita.pot"
CALLS: Final = {"t": None, "n": (1, 2), "mark": None}
BUTTON: Final = "Room: a choice, 20 characters."
LINE: Final = "Room: the screen has 182 characters in all, 80 where not Latin."


@dataclass(slots=True)
class Use:
    """Where a text is said, how much room it has at least, and what its sources remark."""

    files: dict[str, None] = field(default_factory=dict)
    screens: dict[str, None] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    short: bool = False


def template() -> Catalog:
    """Every text of the sources, with its places and its comments."""
    catalog = Catalog(project="Maita", version="1", copyright_holder="Maita", charset="utf-8")
    for message, use in _uses().items():
        room = BUTTON if use.short else LINE
        catalog.add(
            message,
            locations=[(name, 0) for name in use.files],
            auto_comments=[*use.remarks, f"Screens: {'; '.join(use.screens)}. {room}"],
        )
    return catalog


def _uses() -> dict[str | tuple[str, ...], Use]:
    uses: dict[str | tuple[str, ...], Use] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        places = _places(path)
        with path.open("rb") as source:
            found = list(extract("python", source, CALLS, comment_tags=("Translators:",)))
        for line, message, comments, _ in found:
            screen, short = places.get(line, (path.stem, False))
            use = uses.setdefault(message, Use())
            use.files[path.relative_to(SOURCES.parent).as_posix()] = None
            use.screens[screen] = None
            use.short |= short
            if comments:
                use.remarks[" ".join(comments).removeprefix("Translators:").strip()] = None
    return uses


def write() -> None:
    """Rewrite the template and every catalogue."""
    for path, text in _wanted():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def stale() -> list[Path]:
    """The files that are not what `write` would write."""
    return [path for path, text in _wanted() if not path.exists() or path.read_bytes() != text]


def untranslated(language: str) -> list[str]:
    """The texts that a language still lacks."""
    catalog = _catalogue(language)
    return [str(message.id) for message in catalog if message.id and not _filled(message.string)]


def _filled(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if string else False


def _wanted() -> Iterator[tuple[Path, bytes]]:
    source = template()
    yield TEMPLATE, _written(source)
    for language in sorted({"en", *languages()}):
        catalog = _catalogue(language)
        catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        if language == "en":
            for message in catalog:
                if message.id:
                    message.string = message.id
        yield LOCALES / language / "LC_MESSAGES/maita.po", _written(catalog)


def _catalogue(language: str) -> Catalog:
    path = LOCALES / language / "LC_MESSAGES/maita.po"
    if not path.exists():
        return Catalog(locale=language, project="Maita", version="1", charset="utf-8")
    with path.open("rb") as source:
        return read_po(source, locale=language)


def _written(catalog: Catalog) -> bytes:
    """The file's bytes, without the dates and names that would differ at every run."""
    catalog.header_comment = f"# Texts of Maita: {catalog.locale or 'template'}."
    out = BytesIO()
    write_po(out, catalog, width=98, omit_header=False, sort_output=True, include_lineno=False)
    dated = (b'"POT-Creation-Date:', b'"PO-Revision-Date:', b'"Last-Translator:', b'"Generated-By:')
    lines = [line for line in out.getvalue().splitlines(True) if not line.startswith(dated)]
    return b"".join(lines)


def _places(path: Path) -> dict[int, tuple[str, bool]]:
    """For each line of a source: its screen in words, and whether it is a choice's label."""
    tree = ast.parse(path.read_text())
    places: dict[int, tuple[str, bool]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for line in range(node.lineno, (node.end_lineno or 0) + 1):
                places[line] = (f"{path.stem}, {node.name.strip('_').replace('_', ' ')}", False)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("label", "short"):
            for line in range(node.value.lineno, (node.value.end_lineno or 0) + 1):
                places[line] = (places.get(line, (path.stem, False))[0], True)
    return places
