"""A bare database becomes ours: under other role names, twice at once, and wholly or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import ProgrammingError

from storage.catalogue import faults
from storage.database import Database
from storage.migrate import _config, upgrade
from storage.readiness import HEAD
from tests.conftest import PATIENCE_S, Cluster
from tests.shops import put
from tests.storage.world import NOW

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
    url = cluster.superuser.replace("/postgres?", "/bare?")
    database = await Database.open(url, timeout_s=PATIENCE_S)
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


def test_who_had_left_before_is_no_longer_listed(bare: str) -> None:
    """The revision of shared addresses takes what no commit before it took away."""
    shared = import_module("storage.migrations.versions.r0002_shared")
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(bare), poolclass=NullPool
    )
    with engine.begin() as opened:
        command.upgrade(_config(opened), shared.down_revision)
    tenant, gone, here = uuid4(), uuid4(), uuid4()
    with psycopg.connect(bare, autocommit=True) as connection:
        connection.execute("select set_config('app.tenant_id', %s, false)", (str(tenant),))
        put(connection, "tenant", id=tenant, slug="cafe", name="Cafe")
        for member, status in ((gone, "left"), (here, "active")):
            row = {"name": "", "language": "en", "joined_at": NOW, "status": status}
            left = {"left_at": NOW} if status == "left" else {}
            put(connection, "member", tenant_id=tenant, id=member, **row, **left)
            hashed = member.bytes
            connection.execute("select set_config('app.address', %s, false)", (hashed.hex(),))
            found_by = {"address_hash": hashed, "tenant_id": tenant, "subject_kind": "member"}
            put(connection, "directory", **found_by, subject_id=member)
    upgrade(bare)
    with psycopg.connect(bare) as connection:
        for member, listed in ((gone, 0), (here, 1)):
            connection.execute("select set_config('app.address', %s, false)", (member.bytes.hex(),))
            assert connection.execute("select count(*) from directory").fetchone() == (listed,)
