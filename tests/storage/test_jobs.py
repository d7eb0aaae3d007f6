"""The queue: lanes in order, leases, fences, retries, dead letters, slots."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import psycopg
import pytest

from storage.database import Database, Trips
from storage.jobs import (
    ANSWER_CRASHES_MAX,
    ATTEMPTS_MAX,
    BACKOFF_MAX_S,
    Job,
    Jobs,
    backoff_s,
)
from tests.conftest import PATIENCE_S
from tests.shops import ids

TENANT = ids.uuid7()
Owner = psycopg.Connection


@pytest.fixture
def jobs(db: Database, superuser: Owner) -> Jobs:
    superuser.execute("truncate job")
    return Jobs(db)


async def add(jobs: Jobs, lane: UUID | None = None, *, kind: str = "send") -> UUID:
    added = await jobs.add(TENANT, kind, lane=lane or uuid4(), subject=uuid4())
    assert added
    return added


def expire_leases(superuser: Owner) -> None:
    superuser.execute("update job set lease_until = now() - interval '1 s' where state = 'leased'")


def make_due(superuser: Owner) -> None:
    superuser.execute("update job set run_at = now() where state = 'ready'")


async def test_a_claimed_job_is_nobody_elses(jobs: Jobs) -> None:
    subject = uuid4()
    lane = uuid4()
    added = await jobs.add(TENANT, "answer", lane=lane, subject=subject)
    (job,) = await jobs.claim()
    assert (job.id, job.tenant_id, job.kind, job.lane) == (added, TENANT, "answer", lane)
    assert (job.subject, job.attempts) == (subject, 1)
    assert await jobs.claim() == []


async def test_a_lane_runs_one_at_a_time_and_in_order(jobs: Jobs) -> None:
    lane = uuid4()
    added = [await add(jobs, lane) for _ in range(3)]
    done = []
    while claimed := await jobs.claim():
        assert len(claimed) == 1
        assert await jobs.claim() == []
        await jobs.done(claimed[0])
        done.append(claimed[0].id)
    assert done == added


async def test_lanes_do_not_wait_for_each_other(jobs: Jobs) -> None:
    added = [await add(jobs) for _ in range(5)]
    assert {job.id for job in await jobs.claim(limit=3)} < set(added)
    assert len(await jobs.claim()) == 2


async def test_a_retry_keeps_its_lane_waiting_until_it_is_due(jobs: Jobs, superuser: Owner) -> None:
    lane = uuid4()
    first, second = await add(jobs, lane), await add(jobs, lane)
    (job,) = await jobs.claim()
    assert await jobs.retry(job, 60, "timeout")
    assert await jobs.claim() == []
    make_due(superuser)
    (again,) = await jobs.claim()
    assert (again.id, again.attempts) == (first, 2)
    assert await jobs.done(again)
    assert [job.id for job in await jobs.claim()] == [second]


async def test_a_buried_head_lets_its_lane_go_on(jobs: Jobs) -> None:
    lane = uuid4()
    first, second = await add(jobs, lane), await add(jobs, lane)
    (job,) = await jobs.claim()
    assert await jobs.bury(job, "poison")
    assert [job.id for job in await jobs.claim()] == [second]
    (dead,) = await jobs.dead()
    assert (dead.id, dead.error, dead.attempts) == (first, "poison", 1)


async def test_dead_jobs_are_replayed_all_or_some_with_fresh_tries(jobs: Jobs) -> None:
    first, second = await add(jobs), await add(jobs)
    for job in await jobs.claim():
        await jobs.bury(job, "down")
    assert await jobs.replay_dead([second, uuid4()]) == 1
    (job,) = await jobs.claim()
    assert (job.id, job.attempts) == (second, 1)
    assert await jobs.replay_dead() == 1
    assert [job.id for job in await jobs.claim()] == [first]
    assert await jobs.replay_dead() == 0


async def test_a_dead_workers_job_is_due_again_before_its_lane_goes_on(
    jobs: Jobs, superuser: Owner
) -> None:
    lane = uuid4()
    first, _ = await add(jobs, lane), await add(jobs, lane)
    await jobs.claim()
    assert await jobs.claim() == []
    expire_leases(superuser)
    (job,) = await jobs.claim()
    assert (job.id, job.attempts) == (first, 2)


async def test_a_late_worker_settles_nothing(jobs: Jobs, superuser: Owner) -> None:
    await add(jobs)
    (late,) = await jobs.claim()
    expire_leases(superuser)
    (mine,) = await jobs.claim()
    assert not await jobs.done(late)
    assert not await jobs.retry(late, 0, "late")
    assert not await jobs.bury(late, "late")
    assert await jobs.done(mine)
    assert not await jobs.done(mine)


async def test_a_replayed_jobs_first_claim_is_not_its_old_one(jobs: Jobs) -> None:
    await add(jobs)
    (old,) = await jobs.claim()
    await jobs.bury(old, "x")
    await jobs.replay_dead()
    (new,) = await jobs.claim()
    assert new.attempts == old.attempts
    assert not await jobs.done(old)
    assert await jobs.done(new)


async def test_a_job_that_kills_every_worker_is_buried(jobs: Jobs, superuser: Owner) -> None:
    lane = uuid4()
    poison, second = await add(jobs, lane), await add(jobs, lane)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        (job,) = await jobs.claim()
        assert (job.id, job.attempts) == (poison, attempt)
        expire_leases(superuser)
    assert await jobs.claim() == []
    (dead,) = await jobs.dead()
    assert (dead.id, dead.error) == (poison, "lease")
    assert [job.id for job in await jobs.claim()] == [second]


async def test_an_answer_that_kills_workers_is_buried_sooner(jobs: Jobs, superuser: Owner) -> None:
    """A STOP may wait behind it."""
    lane = uuid4()
    poison = await add(jobs, lane, kind="answer")
    stop = await add(jobs, lane, kind="answer")
    for _ in range(ANSWER_CRASHES_MAX):
        (job,) = await jobs.claim()
        assert job.id == poison
        expire_leases(superuser)
    assert await jobs.claim() == []
    assert [job.id for job in await jobs.claim()] == [stop]


async def test_a_try_that_is_not_counted_burns_none(jobs: Jobs, superuser: Owner) -> None:
    await add(jobs)
    for _ in range(3 * ATTEMPTS_MAX):
        (job,) = await jobs.claim()
        assert job.attempts == 1
        assert await jobs.retry(job, 60, "throttled", counted=False)
        make_due(superuser)
    (job,) = await jobs.claim()
    assert await jobs.retry(job, 60, "refused")
    make_due(superuser)
    assert [job.attempts for job in await jobs.claim()] == [2]


async def test_a_late_committed_older_job_does_not_run_beside_its_lane(
    jobs: Jobs, superuser: Owner
) -> None:
    """Ids are made before commits: the older job may appear when the younger one runs already."""
    lane, older = uuid4(), ids.uuid7()
    await add(jobs, lane)
    (younger,) = await jobs.claim()
    superuser.execute(
        "insert into job (id, tenant_id, kind, lane) values (%s, %s, 'send', %s)",
        (older, TENANT, lane),
    )
    assert await jobs.claim() == []
    expire_leases(superuser)
    (again,) = await jobs.claim()
    assert again.id == younger.id
    await jobs.done(again)
    assert [job.id for job in await jobs.claim()] == [older]


async def test_parallel_workers_claim_each_job_once_and_each_lane_in_order(jobs: Jobs) -> None:
    lanes = [uuid4() for _ in range(6)]
    added = {lane: [await add(jobs, lane) for _ in range(5)] for lane in lanes}
    ran: dict[UUID, list[UUID]] = {lane: [] for lane in lanes}
    running: set[UUID] = set()

    async def run(job: Job) -> None:
        assert job.lane not in running
        running.add(job.lane)
        await asyncio.sleep(0)
        ran[job.lane].append(job.id)
        running.discard(job.lane)
        assert await jobs.done(job)

    async def worker() -> None:
        while sum(map(len, ran.values())) < 30:
            for job in await jobs.claim(limit=4):
                await run(job)

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(worker() for _ in range(4)))
    assert ran == added


async def test_a_slot_is_added_once_also_after_it_is_done(jobs: Jobs) -> None:
    assert await jobs.add(TENANT, "expire", unique_key="expire:1")
    assert await jobs.add(TENANT, "expire", unique_key="expire:1") is None
    (job,) = await jobs.claim()
    assert await jobs.done(job)
    assert await jobs.add(TENANT, "expire", unique_key="expire:1") is None
    assert await jobs.claim() == []
    assert await jobs.add(TENANT, "expire", unique_key="expire:2")
    assert len(await jobs.claim()) == 1


async def test_slots_of_one_kind_share_a_lane(jobs: Jobs) -> None:
    for slot in range(2):
        await jobs.add(TENANT, "expire", unique_key=f"expire:{slot}")
        await jobs.add(TENANT, "sweep", unique_key=f"sweep:{slot}")
    assert sorted(job.kind for job in await jobs.claim()) == ["expire", "sweep"]


async def test_a_job_for_later_waits(jobs: Jobs) -> None:
    await jobs.add(TENANT, "send", run_at=datetime.now(UTC) + timedelta(hours=1))
    assert await jobs.claim() == []
    assert await jobs.lag() == 0.0


async def test_ids_made_by_the_database_are_versions_7_of_now(jobs: Jobs) -> None:
    added = await add(jobs)
    assert added.version == 7
    age_s = datetime.now(UTC).timestamp() - (added.int >> 80) / 1000
    assert -60 < age_s < 60


async def test_lag_is_the_wait_of_the_oldest_due_job(jobs: Jobs, superuser: Owner) -> None:
    assert await jobs.lag() == 0.0
    await add(jobs)
    superuser.execute("update job set run_at = now() - interval '90 s'")
    await add(jobs)
    assert 89 < await jobs.lag() < 1000


async def test_every_method_is_one_trip(jobs: Jobs) -> None:
    await add(jobs)
    with Trips() as trips:
        (job,) = await jobs.claim()
        await jobs.retry(job, 0, "")
        await jobs.dead()
        await jobs.replay_dead()
        await jobs.lag()
        await add(jobs)
    assert trips.count == 6


def test_backoff_doubles_with_jitter_to_a_bound() -> None:
    rng = Random(1)
    for attempts, whole in ((1, 2), (2, 4), (3, 8), (8, 256), (30, BACKOFF_MAX_S)):
        drawn = [backoff_s(attempts, rng) for _ in range(200)]
        assert 0.75 * whole <= min(drawn) < max(drawn) <= 1.25 * whole
        assert max(drawn) - min(drawn) > 0.3 * whole
