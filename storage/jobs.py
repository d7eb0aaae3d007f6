"""The queue of work to be done later: claimed with a lease, one at a time and in order per lane.

Called by the worker and the schedule; most jobs are written by `commit` with what they are about.
A job is an id, a kind and a subject's id: no text, number or secret is ever in it. The table is
read before a tenant is known, so it has no row security (docs/architecture.md, Jobs).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Double, Integer, Text, Uuid, bindparam, func, update

from storage.database import Database
from storage.statements import frozen
from storage.tables import job

ATTEMPTS_MAX: Final = 8
ANSWER_CRASHES_MAX: Final = 3
"""A person waits for an answer, and their next message, a STOP perhaps, waits behind it."""
BACKOFF_FIRST_S: Final = 2.0
BACKOFF_MAX_S: Final = 900.0
_ERROR_MAX: Final = 200

_CLAIM: Final = """
select id, tenant_id, kind, lane, subject, attempts, state, lease_until
from claim_jobs_v1(
    %(limit)s::int, %(lease_s)s::float8, %(attempts_max)s::int, %(answer_max)s::int)
"""
# A slot of the schedule keeps its row, so that its unique key is not free again (retention.py).
_DONE: Final = """
with mine as (
    select id, unique_key from job where id = %(id)s and state = 'leased'
    and attempts = %(attempts)s and lease_until = %(lease_until)s for update
), kept as (
    update job set state = 'done', lease_until = null
    where id in (select id from mine where unique_key is not null) returning id
), gone as (
    delete from job where id in (select id from mine where unique_key is null) returning id
)
select id from kept union all select id from gone
"""
_CLAIMED: Final = update(job).where(
    job.c.id == bindparam("id", type_=Uuid),
    job.c.state == "leased",
    job.c.attempts == bindparam("attempts", type_=Integer),
    job.c.lease_until == bindparam("lease_until", type_=DateTime(timezone=True)),
)
_ERROR: Final = bindparam("error", type_=Text)
_DELAY: Final = func.make_interval(0, 0, 0, 0, 0, 0, bindparam("delay_s", type_=Double))
_RETRY: Final = frozen(
    _CLAIMED.values(
        state="ready",
        lease_until=None,
        error=_ERROR,
        run_at=func.now() + _DELAY,
        attempts=job.c.attempts - bindparam("free", type_=Integer),
    ).returning(job.c.id)
)
_BURY: Final = frozen(
    _CLAIMED.values(state="dead", lease_until=None, error=_ERROR).returning(job.c.id)
)
_DEAD: Final = """
select id, tenant_id, kind, lane, subject, attempts, error, run_at from job
where state = 'dead' order by id limit %(limit)s
"""
_REPLAY: Final = """
update job set state = 'ready', attempts = 0, run_at = now(), lease_until = null
where state = 'dead' and (%(ids)s::uuid[] is null or id = any(%(ids)s::uuid[]))
returning id
"""
# The id is a UUIDv7 of the database's clock, to the microsecond (RFC 9562, 6.2 method 3): jobs of
# a lane run in the order of their ids.
_ADD: Final = """
insert into job (id, tenant_id, kind, lane, subject, run_at, unique_key)
select new_job_id_v1(), %(tenant_id)s::uuid, %(kind)s,
    coalesce(%(lane)s::uuid, md5(%(tenant_id)s::uuid::text || %(kind)s)::uuid),
    %(subject)s::uuid, coalesce(%(run_at)s, now()), %(unique_key)s
on conflict (unique_key) do nothing
returning id
"""
_LAG: Final = """
select extract(epoch from now() - min(run_at))::float8 as lag_s from job
where state = 'ready' and run_at <= now()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job. `attempts` counts this one; with `lease_until` it proves whose claim it is."""

    id: UUID
    tenant_id: UUID
    kind: str
    lane: UUID
    subject: UUID | None
    attempts: int
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadJob:
    """A buried job and the code of its last error."""

    id: UUID
    tenant_id: UUID
    kind: str
    lane: UUID
    subject: UUID | None
    attempts: int
    error: str | None
    run_at: datetime


def backoff_s(attempts: int, rng: Random) -> float:
    """How long to wait after this many attempts: 2 s doubling to 15 min, ± a quarter, so that
    jobs that failed together do not come back together."""
    whole = min(BACKOFF_FIRST_S * 2.0 ** max(attempts - 1, 0), BACKOFF_MAX_S)
    return whole * rng.uniform(0.75, 1.25)


class Jobs:
    """The job table. Every method is one trip and raises Unavailable when there is none."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, limit: int = 32, lease_s: float = 60) -> list[Job]:
        """The heads of up to `limit` lanes that are due, ours for `lease_s` seconds."""
        params = {"limit": limit, "lease_s": lease_s, "attempts_max": ATTEMPTS_MAX}
        params |= {"answer_max": ANSWER_CRASHES_MAX}
        rows = await self._db.run(_CLAIM, params)
        leased = [row for row in rows if row.pop("state") == "leased"]
        return sorted((Job(**row) for row in leased), key=lambda job: job.id)

    async def done(self, job: Job) -> bool:
        """Finished. False: the lease was lost and somebody else has the job."""
        return await self._settle(_DONE, job)

    async def retry(self, job: Job, delay_s: float, error: str, *, counted: bool = True) -> bool:
        """Try again after `delay_s`; its lane waits. Not `counted`: this try was not one of the
        job's own (a carrier had no room, the database was away). False as in `done`."""
        free = 0 if counted else 1
        return await self._settle(_RETRY, job, delay_s=delay_s, error=error[:_ERROR_MAX], free=free)

    async def bury(self, job: Job, error: str) -> bool:
        """Never again by itself; its lane goes on. False as in `done`."""
        return await self._settle(_BURY, job, error=error[:_ERROR_MAX])

    async def _settle(self, statement: str, job: Job, **params: Any) -> bool:
        claim = {"id": job.id, "attempts": job.attempts, "lease_until": job.lease_until}
        return bool(await self._db.run(statement, claim | params))

    async def dead(self, limit: int = 1000) -> list[DeadJob]:
        """The buried ones, oldest first."""
        return [DeadJob(**row) for row in await self._db.run(_DEAD, {"limit": limit})]

    async def replay_dead(self, ids: Sequence[UUID] | None = None) -> int:
        """Make buried jobs due again with fresh tries, all or these; answers how many."""
        found = await self._db.run(_REPLAY, {"ids": None if ids is None else list(ids)})
        return len(found)

    async def add(
        self,
        tenant: UUID,
        kind: str,
        *,
        lane: UUID | None = None,
        subject: UUID | None = None,
        run_at: datetime | None = None,
        unique_key: str | None = None,
    ) -> UUID | None:
        """Add a job, due at once unless `run_at` says later; None when its unique key is known.

        Without a `lane`, jobs of one tenant and kind run one at a time.
        """
        rows = await self._db.run(
            _ADD,
            {
                "tenant_id": tenant,
                "kind": kind,
                "lane": lane,
                "subject": subject,
                "run_at": run_at,
                "unique_key": unique_key,
            },
        )
        return rows[0]["id"] if rows else None

    async def lag(self) -> float:
        """For how many seconds the oldest due job has been waiting; 0.0 when none is."""
        rows = await self._db.run(_LAG)
        return rows[0]["lag_s"] or 0.0
