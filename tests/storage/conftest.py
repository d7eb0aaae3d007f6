"""What several tests of storage start from."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from storage.crypto import Vault
from storage.database import Database
from storage.turns import Turns
from tests.conftest import PATIENCE_S, Urls
from tests.shops import Shop
from tests.storage.world import Programmes, World, new_world


@pytest.fixture(scope="module")
async def verifier(database_urls: Urls) -> AsyncIterator[Database]:
    """The database as `maita verify` sees it."""
    database = await Database.open(
        database_urls.verify, size=1, timeout_s=PATIENCE_S, statement_timeout_s=PATIENCE_S
    )
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def crowded(database_urls: Urls) -> AsyncIterator[Database]:
    """The application's database with connections for many at once."""
    database = await Database.open(
        database_urls.app, size=16, timeout_s=PATIENCE_S, statement_timeout_s=PATIENCE_S
    )
    yield database
    await database.close()


@pytest.fixture(scope="module")
def turns(db: Database, vault: Vault) -> Turns:
    return Turns(db, vault, Programmes())


@pytest.fixture
def world(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> World:
    """A new member of the first shop."""
    return new_world(superuser, vault, tenants[0])
