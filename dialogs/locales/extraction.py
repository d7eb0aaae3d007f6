"""Reads every text out of the sources and keeps the catalogues true to them.

Texts are the literal arguments of `t`, `n` and `mark`, within an f-string too (which Babel's own
extractor does not open). Each gets a comment for translators: the screen it stands on, from the
function or the table around it, and the room there is; a comment `Translators: …` above its
statement goes with it. Called by `python -m dialogs.locales` and by the tests; never while the
service runs.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po, write_po

from dialogs.locales.listing import Said, listing
from dialogs.locales.rooms import Room, described
from dialogs.texts import LOCALES, RENDERED, languages

SOURCES: Final = Path(__file__).parent.parent
TEMPLATE: Final = LOCALES / "maita.pot"
LISTING: Final = SOURCES.parent / "docs/texts.md"
CALLS: Final = {"t": 1, "n": 2, "mark": 1}
"""Functions whose first so many arguments are a text and its plural."""
WORDS: Final = "Words "
"""Begins the comment above a list of words that people type."""
NOTICES: Final = "dialogs/notices.py"


@dataclass(slots=True)
class Use:
    """Where a text is said, how much room it has at least, and what its sources remark."""

    files: dict[str, None] = field(default_factory=dict)
    screens: dict[str, None] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    label: bool = False

    @property
    def room(self) -> Room:
        """The least it has anywhere."""
        if self.label:
            return "choice"
        if any(remark.startswith(WORDS) for remark in self.remarks):
            return "words"
        return "notice" if NOTICES in self.files else "line"


def template() -> Catalog:
    """Every text of the sources, with its places and its comments."""
    catalog = Catalog(project="Maita", version="1", copyright_holder="Maita", charset="utf-8")
    for message, use in _uses().items():
        screens = f"Screens: {'; '.join(use.screens)}. {described(use.room)}"
        catalog.add(
            message,
            locations=[(name, 0) for name in use.files],
            auto_comments=[*use.remarks, screens],
        )
    return catalog


Message = str | tuple[str, ...]


def _uses() -> dict[Message, Use]:
    uses: dict[Message, Use] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        reader = _Reader(path, uses)
        reader.visit(ast.parse(reader.text))
    return uses


def write() -> None:
    """Rewrite the template, every catalogue, and the list of all texts."""
    for path, text in _wanted():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def stale() -> list[Path]:
    """The files that are not what `write` would write."""
    return [path for path, text in _wanted() if not path.exists() or path.read_bytes() != text]


def untranslated(language: str) -> list[str]:
    """The texts that a language still lacks."""
    return [str(each.id) for each in catalogue_of(language) if not all(forms_of(each))]


def catalogue_of(language: str) -> list[Entry]:
    """A language's texts as they stand in its file."""
    return [message for message in _catalogue(language) if message.id]


def forms_of(message: Entry) -> tuple[str, ...]:
    """What an entry says: one text, or one for each plural form of the language."""
    said = message.string
    return (said,) if isinstance(said, str) else tuple(said or ("",))


def _wanted() -> Iterator[tuple[Path, bytes]]:
    source, said = template(), dict[str, Said]()
    yield TEMPLATE, _written(source)
    for language in sorted({"en", *languages()}):
        catalog = _catalogue(language)
        catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        if language == "en":
            for message in catalog:
                if message.id:
                    message.string = message.id
        else:
            said[language] = {_english(each): forms_of(each) for each in catalog if each.id}
        yield LOCALES / language / "LC_MESSAGES/maita.po", _written(catalog)
    uses = _uses()
    entries = [
        (each, uses[_key(each)].room, tuple(uses[_key(each)].screens)) for each in source if each.id
    ]
    yield LISTING, listing(entries, said).encode()


def _key(entry: Entry) -> Message:
    return entry.id if isinstance(entry.id, str) else tuple(entry.id)


def _english(entry: Entry) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


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


class _Reader(ast.NodeVisitor):
    """Notes every text of one source with the function, the label and the comment it stands in."""

    def __init__(self, path: Path, uses: dict[Message, Use]) -> None:
        self.text = path.read_text()
        self._lines = self.text.splitlines()
        self._file = path.relative_to(SOURCES.parent).as_posix()
        self._uses = uses
        self._screen = self._dialog = path.stem
        self._label = False
        self._labels = frozenset[str]()
        self._remark = ""

    def visit(self, node: ast.AST) -> None:
        """Every node; a simple statement's comment belongs to all texts in it."""
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            self._remark = self._above(node.lineno) or self._remark
        super().visit(node)
        if isinstance(node, ast.stmt):
            self._remark = ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """What is said here stands on this function's screen."""
        outside = self._screen, self._labels
        self._screen = f"{self._dialog}, {node.name.strip('_').replace('_', ' ')}"
        calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
        self._labels = _names(*(label.value for call in calls for label in _labels(call)))
        self.generic_visit(node)
        self._screen, self._labels = outside

    def visit_Assign(self, node: ast.Assign) -> None:
        """A text that is kept for a label has a label's room."""
        outside, self._label = self._label, bool(_names(*node.targets) & self._labels)
        self.generic_visit(node)
        self._label = outside

    def visit_Call(self, node: ast.Call) -> None:
        """A call that says a text; another text may be among its parameters."""
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        said = tuple(filter(None, map(_text, node.args[: CALLS.get(name, 0)])))
        if said and len(said) == CALLS[name]:
            self._note(said[0] if len(said) == 1 else said)
        labels = _labels(node)
        for child in ast.iter_child_nodes(node):
            outside, self._label = self._label, self._label or child in labels
            self.visit(child)
            self._label = outside

    def _note(self, message: Message) -> None:
        use = self._uses.setdefault(message, Use())
        use.files[self._file] = use.screens[self._screen] = None
        use.label |= self._label or message in RENDERED
        if self._remark:
            use.remarks[self._remark] = None

    def _above(self, line: int) -> str:
        """The comment for translators that ends on the line above this one (from 1)."""
        first = line - 1
        while first and self._lines[first - 1].lstrip().startswith("#"):
            first -= 1
        above = " ".join(
            each.strip().removeprefix("#").strip() for each in self._lines[first : line - 1]
        )
        return re.sub(r"^.*Translators: *", "", above) if "Translators:" in above else ""


def _text(node: ast.expr) -> str | None:
    """A literal text, else None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _labels(call: ast.Call) -> list[ast.keyword]:
    """The parameters that are shown on a button: the short label where there is one."""
    named = {each.arg: each for each in call.keywords}
    shown = named.get("short") or named.get("label")
    return [shown] if shown else []


def _names(*nodes: ast.expr) -> frozenset[str]:
    """The variables in some expressions."""
    found = (each for node in nodes for each in ast.walk(node))
    return frozenset(each.id for each in found if isinstance(each, ast.Name))
