"""One throw-away PostgreSQL a test process; a fresh clone of the migrated database a module.

TEST_POSTGRES_BIN names the binaries to use, so that each supported version can be tried.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from storage.crypto import Vault
from storage.database import Database
from storage.embedded import EmbeddedPostgres, EmbeddedUrls
from storage.migrate import upgrade
from tests.shops import VAULT, Shop, open_shop

_NUMBERS = count(1)
PATIENCE_S = 30
"""For whatever the database takes a moment for, on a machine that has much else to do."""

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server whose database `maita` is migrated and never connected to again."""

    superuser: str
    template: EmbeddedUrls

    def clone(self) -> str:
        """The name of a new copy of the migrated database."""
        name = f"clone_{next(_NUMBERS)}"
        self.run("create database {} template maita owner maita_owner", name)
        return name

    def drop(self, name: str) -> None:
        """Remove a copy, whoever is still connected to it."""
        self.run("drop database {} with (force)", name)

    def run(self, statement: LiteralString, name: str) -> None:
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, once for each role."""

    app: str
    owner: str
    verify: str
    superuser: str


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach, since pytest's own belongs to root alone."""
    with tempfile.TemporaryDirectory(prefix="maita-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with new_folder() as folder:
        given = os.environ.get("TEST_POSTGRES_BIN")
        server = EmbeddedPostgres(
            folder / "data", durable=False, binaries=Path(given) if given else None
        )
        with server as urls:
            upgrade(urls.owner)
            yield Cluster(server.superuser, urls)


@pytest.fixture(scope="module")
def database_urls(cluster: Cluster) -> Iterator[Urls]:
    """A database of the module's own, migrated and empty but for the platform."""
    name = cluster.clone()
    urls = cluster.template
    yield Urls(
        app=_named(urls.app, name),
        owner=_named(urls.owner, name),
        verify=_named(urls.verify, name),
        superuser=cluster.superuser.replace("/postgres?", f"/{name}?"),
    )
    cluster.drop(name)


@pytest.fixture(scope="module")
async def db(database_urls: Urls) -> AsyncIterator[Database]:
    """The module's database as the application sees it."""
    database = await Database.open(
        database_urls.app, timeout_s=PATIENCE_S, statement_timeout_s=PATIENCE_S
    )
    yield database
    await database.close()


@pytest.fixture(scope="module")
def owner(database_urls: Urls) -> Iterator[psycopg.Connection]:
    """The module's database as its owner sees it: row security holds for them too."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def superuser(database_urls: Urls) -> Iterator[psycopg.Connection]:
    """The module's database without row security and privileges: for looking and tampering."""
    with psycopg.connect(database_urls.superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def tenants(superuser: psycopg.Connection) -> tuple[Shop, Shop]:
    """Two shops with programme, tiers, rewards, staff, a channel and one member each."""
    return open_shop(superuser, "cafe-aroma"), open_shop(superuser, "fresh-fitness")


@pytest.fixture(scope="session")
def vault() -> Vault:
    return VAULT


def _named(url: str, name: str) -> str:
    return url.replace("/maita?", f"/{name}?")
