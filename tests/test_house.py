"""The rules of the house that no tool checks: sizes, names, layout, lock, adapters' imports.

They are said in docs/architecture.md ("The house", "Dependency rules", "Rules of style") and
docs/dependencies.md.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "dialogs", "core", "storage")
TOP_LEVEL = {*PACKAGES, "tests", "docs", "requirements"}
UNFINISHED = re.compile(
    r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|pytest\.(mark\.)?(skip|xfail)\b"
)
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
ADAPTERS_MAY_IMPORT = {
    *("gateway.adapter", "gateway.inbound", "gateway.render", "dialogs.messages", "core.values"),
    *("gateway.codes", "gateway.encoding", "gateway.markup", "gateway.twilio"),
    *("msgspec", "defusedxml", "twilio.request_validator"),
}


@cache
def sources(*folders: str) -> dict[Path, str]:
    return {
        path.relative_to(ROOT): path.read_text()
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


@cache
def parsed(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(sources(path.parts[0])[path])))


def requirements(name: str) -> dict[str, Requirement]:
    """The requirements a file names itself, by their plain names; hashes and options left out."""
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    found = [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z]", line)]
    return {requirement.name: requirement for requirement in found}


def imports(path: Path) -> Iterator[str]:
    for node in parsed(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {path: text.count("\n") for path, text in sources(*PACKAGES, "tests").items()}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in sources(*PACKAGES)
        for node in parsed(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert long == []


def test_nothing_catches_everything() -> None:
    broad = [
        f"{path}:{node.lineno}"
        for path in sources(*PACKAGES)
        for node in parsed(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & set(caught(node.type)))
    ]
    assert broad == []


def caught(node: ast.expr) -> list[str]:
    return [name.id for name in ast.walk(node) if isinstance(name, ast.Name)]


def test_nothing_is_left_unfinished() -> None:
    marked = [
        f"{path}:{number} {line.strip()}"
        for path, text in sources(*PACKAGES, "tests").items()
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert marked == []


def test_no_module_has_a_vague_name() -> None:
    assert [path for path in sources(*PACKAGES, "tests") if path.stem in VAGUE_NAMES] == []


def test_the_top_level_is_the_agreed_one() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert {name for name in folders if name[0] not in "._"} - TOP_LEVEL == set()


def test_every_folder_of_modules_is_a_package() -> None:
    """Without its `__init__.py` two test files of one name would be one module to pytest."""
    folders = {path.parent for path in sources(*PACKAGES, "tests")}
    assert {folder for folder in folders if not (ROOT / folder / "__init__.py").exists()} == set()


def test_adapters_import_only_what_adapters_may() -> None:
    foreign = [
        f"{path}: {name}"
        for path in sources("gateway")
        if path.parts[:2] == ("gateway", "channels")
        for name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(
            f"{name}.".startswith(f"{allowed}.")
            for allowed in (*ADAPTERS_MAY_IMPORT, ".".join(path.parts[:3]))
        )
    ]
    assert foreign == []


def test_documents_named_in_the_sources_exist() -> None:
    named = {
        document
        for text in sources(*PACKAGES, "tests").values()
        for document in re.findall(r"\bdocs/[\w/-]+\.md", text)
    }
    assert {document for document in named if not (ROOT / document).exists()} == set()


def test_the_lock_names_no_host_and_hashes_everything() -> None:
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []
        pins = re.findall(r"^[a-z].*==.*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pins) == len(requirements(name))


def test_the_lock_satisfies_what_was_asked_for() -> None:
    run, dev = requirements("run.txt"), requirements("dev.txt")
    for asked, locked in ((requirements("run.in"), run), (requirements("dev.in"), dev)):
        for name, requirement in asked.items():
            (pin,) = locked[name].specifier
            assert requirement.specifier.contains(pin.version), requirement
    assert {name: dev[name].specifier for name in run} == {
        name: requirement.specifier for name, requirement in run.items()
    }


def test_every_runtime_dependency_is_justified() -> None:
    asked = set(requirements("run.in"))
    table = (ROOT / "docs/dependencies.md").read_text().partition("## Runtime dependencies")[2]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == asked
    assert len(asked) <= 25


def test_compiled_catalogues_are_those_of_the_sources() -> None:
    """A committed `.mo` beside its `.po` says the same (gettext reads only the `.mo`)."""
    for compiled in (ROOT / "dialogs/locales").rglob("*.mo"):
        with compiled.open("rb") as mo, compiled.with_suffix(".po").open("rb") as po:
            spoken = {(m.context, m.id): m.string for m in read_mo(mo) if m.id}
            written = {
                (m.context, m.id): m.string
                for m in read_po(po)
                if m.id and m.string and not m.fuzzy
            }
        assert spoken == written, f"{compiled} is older than its .po"
