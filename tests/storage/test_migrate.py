"""A bare database becomes ours: under other role names, twice at once, and wholly or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from storage.catalogue import faults
from storage.database import Database
from storage.migrate import upgrade
from storage.readiness import HEAD
from tests.conftest import Cluster

TABLES = "select count(*) from pg_tables where schemaname = 'public'"


@pytest.fixture
def strange_role(cluster: Cluster) -> Iterator[str]:
    """An application's role whose name must be quoted."""
    name = 'the "app'
    cluster.run("create role {} login password 'x'", name)
    yield name
    cluster.run("drop role {}", name)


@pytest.fixture
def bare(cluster: Cluster, strange_role: str) -> Iterator[str]:
    """The owner's address of an empty database."""
    cluster.run("create database {} owner maita_owner", "bare")
    yield cluster.template.owner.replace("/maita?", "/bare?")
    cluster.drop("bare")


async def test_roles_may_have_other_names(cluster: Cluster, bare: str, strange_role: str) -> None:
    upgrade(bare, strange_role, verify_role=None)
    database = await Database.open(cluster.superuser.replace("/postgres?", "/bare?"))
    assert await faults(database) == []
    granted = "select has_table_privilege(%s, 'member', 'select')"
    assert await database.call(granted, (strange_role,))
    assert not await database.call(granted, ("maita_app",))
    seen = "select has_schema_privilege('maita_verify', 'verify', 'usage')"
    assert not await database.call(seen)
    await database.close()


def test_two_upgrades_at_once_wait_for_each_other(bare: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(upgrade, bare) for _ in range(2)]:
            done.result()
    with psycopg.connect(bare) as connection:
        versions = connection.execute("select version_num from alembic_version").fetchall()
    assert versions == [(HEAD,)]


def test_an_upgrade_happens_wholly_or_not_at_all(bare: str) -> None:
    with pytest.raises(ProgrammingError, match="nobody_at_all"):
        upgrade(bare, "nobody_at_all")
    with psycopg.connect(bare) as connection:
        assert connection.execute(TABLES).fetchone() == (0,)
