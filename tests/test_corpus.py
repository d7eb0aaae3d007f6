"""Every bad input that docs/security.md section 2 lists is named by a test that tries it.

An id counts where it names something: in the name of a fixture or transcript (`u07_…`), in a test
id (`id="w29-…"`), in a docstring ("U10–U16"). Ids of parts that have not landed are not owed yet.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
OWED = {"U": range(1, 46), "W": range(1, 37), "T": range(1, 15), "S": (*range(1, 9), 11, 12)}
LAST = {"U": 45, "W": 36, "T": 14, "S": 14}
"""Where the document's lists end today: an id added there must be added to OWED, or waited for."""

_ONE = re.compile(r"(?<![A-Za-z0-9.])([UWTS])0*([0-9]{1,2})[a-z]?(?![A-Za-z0-9])")
_RANGE = re.compile(r"(?<![A-Za-z0-9])([UWTS])([0-9]{1,2})(?:-|–| to )\1?([0-9]{1,2})(?![0-9])")
_NAMED = re.compile(r"([uwts])0*([0-9]{1,2})[a-z]?(?=[-_.]|\Z)")


def ids_in_prose(text: str) -> set[str]:
    """`U1-U9, U21` and `W26, W27`."""
    found = {f"{letter}{int(number)}" for letter, number in _ONE.findall(text)}
    for letter, first, last in _RANGE.findall(text):
        found |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return found


def id_in_name(name: str) -> set[str]:
    """`u07_arabic_digit.json`, `w29-of-another-screen`."""
    found = _NAMED.match(name)
    return {f"{found[1].upper()}{int(found[2])}"} if found else set()


def named_in_source(path: Path) -> Iterator[str]:
    """What the docstrings and the test ids of a module name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from ids_in_prose(ast.get_docstring(node) or "")
        elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            yield from id_in_name(str(node.value.value)) if node.arg == "id" else ()


def named() -> set[str]:
    """Every id that something under tests/ is named by, this file apart."""
    found: set[str] = set()
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix == ".py" and path != Path(__file__):
            found.update(named_in_source(path))
        elif path.suffix in (".json", ".txt"):
            found |= id_in_name(path.name)
    return found


def test_every_id_owed_is_tried() -> None:
    owed = {f"{letter}{number}" for letter, numbers in OWED.items() for number in numbers}
    missing = sorted(owed - named(), key=lambda id: (id[0], int(id[1:])))
    assert missing == []


def test_the_lists_are_as_long_as_the_document_says() -> None:
    listed = (ROOT / "docs" / "security.md").read_text()
    section = listed.partition("## 2.")[2].partition("## 3.")[0]
    told = ids_in_prose(section)
    for letter, last in LAST.items():
        numbers = {int(id[1:]) for id in told if id[0] == letter}
        assert numbers == set(range(1, last + 1)), letter


def test_what_counts_as_naming() -> None:
    assert ids_in_prose("U1-U9, U21, U23–U25 and W26.") == {
        *(f"U{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 23, 24, 25)), "W26",
    }  # fmt: skip
    assert ids_in_prose("UTF8, HTTP/1, S3cret, T=5, SHA256, U+202E") == set()
    assert id_in_name("t05a_field_twice.json") == {"T5"}
    assert id_in_name("u8-underscore") == {"U8"}
    assert id_in_name("text.json") == id_in_name("status_sent.json") == set()
