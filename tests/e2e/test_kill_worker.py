"""kill -9 of the worker between the commit and its knowing: one answer, one effect, one message."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from storage.embedded import EmbeddedPostgres, choose_folder
from tests.e2e.conftest import Listening
from tests.e2e.process import Gateway, maita, start
from tests.e2e.proxy import proxied
from tests.e2e.shop import Shop, newcomers


@pytest.fixture
def doors() -> Iterator[Gateway]:
    """A gateway without a worker, on a database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="maita-e2e-"))
    folder.chmod(0o711)
    running = start("serve", folder)
    yield running
    assert running.stop() == 0
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("kind", ["twilio_sms", "meta_whatsapp"])
async def test_a_message_is_answered_once_whoever_dies(
    kind: str, doors: Gateway, provider: Listening, http: httpx.AsyncClient
) -> None:
    folder, played = doors.log.parent, provider[1]
    shop = Shop(1, stock=5, provider=provider[0])
    shop.open(doors, folder)
    person = newcomers(1, 4_500_000)[0]
    said, asked = (_poster(kind, shop, doors, http, person, text) for text in ("JOIN", "HELP"))
    database = EmbeddedPostgres(choose_folder(folder))
    urls = database.start()
    try:
        async with proxied(urls.app) as proxy:
            proxy.marker = b"commit_v3"
            doomed = await asyncio.to_thread(start, "worker", folder, MAITA_DATABASE_URL=proxy.url)
            assert (await said()).status_code == 200
            await asyncio.wait_for(proxy.held.wait(), 20)
            doomed.kill()
        assert played.messages() == []
        _end_leases(database.superuser)
        heir = await asyncio.to_thread(start, "worker", folder)
        assert len(await played.wait(1)) == 1
        assert (await said()).status_code == 200
        assert (await asked()).status_code == 200
        answers = [json.dumps(message) for message in await played.wait(2)]
        assert len(set(answers)) == len(answers) == 2, answers
        report = json.loads(maita("verify", "--json", env=doors.env))
        assert report["ok"], report
        assert heir.stop() == 0
    finally:
        database.stop()


def _poster(
    kind: str, shop: Shop, doors: Gateway, http: httpx.AsyncClient, person: str, text: str
) -> Callable[[], Awaitable[httpx.Response]]:
    """Posts one message of a carrier, the very same bytes each time it is called."""
    if kind == "twilio_sms":
        twilio = shop.twilio(doors)
        form = twilio.form(person, text)
        return lambda: twilio.post(http, form)
    meta = shop.meta(doors)
    body = meta.body(meta.message(person, {"type": "text", "text": {"body": text}}))
    return lambda: meta.post(http, body)


def _end_leases(superuser: str) -> None:
    """Let the dead worker's lease end now, not in a minute."""
    with psycopg.connect(superuser.replace("/postgres?", "/maita?"), autocommit=True) as admin:
        ended = admin.execute("update job set lease_until = now() where state = 'leased'")
        assert ended.rowcount >= 1
