"""The migrated database obeys docs/security.md 1–7, and the linter notices whatever does not."""

import psycopg
import pytest
from sqlalchemy import Table, create_engine

from storage.catalogue import RLS_RULES, ROLE_RULES, Fault, faults, own_faults
from storage.crypto import Vault
from storage.database import Database
from storage.migrate import upgrade
from storage.tables import metadata
from tests.conftest import PATIENCE_S, Urls
from tests.shops import Shop
from tests.storage.world import new_world

dialect = create_engine("postgresql+psycopg://").dialect


async def test_the_migrated_database_breaks_no_rule(db: Database) -> None:
    assert await faults(db) == []
    assert await own_faults(db) == []


async def test_upgrading_again_changes_nothing(db: Database, database_urls: Urls) -> None:
    upgrade(database_urls.owner)
    assert await faults(db) == []


BREAKS = {
    "tenant_column": "create table loose (id int)",
    "row_security": "alter table member no force row level security",
    "policy": "create policy more on member using (true)",
    "directory_policy": "alter policy by_address on directory using (true)",
    "views": "create view peek as select * from member",
    "verify_views": "create table verify.kept (id int)",
    "functions": "create function peek() returns bigint language sql security definer"
    " as 'select count(*) from member'; revoke all on function peek() from public",
    "unique_keys": "create unique index peek on member_address (value, tenant_id)",
    "indexes": "create index peek on member (name)",
    "foreign_keys": "create unique index on member (tenant_id, id, version);"
    " alter table account add foreign key (version, tenant_id, member_id)"
    " references member (version, tenant_id, id)",
    "app_role": "alter role maita_app bypassrls",
    "app_member": "grant maita_reports to maita_app",
    "app_owns": "alter function app_addresses() owner to maita_app",
    "app_creates": "grant create on schema public to maita_app",
    "app_tables": "grant truncate on member to maita_app",
    "app_verify": "grant usage on schema verify to maita_app;"
    " grant select on all tables in schema verify to maita_app",
    "append_only": "grant update (command) on command_log to maita_app",
    "ledger_triggers": "alter table entry disable trigger append_only",
    "public_grants": "grant select on member to public",
}


# What breaks another rule with it.
ALSO = {
    "unique_keys": {"indexes"},
    "tenant_column": {"row_security", "policy"},
    "app_member": {"app_creates", "app_verify"},
}


@pytest.mark.parametrize("rule", [rule.id for rule in RLS_RULES + ROLE_RULES])
def test_every_rule_finds_what_breaks_it(rule: str, superuser: psycopg.Connection) -> None:
    with superuser.transaction(force_rollback=True):
        superuser.execute(BREAKS[rule].encode())
        assert {fault.rule for fault in seen(superuser)} == {rule} | ALSO.get(rule, set())


def test_a_partition_without_row_security_is_found(superuser: psycopg.Connection) -> None:
    with superuser.transaction(force_rollback=True):
        superuser.execute(
            "create table event (tenant_id uuid, primary key (tenant_id))"
            " partition by hash (tenant_id);"
            "create table event_0 partition of event for values with (modulus 1, remainder 0)"
        )
        found = {fault.name for fault in seen(superuser) if fault.rule == "row_security"}
        assert found == {"event", "event_0"}


def test_a_role_that_is_not_there_is_a_fault(superuser: psycopg.Connection) -> None:
    assert Fault("app_role", "none") in seen(superuser, "nobody")


async def test_a_superuser_may_not_serve(database_urls: Urls) -> None:
    database = await Database.open(database_urls.superuser, timeout_s=PATIENCE_S)
    assert "app_role" in {fault.rule for fault in await own_faults(database)}
    await database.close()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_migrated_columns_are_those_of_the_tables(
    table: Table, superuser: psycopg.Connection
) -> None:
    found = superuser.execute(
        "select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef"
        "  from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0"
        " order by a.attnum",
        (f"public.{table.name}",),
    )
    assert found.fetchall() == [
        (
            column.name,
            column.type.compile(dialect).lower(),
            not column.nullable,
            column.server_default is not None,
        )
        for column in table.columns
    ]


def test_there_are_no_other_tables(superuser: psycopg.Connection) -> None:
    found = superuser.execute("select tablename from pg_tables where schemaname = 'public'")
    assert {name for (name,) in found} == {*metadata.tables, "alembic_version"}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_migrated_keys_and_checks_are_those_of_the_tables(
    table: Table, superuser: psycopg.Connection
) -> None:
    constraints = superuser.execute(
        "select conname from pg_constraint where conrelid = %s::regclass and contype <> 'n'",
        (f"public.{table.name}",),
    )
    assert {name for (name,) in constraints} == {each.name for each in table.constraints}
    indexes = superuser.execute(
        "select indexrelid::regclass::text from pg_index i where indrelid = %s::regclass"
        " and not exists (select from pg_constraint k where k.conindid = i.indexrelid"
        " and k.conrelid = i.indrelid)",
        (f"public.{table.name}",),
    )
    assert {name for (name,) in indexes} == {each.name for each in table.indexes}


@pytest.mark.parametrize(
    "statement",
    [
        "update transfer set amount = 1",
        "delete from transfer",
        "truncate transfer, entry cascade",
        "update entry set amount = 1",
        "delete from entry",
        "truncate entry",
    ],
)
def test_not_even_a_superuser_changes_the_ledger(
    statement: str, superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]
) -> None:
    new_world(superuser, vault, tenants[0])
    with pytest.raises(psycopg.DatabaseError, match="append-only"):
        superuser.execute(statement.encode())


def test_functions_of_a_turn_keep_their_promises(superuser: psycopg.Connection) -> None:
    found = superuser.execute(
        "select proname, provolatile, prosecdef from pg_proc"
        " where proname in ('begin_v2', 'commit_v3')"
    )
    assert set(found) == {("begin_v2", "s", False), ("commit_v3", "v", False)}


def seen(connection: psycopg.Connection, app_role: str | None = None) -> list[Fault]:
    """The faults that this connection sees, also those of its unfinished transaction."""
    return [
        Fault(rule.id, name)
        for rule in RLS_RULES + ROLE_RULES
        for (name,) in connection.execute(rule.sql.encode(), {"app": app_role})
    ]
