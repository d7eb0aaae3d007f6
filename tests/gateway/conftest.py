"""For tests of the gateway: the command line, and a whole gateway, each in this process and on a
real database."""

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import structlog

from gateway import cli, logs
from tests.conftest import Urls
from tests.gateway.market import Market, open_market
from tests.gateway.teahouse import TeaHouse, open_tea_house

_PHONES = count(773_100_001)


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


@pytest.fixture(scope="module")
async def shop(
    database_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TeaHouse]:
    """A gateway with one shop on every kind of channel, on the module's own database."""
    async with open_tea_house(database_urls.app, tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture(scope="module")
async def market(
    database_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Market]:
    """A gateway with two shops on addresses that they share, on the module's own database."""
    async with open_market(database_urls.app, tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture
def lines() -> Iterator[Callable[[], str]]:
    """The log lines of this process so far, as they are written in service."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    writing = logs.configure("debug", pretty=False, stream=stream)

    def written() -> str:
        writing.flush()
        return stream.getvalue()

    yield written
    writing.close()
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def phone() -> str:
    """A number that nobody had before."""
    return f"+263{next(_PHONES)}"


@pytest.fixture
async def both(market: Market, phone: str) -> str:
    """A member of both: 1 230 points for tea, 4 560 at the salon."""
    await market.join(market.tea, phone, 1230)
    await market.join(market.salon, phone, 4560)
    return phone
