"""What operations ask: `/health`, `/ready`, `/metrics` — and who is told what."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from starlette.applications import Starlette
from starlette.routing import Route

from gateway import health
from gateway.metrics import Metrics
from storage import migrate
from storage.database import Database, Unavailable
from storage.readiness import HEAD, backlog, revision
from storage.watch import CarrierRows
from tests.conftest import PATIENCE_S, Urls

PRIVATE = "http://127.0.0.1"
PUBLIC = "http://203.0.113.5"


@pytest.fixture
def app(db: Database) -> Starlette:
    """The three routes over a real database and nothing else."""
    app = Starlette(
        routes=[
            Route("/health", health.health),
            Route("/ready", health.ready),
            Route("/metrics", health.metrics),
        ]
    )
    settings = SimpleNamespace(private_bind="127.0.0.1")
    watch = SimpleNamespace(rows=CarrierRows(db))
    app.state.runtime = SimpleNamespace(db=db, settings=settings, metrics=Metrics(), watch=watch)
    app.state.draining = asyncio.Event()
    return app


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose URL's host is the address it reached."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


@pytest.fixture
async def gone(app: Starlette, database_urls: Urls) -> None:
    """The database is closed: what asks it meets Unavailable."""
    closed = await Database.open(database_urls.app, timeout_s=PATIENCE_S)
    await closed.close()
    app.state.runtime.db = closed


async def test_health_pings_the_database(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{PUBLIC}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("gone")
async def test_without_a_database_nothing_is_well(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"{PUBLIC}/health")).status_code == 503
    answer = await http.get(f"{PRIVATE}/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] is False
    assert (await http.get(f"{PRIVATE}/metrics")).status_code == 200


async def test_ready_tells_strangers_only_whether(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{PUBLIC}/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_ready_tells_the_private_side_each_check(http: httpx.AsyncClient) -> None:
    checks = (await http.get(f"{PRIVATE}/ready")).json()
    assert checks["status"] == "ready"
    assert checks["revision"] == checks["revision_needed"] == HEAD
    assert checks["database"] is True
    assert checks["draining"] is False
    assert checks["jobs"] == {"due": 0, "oldest_s": 0.0, "dead": 0, "late": False}


async def test_while_it_drains_it_is_not_ready_but_well(
    http: httpx.AsyncClient, app: Starlette
) -> None:
    app.state.draining.set()
    answer = await http.get(f"{PUBLIC}/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})
    assert (await http.get(f"{PUBLIC}/health")).status_code == 200


async def test_a_database_older_than_the_code_is_not_ready(
    http: httpx.AsyncClient, owner: psycopg.Connection
) -> None:
    owner.execute("update alembic_version set version_num = '0000'")
    assert (await http.get(f"{PRIVATE}/ready")).status_code == 503
    # A newer one is: the release before runs on while the next one is rolled out.
    owner.execute("update alembic_version set version_num = '9999'")
    assert (await http.get(f"{PRIVATE}/ready")).status_code == 200
    owner.execute("update alembic_version set version_num = %s", (HEAD,))


async def test_jobs_that_wait_are_shown_but_are_no_reason_to_turn_traffic_away(
    http: httpx.AsyncClient, owner: psycopg.Connection
) -> None:
    owner.execute(
        "insert into job (id, tenant_id, kind, lane, run_at, state) select gen_random_uuid(),"
        " gen_random_uuid(), 'send', gen_random_uuid(), now() - make_interval(secs => s), state"
        " from (values (90, 'ready'), (5, 'ready'), (-60, 'ready'), (9, 'dead')) j (s, state)"
    )
    answer = await http.get(f"{PRIVATE}/ready")
    jobs = answer.json()["jobs"]
    shown = (await http.get(f"{PRIVATE}/metrics")).text
    owner.execute("delete from job")
    assert answer.status_code == 200
    assert (jobs["due"], jobs["dead"], jobs["late"]) == (2, 1, True)
    assert 90 <= jobs["oldest_s"] < 1000
    assert "maita_jobs_due 2.0" in shown
    assert "maita_jobs_dead 1.0" in shown


@pytest.mark.parametrize(
    ("url", "headers", "private_bind", "status"),
    [
        (PRIVATE, {}, "127.0.0.1", 200),
        ("http://[::1]", {}, "127.0.0.1", 200),
        (PUBLIC, {}, "127.0.0.1", 404),
        (PRIVATE, {"x-forwarded-for": "127.0.0.1"}, "127.0.0.1", 404),
        (PRIVATE, {"forwarded": "for=127.0.0.1"}, "127.0.0.1", 404),
        ("http://10.0.0.5", {}, "10.0.0.5", 200),
        (PRIVATE, {}, "10.0.0.5", 404),
        (PUBLIC, {}, "10.0.0.5", 404),
        ("http://localhost", {"host": "127.0.0.1"}, "127.0.0.1", 404),
    ],
)
async def test_metrics_are_for_the_private_address_only(
    http: httpx.AsyncClient,
    app: Starlette,
    url: str,
    headers: dict[str, str],
    private_bind: str,
    status: int,
) -> None:
    app.state.runtime.settings.private_bind = private_bind
    answer = await http.get(f"{url}/metrics", headers=headers)
    assert answer.status_code == status
    assert ("maita_jobs_due" in answer.text) == (status == 200)


def test_head_is_the_newest_revision_that_alembic_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_a_database_that_was_never_migrated_is_at_no_revision(
    db: Database, owner: psycopg.Connection
) -> None:
    owner.execute("alter table alembic_version rename to gone")
    try:
        assert await revision(db) == ""
    finally:
        owner.execute("alter table gone rename to alembic_version")


@pytest.mark.usefixtures("gone")
async def test_what_is_asked_of_a_closed_database_is_unavailable(app: Starlette) -> None:
    with pytest.raises(Unavailable):
        await backlog(app.state.runtime.db)
