"""A shop full of members in a database of its own, for the bench and the yardsticks alike.

The database is made once per count of members and kept below `.maita/bench`: members and their
ledger come by COPY, in the shape that joining and one purchase leave, so that `maita verify`
passes over it.
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from core.values import Address
from storage.crypto import Vault, address_hash
from storage.embedded import EmbeddedPostgres, EmbeddedUrls, choose_folder
from storage.identifiers import Identifiers
from tests.bench.floor import FUNCTION
from tests.bench.progress import progress

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".maita" / "bench"
CODE: Final = "*123*77#"
TOKEN: Final = "b" * 32
SECRET: Final = "bench-only-0123456789-abcdefghijklmnop"
FIRST: Final = 771_000_000
"""The members' numbers begin at +263771000000."""
POINTS: Final = 1_000_000
BATCH: Final = 20_000
_SHOP: Final = f"""
[tenant]
slug = "bench-cafe"
name = "Bench Cafe"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
dial = "{CODE}"

[programme]
points_per_unit = 10
lot_days = 3650

[[tiers]]
name = "Bronze"
threshold = 0
multiplier = 1

[[rewards]]
slug = "free-coffee"
name = "Free Coffee"
points = 1

[[channels]]
kind = "africastalking_ussd"
address = "{CODE}"
token = "{TOKEN}"
"""
_COPIES: Final = {
    "member": ("tenant_id", "id", "name", "language", "tier_id", "joined_at"),
    "member_address": ("tenant_id", "kind", "value", "member_id", "at"),
    "directory": ("address_hash", "tenant_id", "subject_kind", "subject_id"),
    "account": (
        *("tenant_id", "id", "member_id", "version", "posted", "lifetime_earned", "visits"),
    ),
    "transfer": (
        *("tenant_id", "id", "code", "debit", "credit", "amount", "balance_after"),
        *("account_version", "ref", "at"),
    ),
    "entry": (
        *("tenant_id", "transfer_id", "side", "account_id", "system", "amount"),
        *("balance_after", "account_version", "at"),
    ),
    "lot": (
        *("tenant_id", "id", "account_id", "transfer_id", "amount", "remaining"),
        *("created_at", "expires_at"),
    ),
}
_PEER: Final = """
create schema if not exists peer;
create table if not exists peer.customer (
    id serial primary key, phone text not null unique, name text not null, points integer not null);
create table if not exists peer.entry (
    id serial primary key, customer_id integer not null references peer.customer,
    amount integer not null, code text not null, at timestamptz not null);
create index if not exists entry_customer on peer.entry (customer_id);
insert into peer.customer (phone, name, points)
select a.value, m.name, w.posted from member_address a
  join member m on m.tenant_id = a.tenant_id and m.id = a.member_id
  join account w on w.tenant_id = a.tenant_id and w.member_id = a.member_id
on conflict do nothing;
grant select, insert, update on all tables in schema peer to maita_app;
grant usage on all sequences in schema peer to maita_app;
grant usage on schema peer to maita_app;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An open database with its shop."""

    urls: EmbeddedUrls
    tenant: UUID
    members: int
    folder: Path
    postmaster: int
    superuser: str

    def analyze(self) -> None:
        """Let PostgreSQL learn what is in the tables by now, as it does by itself in a minute."""
        with psycopg.connect(self.superuser, autocommit=True) as db:
            db.execute("analyze")


@contextlib.contextmanager
def opened(members: int) -> Iterator[World]:
    """The database with this many members, made when it is not there."""
    folder = FOLDER / str(members)
    made = folder / "made"
    if not made.exists():
        shutil.rmtree(choose_folder(folder), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    server = EmbeddedPostgres(choose_folder(folder), own_within_s=10)
    with server as urls:
        mighty = make_conninfo(server.superuser, dbname="maita")
        if not made.exists():
            _make(urls, mighty, folder, members)
            made.touch()
        yield World(
            urls=urls,
            tenant=_tenant(mighty),
            members=members,
            folder=folder,
            postmaster=_postmaster(mighty),
            superuser=mighty,
        )


def environment(world_urls: EmbeddedUrls, folder: Path) -> dict[str, str]:
    """What a gateway process needs to serve this database as it would in production."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAITA_")}
    return env | {
        "MAITA_ENV": "dev",
        "MAITA_DATABASE_URL": world_urls.app,
        "MAITA_DATABASE_OWNER_URL": world_urls.owner,
        "MAITA_DATABASE_VERIFY_URL": world_urls.verify,
        "MAITA_DATA_DIR": str(folder),
        "MAITA_SECRET_KEY": SECRET,
    }


def _make(urls: EmbeddedUrls, superuser: str, folder: Path, members: int) -> None:
    env = environment(urls, folder)
    shop = folder / "shop.toml"
    shop.write_text(_SHOP)
    for words in (("migrate",), ("tenant", "create", "--from", str(shop))):
        subprocess.run(
            [sys.executable, "-m", "gateway", *words],
            cwd=ROOT,
            env=env,
            check=True,
            capture_output=True,
        )
    with psycopg.connect(superuser, autocommit=True) as db:
        _fill(db, members)
        db.execute(FUNCTION)
        db.execute(_PEER)
        db.execute("vacuum analyze")
        db.execute("checkpoint")


def _fill(db: psycopg.Connection, members: int) -> None:
    row = db.execute("select t.id, i.id from tenant t join tier i on i.tenant_id = t.id").fetchone()
    assert row is not None, "the shop was created"
    ids = Identifiers(random.Random(members), time.time)
    for start in progress(range(0, members, BATCH), f"{members:,} members", members, BATCH):
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COPIES}
        for number in range(start, min(start + BATCH, members)):
            _member(rows, ids, row[0], row[1], number)
        with db.transaction():
            for table, columns in _COPIES.items():
                text = f"copy {table} ({', '.join(columns)}) from stdin"
                with db.cursor().copy(text) as copy:
                    for each in rows[table]:
                        copy.write_row(each)


def _member(
    rows: dict[str, list[tuple[Any, ...]]], ids: Identifiers, tenant: UUID, tier: UUID, number: int
) -> None:
    """One member who bought once: the rows that the commands would have left."""
    now, phone = datetime.now(UTC), f"+263{FIRST + number}"
    member, account, transfer, lot = (ids.uuid7() for _ in range(4))
    hashed = address_hash(_VAULT, Address("msisdn", phone))
    ref, ends = ids.ref(), now.replace(year=now.year + 9)
    rows["member"].append((tenant, member, f"Rudo {number}", "en", tier, now))
    rows["member_address"].append((tenant, "msisdn", phone, member, now))
    rows["directory"].append((hashed, tenant, "member", member))
    rows["account"].append((tenant, account, member, 2, POINTS, POINTS, 1))
    rows["transfer"].append(
        (tenant, transfer, "earn", "issuance", str(account), POINTS, POINTS, 2, ref, now)
    )
    rows["entry"] += [
        (tenant, transfer, "debit", None, "issuance", -POINTS, None, None, now),
        (tenant, transfer, "credit", account, None, POINTS, POINTS, 2, now),
    ]
    rows["lot"].append((tenant, lot, account, transfer, POINTS, POINTS, now, ends))


def _tenant(superuser: str) -> UUID:
    with psycopg.connect(superuser) as db:
        row = db.execute("select id from tenant where slug = 'bench-cafe'").fetchone()
    assert row is not None, "the shop was created"
    found: UUID = row[0]
    return found


def _postmaster(superuser: str) -> int:
    with psycopg.connect(superuser) as db:
        row = db.execute("select pg_backend_pid()").fetchone()
        assert row is not None, "a connection has a process"
        stat = Path(f"/proc/{row[0]}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


_VAULT: Final = Vault(SECRET.encode())
