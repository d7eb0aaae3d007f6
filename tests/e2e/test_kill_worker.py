"""kill -9 of the worker around the commit of a spending step: one answer, one effect, one message,
on every kind whose answers are sent (docs/security.md F4, F14)."""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from storage.embedded import EmbeddedPostgres, choose_folder
from tests.e2e.conftest import Listening, looking_into
from tests.e2e.phone import Phone, balance, to_confirm
from tests.e2e.process import PATIENCE_S, Gateway, maita, start
from tests.e2e.proxy import proxied
from tests.e2e.shop import Shop, newcomers
from tests.e2e.speakers import CHAT


@pytest.fixture(scope="module")
def doors() -> Iterator[Gateway]:
    """A gateway without a worker, on a database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="maita-e2e-"))
    folder.chmod(0o711)
    running = start("serve", folder)
    yield running
    assert running.stop() == 0
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("held", ["barrier", "marker"], ids=["before-commit", "after-commit"])
async def test_a_message_is_answered_once_whoever_dies(
    held: str, doors: Gateway, provider: Listening, http: httpx.AsyncClient
) -> None:
    folder, first = doors.log.parent, 4_500_000 + (len(CHAT) if held == "marker" else 0)
    shop = Shop(1 if held == "barrier" else 2, stock=99, provider=provider[0])
    shop.open(doors, folder)
    phones = [
        shop.phone(kind, number, doors, http, provider[1])
        for kind, number in zip(CHAT, newcomers(len(CHAT), first), strict=True)
    ]
    with looking_into(folder) as superuser:
        worker = await asyncio.to_thread(start, "worker", folder, MAITA_PUBLIC_URL=doors.url)
        await asyncio.gather(*(to_confirm(phone) for phone in phones))
        assert await asyncio.to_thread(worker.stop) == 0
        asked = [len(phone.messages()) for phone in phones]
        for phone in phones:
            phone.type(phone.key("Yes"))
            assert (await phone.knock()).status_code == 200

        await _doomed(held, folder, doors.url, superuser)
        assert [len(phone.messages()) for phone in phones] == asked
        # Turns that are committed together stand behind the first one.
        given = shop.given(superuser)
        assert given == 0 if held == "barrier" else 1 <= given <= len(phones)
        _end_leases(superuser)
        heir = await asyncio.to_thread(start, "worker", folder, MAITA_PUBLIC_URL=doors.url)
        await asyncio.gather(*(_has_one_answer(*each) for each in zip(phones, asked, strict=True)))
        assert shop.given(superuser) == len(phones)
        report = json.loads(maita("verify", "--json", env=doors.env))
        assert report["ok"], report
        assert await asyncio.to_thread(heir.stop) == 0


async def _has_one_answer(phone: Phone, asked: int) -> None:
    """One answer with a reference after so many messages, also when it was asked again."""
    await phone.wait(asked + 1)
    assert (await phone.knock()).status_code == 200
    assert "50 pts" in await balance(phone)
    since = phone.messages()[asked:]
    assert sum("Ref " in message for message in since) == 1, (phone.line.kind, since)


async def _doomed(held: str, folder: Path, url: str, superuser: psycopg.Connection) -> None:
    """A worker that takes all the messages up to their commits, and is killed there."""
    database = EmbeddedPostgres(choose_folder(folder))
    async with proxied(database.start().app) as proxy:
        setattr(proxy, held, b"commit_")
        doomed = await asyncio.to_thread(
            start, "worker", folder, MAITA_DATABASE_URL=proxy.url, MAITA_PUBLIC_URL=url
        )
        taken = "select count(*) from job where kind = 'answer' and state = 'leased'"
        deadline = time.monotonic() + PATIENCE_S
        while not proxy.stopped or superuser.execute(taken).fetchone() != (len(CHAT),):
            assert time.monotonic() < deadline, proxy.stopped
            await asyncio.sleep(0.02)
        doomed.kill()
    database.stop()


def _end_leases(superuser: psycopg.Connection) -> None:
    """Let the dead worker's leases end now, not in a minute."""
    ended = superuser.execute("update job set lease_until = now() where state = 'leased'")
    assert ended.rowcount >= 1
