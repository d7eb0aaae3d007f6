"""What may be kept only for a while is dropped, and nothing else."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from storage import retention
from storage.crypto import Vault
from storage.database import Database
from storage.jobs import Jobs
from storage.retention import sweep
from tests.shops import Shop, ids, put
from tests.storage.rows import DAY, NOW, Rows

HOUR = timedelta(hours=1)


@pytest.fixture
def rows(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> Rows:
    superuser.execute("truncate job, directory, inbound, outbound, command_log")
    return Rows(superuser, vault, tenants[0])


def answered(rows: Rows, key: str, age: timedelta) -> None:
    at = NOW - age
    rows.keyed("command_log", key=key, command="", input_hash=b"", answer=b"CON", created_at=at)


def outbound(rows: Rows, state: str, age: timedelta) -> None:
    rows.put(
        "outbound",
        channel_id=rows.shop.channel,
        payload_enc=b"sealed",
        state=state,
        created_at=NOW - age,
        updated_at=NOW - age,
    )


def inbound(rows: Rows, name: str, age: timedelta) -> None:
    rows.put(
        "inbound",
        channel_id=rows.shop.channel,
        external_id=name,
        sender_kind="msisdn",
        body_mac=b"",
        received_at=NOW - age,
    )


def left(rows: Rows, query: Any) -> list[Any]:
    return [row[0] for row in rows.connection.execute(query).fetchall()]


async def test_answers_are_dropped_after_a_day_and_their_commands_stay(
    db: Database, rows: Rows
) -> None:
    answered(rows, "old", 25 * HOUR)
    answered(rows, "new", 23 * HOUR)
    assert await sweep(db, [rows.shop.id]) == 1
    assert left(rows, "select key from command_log where answer is not null") == ["new"]
    assert left(rows, "select count(*) from command_log") == [2]
    assert await sweep(db, [rows.shop.id]) == 0


async def test_payloads_are_dropped_a_day_after_the_last_try(db: Database, rows: Rows) -> None:
    for state in ("queued", "unknown", "sent", "delivered", "read", "failed"):
        outbound(rows, state, 25 * HOUR)
        outbound(rows, state, 23 * HOUR)
    await sweep(db, [rows.shop.id])
    kept = left(
        rows,
        "select state from outbound where payload_enc is not null"
        " and created_at < now() - interval '24 h' order by state",
    )
    assert kept == []
    assert left(rows, "select count(*) from outbound where payload_enc is not null") == [6]


async def test_inbound_messages_are_dropped_after_thirty_days(db: Database, rows: Rows) -> None:
    inbound(rows, "old", 31 * DAY)
    inbound(rows, "new", 29 * DAY)
    await sweep(db, [rows.shop.id])
    assert left(rows, "select external_id from inbound") == ["new"]


async def test_finished_slots_and_expired_claims_are_dropped(db: Database, rows: Rows) -> None:
    jobs = Jobs(db)
    await jobs.add(rows.shop.id, "expire", unique_key="expire:1")
    (job,) = await jobs.claim()
    await jobs.done(job)
    await jobs.add(rows.shop.id, "expire", unique_key="expire:2")
    claim = {"tenant_id": rows.shop.id, "subject_kind": "session", "subject_id": ids.uuid7()}
    put(rows.connection, "directory", address_hash=b"over", expires_at=NOW - DAY, **claim)
    put(rows.connection, "directory", address_hash=b"lives", expires_at=NOW + DAY, **claim)
    put(rows.connection, "directory", address_hash=b"member", **claim)
    await sweep(db, [])
    assert len(left(rows, "select id from job")) == 2
    assert left(rows, "select address_hash from directory order by 1") == [b"lives", b"member"]
    rows.connection.execute("update job set run_at = now() - interval '25 h'")
    await sweep(db, [])
    assert left(rows, "select unique_key from job") == ["expire:2"]


async def test_only_the_tenants_named_are_swept(
    db: Database, rows: Rows, tenants: tuple[Shop, Shop]
) -> None:
    answered(rows, "old", 25 * HOUR)
    assert await sweep(db, [tenants[1].id]) == 0
    assert await sweep(db, [shop.id for shop in tenants]) == 1


async def test_much_is_dropped_batch_by_batch(db: Database, rows: Rows) -> None:
    rows.connection.execute(
        "insert into command_log (tenant_id, key, command, input_hash, answer, created_at)"
        " select %s, n::text, '', '', 'CON', now() - interval '2 days'"
        " from generate_series(1, %s) n",
        [rows.shop.id, retention.BATCH + 500],
    )
    assert await sweep(db, [rows.shop.id]) == retention.BATCH + 500
    assert left(rows, "select count(*) from command_log where answer is not null") == [0]


async def test_the_addresses_of_a_link_are_kept_while_it_can_be_undone(
    db: Database, rows: Rows
) -> None:
    for ref, days in (("old", 32), ("new", 30)):
        rows.put(
            "member_link",
            member_id=rows.shop.member,
            ref=ref,
            points=0,
            lifetime_earned=0,
            lifetime_spent=0,
            visits=0,
            joined_at=NOW,
            addresses='[{"kind": "bsuid", "value": "ZW.1"}]',
            at=NOW - days * DAY,
        )
    await sweep(db, [rows.shop.id])
    assert left(rows, "select ref from member_link where addresses <> '[]'") == ["new"]
    assert await sweep(db, [rows.shop.id]) == 0
