"""Every table of the catalogue, under a foreign tenant's setting and under none, shows no row and
takes none; a directory row shows to who knows its address only."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Table

from core.values import Address
from storage.crypto import Vault, address_hash
from storage.tables import PRE_TENANT, metadata
from tests.conftest import Urls
from tests.shops import Shop, ids, put
from tests.storage.world import NOW, new_world

TENANT_TABLES = [table for table in metadata.sorted_tables if table not in PRE_TENANT]


@pytest.fixture(scope="module", autouse=True)
def rows(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> None:
    """At least one row of the first shop in every tenant table."""
    shop = tenants[0]
    world = new_world(superuser, vault, shop)
    own = {"tenant_id": shop.id}
    put(superuser, "channel_secret", channel_id=shop.channel, secrets_enc=b"x", **own)
    put(superuser, "channel_setting", channel_id=shop.channel, region="ZW", **own)
    put(superuser, "address_stop", kind="msisdn", value="+1", stopped=True, at=NOW, **own)
    consent = {"purpose": "join", "granted": True, "wording": "v1", "at": NOW}
    put(superuser, "consent", id=ids.uuid7(), member_id=world.member, **consent, **own)
    talked = {"sender_kind": "msisdn", "sender": "+1", "session": b"", "open": True}
    times = {"opened_at": NOW, "last_at": NOW}
    channel = {"channel_id": shop.channel, **own}
    put(superuser, "conversation", id=ids.uuid7(), version=1, **talked, **times, **channel)
    heard = {"external_id": "x", "sender_kind": "msisdn", "body_mac": b"x"}
    put(superuser, "inbound", id=ids.uuid7(), **heard, **channel)
    put(superuser, "outbound", id=ids.uuid7(), **channel)
    put(superuser, "text_override", language="en", message="Yes", forms=["Yes!"], **own)
    put(superuser, "sub_code", channel_id=shop.channel, digits="45", at_tenant=shop.id, **own)
    network = {"network": "Econet", **channel}
    put(superuser, "carrier_hour", hour=NOW, counts="{}", **network)
    put(superuser, "carrier_seen", first_at=NOW, last_at=NOW, **network)
    put(superuser, "command_log", key="k", command="c", input_hash=b"", **own)


@pytest.fixture
def app(database_urls: Urls) -> Iterator[psycopg.Connection]:
    """The application's role, in a transaction that is undone."""
    with psycopg.connect(database_urls.app) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(database_urls: Urls) -> Iterator[psycopg.Connection]:
    """Whoever owns the tables: row security is forced on them too."""
    with psycopg.connect(database_urls.owner) as connection:
        yield connection
        connection.rollback()


def see(connection: psycopg.Connection, table: Table) -> int:
    statement = sql.SQL("select count(*) from {}").format(sql.Identifier(table.name))
    row = connection.execute(statement).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def become(connection: psycopg.Connection, tenant: object) -> None:
    connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant),))


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize("role", ["app", "owner"])
def test_a_table_shows_its_tenants_rows_only(
    role: str,
    table: Table,
    tenants: tuple[Shop, Shop],
    superuser: psycopg.Connection,
    request: pytest.FixtureRequest,
) -> None:
    connection: psycopg.Connection = request.getfixturevalue(role)
    mine, other = tenants
    assert see(connection, table) == 0, "no setting was ever made"
    become(connection, mine.id)
    everything = sql.SQL("select count(*) from {} where tenant_id = {}")
    owned = superuser.execute(
        everything.format(sql.Identifier(table.name), sql.Literal(mine.id))
    ).fetchone()
    assert owned is not None
    assert see(connection, table) == owned[0] >= 1
    become(connection, other.id)
    foreign = sql.SQL("select count(*) from {} where tenant_id = {}")
    asked = foreign.format(sql.Identifier(table.name), sql.Literal(mine.id))
    assert connection.execute(asked).fetchone() == (0,)
    become(connection, ids.uuid7())
    assert see(connection, table) == 0
    become(connection, "")
    assert see(connection, table) == 0, "a setting whose transaction ended is empty"


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
def test_a_row_cannot_be_written_for_another_tenant(
    table: Table, tenants: tuple[Shop, Shop], owner: psycopg.Connection
) -> None:
    mine, other = tenants
    name = sql.Identifier(table.name)
    become(owner, mine.id)
    owner.execute(sql.SQL("create temp table copy on commit drop as select * from {}").format(name))
    owner.execute("update copy set tenant_id = %s", (other.id,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        owner.execute(sql.SQL("insert into {} select * from copy").format(name))


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
def test_a_row_cannot_be_moved_or_deleted_from_outside(
    table: Table, tenants: tuple[Shop, Shop], owner: psycopg.Connection
) -> None:
    if table.name in ("transfer", "entry"):
        owner.execute("alter table transfer disable trigger user")
        owner.execute("alter table entry disable trigger user")
    become(owner, tenants[1].id)
    name, mine = sql.Identifier(table.name), sql.Literal(tenants[0].id)
    for statement in (
        "update {} set tenant_id = tenant_id where tenant_id = {}",
        "delete from {} where tenant_id = {}",
    ):
        assert owner.execute(sql.SQL(statement).format(name, mine)).rowcount == 0


def test_a_directory_row_shows_to_who_knows_its_address(
    app: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]
) -> None:
    known = address_hash(vault, Address("msisdn", "+263771000001"))
    other = address_hash(vault, Address("msisdn", "+263771000002"))
    add = "insert into directory values (%s, %s, 'member', %s, %s)"
    become_address(app, known)
    app.execute(add, (known, tenants[0].id, tenants[0].member, None))
    app.execute(add, (known, tenants[1].id, tenants[1].member, NOW))
    assert see(app, metadata.tables["directory"]) == 2
    become_address(app, other)
    assert see(app, metadata.tables["directory"]) == 0
    become(app, tenants[0].id)
    assert see(app, metadata.tables["directory"]) == 0, "a tenant's setting shows none"
    app.execute("select set_config('app.address', '', true)")
    assert see(app, metadata.tables["directory"]) == 0
    # Whoever sweeps deletes the expired rows, unseen, and no other.
    assert app.execute("delete from directory").rowcount == 1
    become_address(app, known)
    assert see(app, metadata.tables["directory"]) == 1
    become_address(app, other)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        app.execute(add, (known, tenants[0].id, ids.uuid7(), None))


def become_address(connection: psycopg.Connection, hashed: bytes) -> None:
    connection.execute("select set_config('app.address', %s, true)", (hashed.hex(),))


@pytest.mark.parametrize(
    "statement",
    [
        "truncate member",
        "delete from member",
        "update account set id = id",
        "update lot set amount = amount",
        "update issuance set points = 0",
        "update entry set amount = 1",
        "delete from transfer",
        "update consent set granted = true",
        "update command_log set ref = null",
        "create table mine (id int)",
        "alter table member disable row level security",
        "select * from verify.balances",
        "set role maita_owner",
        "set role maita_reports",
    ],
)
def test_the_application_may_not(statement: str, app: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.encode())
