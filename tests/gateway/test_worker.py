"""The worker outlives whatever one round or one job meets, and nobody waits behind a poison job."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest

from core.rewards.commands import ExpireIssuance, Redeem
from gateway import jobs, worker
from gateway.jobs import HANDLERS
from gateway.rerunning import Busy
from gateway.runtime import Runtime
from gateway.worker import start
from storage.database import Stale, Unavailable
from storage.jobs import ANSWER_CRASHES_MAX, Jobs
from storage.turns import PLATFORM
from tests.conftest import PATIENCE_S
from tests.gateway.teahouse import TeaHouse

_PHONES = count(778000001)


@pytest.fixture
def phone() -> str:
    return f"+263{next(_PHONES)}"


@pytest.fixture(autouse=True)
def no_jobs(shop: TeaHouse, superuser: psycopg.Connection) -> Iterator[None]:
    superuser.execute("truncate job")
    yield
    superuser.execute("truncate job")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSE_S", 0.05)
    monkeypatch.setattr(worker, "SCHEDULE", ())


@asynccontextmanager
async def working(rt: Runtime) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = start(rt, stop)
    yield task
    stop.set()
    rt.wake.set()
    await asyncio.wait((task,))


async def until(true: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


class FailingJobs(Jobs):
    """Jobs whose claims fail so many times, as a read-only or deadlocked server fails."""

    failures: list[Exception]

    async def claim(self, limit: int = 32, lease_s: float = 60) -> Any:
        if self.failures:
            raise self.failures.pop()
        return await super().claim(limit, lease_s)


def jobs_left(superuser: psycopg.Connection, state: str) -> int:
    row = superuser.execute("select count(*) from job where state = %s", [state]).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize(
    ("failure", "alarms"),
    [
        (psycopg.errors.ReadOnlySqlTransaction("standby"), 1),
        (Stale("deadlock"), 1),
        (KeyError("ours"), 1),
        (Unavailable("down"), 0),
    ],
)
async def test_a_round_that_fails_is_followed_by_another(
    failure: Exception, alarms: int, shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    failing = FailingJobs(shop.rt.db)
    failing.failures = [failure]
    rt = replace(shop.rt, jobs=failing)
    before, sent = shop.alarms("worker_round"), len(shop.provider.messages())
    await shop.sms.text(shop.http, phone, "hello")
    async with working(rt) as task:
        await until(lambda: len(shop.provider.messages()) == sent + 1)
        assert not task.done()
    assert shop.alarms("worker_round") == before + alarms
    assert shop.alarms("worker_ended") == 0


async def test_a_worker_that_ends_unasked_is_an_alarm(shop: TeaHouse) -> None:
    """It cannot, as far as we know; if it does, somebody is told."""
    rt = replace(shop.rt, wake=None)  # type: ignore[arg-type]
    task = start(rt, asyncio.Event())
    await asyncio.wait((task,))
    assert isinstance(task.exception(), AttributeError)
    assert shop.alarms("worker_ended") == 1


async def test_a_poison_message_does_not_keep_a_stop_from_being_heard(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ANSWER_RETRY_S", 0.1)
    await shop.sms.text(shop.http, phone, "poison")
    superuser.execute("update inbound set body_enc = 'x' where handled_at is null")
    await shop.sms.text(shop.http, phone, "STOP")
    before = shop.alarms("job_buried")
    async with working(shop.rt):
        await until(lambda: _stopped(superuser, phone))
    assert shop.alarms("job_buried") == before + 1
    row = superuser.execute("select kind, attempts from job where state = 'dead'").fetchone()
    assert row == ("answer", ANSWER_CRASHES_MAX)


def _stopped(superuser: psycopg.Connection, phone: str) -> bool:
    row = superuser.execute("select stopped from address_stop where value = %s", [phone]).fetchone()
    return row is not None


async def test_a_message_that_hangs_is_cut_off(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(worker, "HANDLERS", {**HANDLERS, "answer": hang})
    monkeypatch.setattr(worker, "ANSWER_RETRY_S", 60)
    rt = replace(shop.rt, settings=replace(shop.rt.settings, turn_timeout_s=0.1))
    await shop.sms.text(shop.http, phone, "hello")
    async with working(rt):
        await until(lambda: jobs_left(superuser, "ready") == 1 and _error(superuser) != "")
    assert _error(superuser) == "CancelledError"


def _error(superuser: psycopg.Connection) -> str:
    row = superuser.execute("select coalesce(error, '') from job").fetchone()
    return str(row[0]) if row else ""


async def test_a_kind_that_nobody_knows_is_tried_again(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """Such as one of a newer version, while an older process still runs."""
    await shop.rt.jobs.add(shop.tenant, "dance")
    async with working(shop.rt):
        await until(lambda: _error(superuser) == "KeyError")
    assert jobs_left(superuser, "ready") == 1


async def test_a_database_that_is_away_costs_no_try(
    shop: TeaHouse, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count()

    async def away(*_: object) -> None:
        if next(calls) < 12:
            raise Unavailable

    monkeypatch.setattr(worker, "HANDLERS", {"answer": away})
    monkeypatch.setattr(worker, "UNAVAILABLE_RETRY_S", 0.01)
    await shop.rt.jobs.add(shop.tenant, "answer")
    async with working(shop.rt):
        await until(lambda: jobs_left(superuser, "ready") + jobs_left(superuser, "leased") == 0)
    assert jobs_left(superuser, "dead") == 0


async def test_a_busy_turn_is_tried_again_shortly(
    shop: TeaHouse, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise Busy

    await shop.sms.text(shop.http, phone, "hello")
    (job,) = await shop.rt.jobs.claim()
    monkeypatch.setattr(jobs, "converse", busy)
    assert await HANDLERS["answer"](shop.rt, job) == jobs.Again("busy", jobs.BUSY_RETRY_S)


async def test_a_message_to_a_channel_that_is_switched_off_is_dropped(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.sms.text(shop.http, phone, "hello")
    rt = replace(shop.rt, adapters={})
    (job,) = await rt.jobs.claim()
    assert await HANDLERS["answer"](rt, job) is None
    row = superuser.execute(
        "select body_enc, handled_at is not null from inbound where id = %s", [job.subject]
    ).fetchone()
    assert row == (None, True)


# ── the schedule ────────────────────────────────────────────────────────────────────────────────


async def test_expiring_is_one_job_a_tenant(shop: TeaHouse, superuser: psycopg.Connection) -> None:
    await shop.rt.jobs.add(PLATFORM, "expire", unique_key="expire:1")
    (job,) = await shop.rt.jobs.claim()
    assert await HANDLERS["expire"](shop.rt, job) is None
    await shop.rt.jobs.done(job)
    claimed = await shop.rt.jobs.claim()
    tenants = await shop.rt.registry.tenants()
    assert sorted(job.tenant_id for job in claimed) == sorted(tenants)
    assert {job.kind for job in claimed} == {"expire_tenant"}


async def test_an_issuance_that_cannot_be_ended_holds_up_no_other(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.join(phone, 400)
    programme = (await shop.caller(phone)).programme
    scone = next(reward for reward in programme.rewards if reward.slug == "scone")
    for _ in range(3):
        await shop.do(phone, Redeem(scone.id))
    superuser.execute("update issuance set expires_at = now() - interval '1 hour' * points")
    poison: list[UUID] = []
    once = jobs._once

    async def fail_first(rt: Runtime, tenant: UUID, key: str, wanted: Any) -> int:
        if isinstance(wanted, ExpireIssuance):
            if not poison:
                poison.append(wanted.issuance_id)
            assert wanted.issuance_id not in poison, "poison"
        return await once(rt, tenant, key, wanted)

    monkeypatch.setattr(jobs, "_once", fail_first)
    superuser.execute("truncate job")
    await shop.rt.jobs.add(shop.tenant, "expire_tenant")
    (job,) = await shop.rt.jobs.claim()
    before = shop.alarms("issuance_not_expired")
    assert await HANDLERS["expire_tenant"](shop.rt, job) is None
    states = superuser.execute("select state from issuance order by id = %s desc", poison)
    assert [row[0] for row in states.fetchall()] == ["issued", "expired", "expired"]
    assert shop.alarms("issuance_not_expired") == before + 1
