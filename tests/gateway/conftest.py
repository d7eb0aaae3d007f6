"""The command line for tests of the gateway: run in this process against a real database."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from gateway import cli
from tests.conftest import Urls


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Maita = Callable[..., Ended]


@pytest.fixture
def maita(
    database_urls: Urls,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Maita]:
    """Run `maita …` as it is run from a shell, with some settings changed (None: unset)."""
    environment = {
        "MAITA_ENV": "dev",
        "MAITA_DATA_DIR": str(tmp_path_factory.getbasetemp() / "cli"),
        "MAITA_DATABASE_URL": database_urls.app,
        "MAITA_DATABASE_OWNER_URL": database_urls.owner,
        "MAITA_DATABASE_VERIFY_URL": database_urls.verify,
        "MAITA_PUBLIC_URL": "http://127.0.0.1:9",
    }

    def run(*words: str, **settings: str | None) -> Ended:
        for name, value in {**environment, **settings}.items():
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["maita", *words])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield run
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def demo(maita: Maita) -> dict[str, Any]:
    ended = maita("demo", "--json")
    assert ended.code == 0, ended.err
    document: dict[str, Any] = json.loads(ended.out)
    return document
