"""What reports bring about: jobs, second thoughts, ids that meet; and who said STOP."""

import asyncio
import time

import psycopg
import pytest

from core.values import Address
from storage.crypto import Vault
from storage.database import Database, Trips
from storage.jobs import Jobs
from storage.outbox import NewReport, Outbox, Reported
from tests.conftest import PATIENCE_S, Urls
from tests.shops import Shop
from tests.storage.outgoing import message, sent, state, store, told


@pytest.fixture
def outbox(db: Database, vault: Vault, superuser: psycopg.Connection) -> Outbox:
    superuser.execute("truncate job, outbound")
    return Outbox(db, vault)


@pytest.fixture
def shop(tenants: tuple[Shop, Shop]) -> Shop:
    return tenants[0]


async def test_a_report_of_a_failure_brings_the_job_that_judges_it(
    db: Database, outbox: Outbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    outbound_id = await sent(outbox, shop)
    superuser.execute("truncate job")
    for _ in range(2):
        await told(outbox, shop.id, shop.channel, "SM1", "failed", "131050")
    (job,) = await Jobs(db).claim()
    assert (job.kind, job.subject, job.tenant_id) == ("undelivered", outbound_id, shop.id)


async def test_other_reports_bring_no_job(
    db: Database, outbox: Outbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    await sent(outbox, shop)
    superuser.execute("truncate job")
    for each in ("delivered", "read", "failed"):
        await told(outbox, shop.id, shop.channel, "SM1", each)
    assert await Jobs(db).claim() == []


@pytest.mark.parametrize("reported", ["sent", "delivered", "read"])
async def test_a_message_nobody_answered_for_may_have_been_sent(
    outbox: Outbox, shop: Shop, reported: Reported
) -> None:
    row = message(shop)
    await store(outbox, shop, row)
    await outbox.settle(shop.id, row.id, "unknown", error="no_answer")
    await outbox.settle(shop.id, row.id, "failed", error="no_answer")
    assert await told(outbox, shop.id, shop.channel, "SM5", reported, "", row.id) == "moved"
    found = await outbox.load(shop.id, row.id)
    assert found
    assert (found.state, found.external_id, found.error) == (reported, "SM5", None)


async def test_why_a_message_failed_may_be_told_later_and_once(
    db: Database, outbox: Outbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    row = message(shop)
    await store(outbox, shop, row)
    await outbox.settle(shop.id, row.id, "failed", error="no_answer")
    superuser.execute("truncate job")
    assert await told(outbox, shop.id, shop.channel, "SM5", "failed", "21610", row.id) == "moved"
    assert await told(outbox, shop.id, shop.channel, "SM5", "sent", "", row.id) == "stale"
    assert [job.subject for job in await Jobs(db).claim()] == [row.id]


async def test_who_has_the_carriers_id_is_meant_before_who_has_ours(
    outbox: Outbox, shop: Shop
) -> None:
    first, second = await sent(outbox, shop), message(shop)
    await store(outbox, shop, second)
    assert await told(outbox, shop.id, shop.channel, "SM1", "read", "", second.id) == "moved"
    assert [await state(outbox, shop, each) for each in (first, second.id)] == ["read", "queued"]


async def test_two_ids_for_one_message_and_two_messages_for_one_id(
    outbox: Outbox, shop: Shop
) -> None:
    """None of it keeps the other reports of the request from being heard."""
    first, second, good = message(shop), message(shop), await sent(outbox, shop, "SM8")
    await store(outbox, shop, first, second)
    reports = [
        NewReport(external_id="SM1", state="sent", outbound_id=first.id),
        NewReport(external_id="SM2", state="sent", outbound_id=first.id),
        NewReport(external_id="SM8", state="delivered", outbound_id=second.id),
    ]
    outcomes = await outbox.report(shop.id, shop.channel, reports)
    assert outcomes["SM8"] == "moved"
    assert await state(outbox, shop, good) == "delivered"
    assert await state(outbox, shop, first.id) == "sent"
    assert await state(outbox, shop, second.id) == "queued"


async def test_an_id_that_is_taken_meanwhile_is_stale(
    outbox: Outbox, shop: Shop, superuser: psycopg.Connection, database_urls: Urls
) -> None:
    """A settling that is not committed yet takes the id that a report gives to another row."""
    first, second, good = message(shop), message(shop), await sent(outbox, shop, "SM8")
    await store(outbox, shop, first, second)
    reports = [
        NewReport(external_id="SM3", state="sent", outbound_id=second.id),
        NewReport(external_id="SM8", state="delivered"),
    ]
    with superuser.transaction():
        superuser.execute(
            "update outbound set external_id = 'SM3', state = 'sent' where id = %s", [first.id]
        )
        reporting = asyncio.ensure_future(outbox.report(shop.id, shop.channel, reports))
        await waits_for_a_lock(database_urls)
    assert await reporting == {"SM3": "stale", "SM8": "moved"}
    assert await state(outbox, shop, good) == "delivered"
    assert await state(outbox, shop, second.id) == "queued"


async def waits_for_a_lock(urls: Urls) -> None:
    with psycopg.connect(urls.superuser, autocommit=True) as looking:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            row = looking.execute("select count(*) from pg_locks where not granted").fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(0.005)
    raise AssertionError("nothing waits")


async def test_a_stop_is_known_by_owner_and_address(
    outbox: Outbox, tenants: tuple[Shop, Shop], superuser: psycopg.Connection
) -> None:
    cafe, gym = tenants
    rudo, omar = Address("msisdn", "+263771234567"), Address("msisdn", "+263771234568")
    superuser.execute(
        "insert into address_stop (tenant_id, kind, value, stopped, at)"
        " values (%s, 'msisdn', %s, true, now()), (%s, 'msisdn', %s, false, now())",
        [cafe.id, rudo.value, cafe.id, omar.value],
    )
    asked = [(cafe, rudo), (cafe, omar), (gym, rudo), (cafe, Address("bsuid", rudo.value))]
    with Trips() as trips:
        told = [await outbox.stopped(shop.id, address) for shop, address in asked]
    assert told == [True, False, False, False]
    assert trips.count == len(asked)
