"""One running gateway for the end-to-end tests of a worker, and clients that play the carriers."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn

from storage.embedded import EmbeddedPostgres, choose_folder
from tests.e2e.carriers import Handset, Meta, Provider, Twilio
from tests.e2e.process import PATIENCE_S, Gateway, free_port, maita, start

Listening = tuple[str, Provider]


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach, since pytest's own belongs to root alone."""
    folder = Path(tempfile.mkdtemp(prefix="maita-e2e-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def gateway(data_dir: Path) -> Iterator[Gateway]:
    """`maita run` with demo data, as a newcomer starts it."""
    running = start("run", data_dir)
    running.demo = json.loads(maita("demo", "--json", env=running.env))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def superuser(gateway: Gateway, data_dir: Path) -> Iterator[psycopg.Connection]:
    """The running gateway's database without row security, for looking."""
    with looking_into(data_dir) as connection:
        yield connection


@contextmanager
def looking_into(data_dir: Path) -> Iterator[psycopg.Connection]:
    """The private database of a data folder, without row security."""
    server = EmbeddedPostgres(choose_folder(data_dir))
    server.start()
    url = server.superuser.replace("/postgres?", "/maita?")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    server.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client as carriers have one."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        yield client


def tenant(gateway: Gateway, slug: str) -> dict[str, Any]:
    """A demo tenant's row of `maita demo --json`."""
    row: dict[str, Any] = next(t for t in gateway.demo["tenants"] if t["slug"] == slug)
    return row


def channel(gateway: Gateway, slug: str, kind: str) -> dict[str, Any]:
    """A demo tenant's channel of a kind."""
    row: dict[str, Any] = next(c for c in tenant(gateway, slug)["channels"] if c["kind"] == kind)
    return row


def handset(gateway: Gateway, slug: str, phone: str, *, url: str = "") -> Handset:
    """A phone that dials a demo tenant's code."""
    row = channel(gateway, slug, "africastalking_ussd")
    path = f"/public/ussd/callback/{row['token']}"
    return Handset(url=(url or gateway.url) + path, code=row["address"], phone=phone)


async def award(
    gateway: Gateway, http: httpx.AsyncClient, slug: str, *words: str
) -> tuple[str, str]:
    """A demo tenant's cashier, in English, gives points for a purchase: `words` are the customer
    and the amount. The question and what was done."""
    cashier = next(p for p in tenant(gateway, slug)["staff"] if p["role"] == "cashier")
    till = handset(gateway, slug, cashier["phone"])
    await till.dial(http)
    await till.start_over(http)
    await till.pick(http, "Staff")
    await till.say(http, cashier["pin"])
    await till.pick(http, "Award a purchase")
    asked = await till.say(http, *words)
    return asked, await till.pick(http, "Yes")


def meta(gateway: Gateway, slug: str) -> Meta:
    """Meta, for a demo tenant's WhatsApp number."""
    row = channel(gateway, slug, "meta_whatsapp")
    url = f"{gateway.url}/public/wa/webhook/{row['token']}"
    return Meta(url=url, phone_number_id=row["address"], app_secret=row["secrets"]["app_secret"])


def twilio(gateway: Gateway, slug: str) -> Twilio:
    """Twilio, for a demo tenant's SMS number."""
    row = channel(gateway, slug, "twilio_sms")
    secrets = row["secrets"]
    return Twilio(
        url=f"{gateway.url}/public/sms/callback/{row['token']}",
        number=row["address"],
        account_sid=secrets["account_sid"],
        auth_token=secrets["auth_token"],
    )


@pytest.fixture
async def provider() -> AsyncIterator[Listening]:
    """A provider of a test's own on a free port: where it listens, and what it was sent."""
    async with listening() as played:
        yield played


@pytest.fixture(scope="module")
async def carriers() -> AsyncIterator[Listening]:
    """One that all tests of a module share."""
    async with listening() as played:
        yield played


@asynccontextmanager
async def listening() -> AsyncIterator[Listening]:
    """A provider on a free port while it is needed."""
    played, port = Provider(), free_port()
    config = uvicorn.Config(played, port=port, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as waiting:
        await _answers(waiting, f"http://127.0.0.1:{port}")
    played.received.clear()
    yield f"http://127.0.0.1:{port}", played
    server.should_exit = True
    await serving


async def _answers(http: httpx.AsyncClient, url: str) -> None:
    for _ in range(500):
        try:
            await http.get(url)
        except httpx.ConnectError:
            await asyncio.sleep(0.01)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")
