"""Is the database one that this code can work with, and does the worker keep up?

Called by the gateway's `/ready` and `/metrics` and before serving; it needs no tenant.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from storage.database import Database

HEAD: Final = max(
    path.name[1:5] for path in (Path(__file__).parent / "migrations/versions").glob("r*.py")
)
"""The newest revision that this code knows, found without importing Alembic, which takes long."""

_REVISION: Final = "select version_num from alembic_version"
_EXISTS: Final = "select to_regclass('public.alembic_version') is not null"
_BACKLOG: Final = """
select
  count(*) filter (where state = 'ready' and run_at <= now()) as due,
  coalesce(extract(epoch from now()
    - min(run_at) filter (where state = 'ready' and run_at <= now())), 0)::float8 as oldest_s,
  count(*) filter (where state = 'dead') as dead
from job where state in ('ready', 'dead')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Jobs that are due and not begun, the age of the oldest in seconds, and jobs given up."""

    due: int
    oldest_s: float
    dead: int


async def ping(db: Database) -> None:
    """Raises Unavailable unless the database answers."""
    await db.call("select 1")


async def revision(db: Database) -> str:
    """The revision the database is at; "" before the first. Raises Unavailable."""
    if not await db.call(_EXISTS):
        return ""
    found: str | None = await db.call(_REVISION)
    return found or ""


async def backlog(db: Database) -> Backlog:
    """What waits for the worker. Raises Unavailable."""
    rows = await db.run(_BACKLOG)
    return Backlog(**rows[0])


def refresh_statistics(owner_url: str) -> None:
    """Let the planner know how full the tables are, as their owner. Raises psycopg.Error."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("analyze")
