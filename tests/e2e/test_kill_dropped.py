"""kill -9 while a dropped session's result is kept: told again, and one message goes out."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from storage.embedded import EmbeddedPostgres, choose_folder
from tests.e2e.conftest import Listening
from tests.e2e.process import PATIENCE_S, Gateway, maita, start
from tests.e2e.proxy import proxied
from tests.e2e.shop import Shop, newcomers
from tests.e2e.test_kill_worker import doors

__all__ = ["doors"]


async def test_a_result_is_told_once_whoever_dies(
    doors: Gateway, provider: Listening, http: httpx.AsyncClient
) -> None:
    folder: Path = doors.log.parent
    shop = Shop(31, stock=5, provider=provider[0])
    shop.open(doors, folder)
    database = EmbeddedPostgres(choose_folder(folder))
    urls = database.start()
    try:
        async with proxied(urls.app) as proxy:
            doomed = await asyncio.to_thread(start, "serve", folder, MAITA_DATABASE_URL=proxy.url)
            phone = shop.handset(doomed, newcomers(1, 4_700_000)[0])
            await phone.dial(http)
            await phone.pick(http, "Join", "Agree", "Skip")
            await phone.dial(http)
            await phone.pick(http, "Rewards", "Last Mugs")
            assert "is reserved until" in await phone.pick(http, "Yes")
            proxy.marker = b"TellDropped"
            dying = phone.url.replace("/callback/", "/events/")
            telling = asyncio.create_task(http.post(dying, data=phone.ended()))
            async with asyncio.timeout(PATIENCE_S):
                await proxy.held.wait()
            doomed.kill()
            with pytest.raises(httpx.TransportError):
                await telling
        url = dying.replace(doomed.url, doors.url)
        for _ in range(2):
            assert (await http.post(url, data=phone.ended())).status_code == 200
        worker = await asyncio.to_thread(start, "worker", folder)
        (told,) = await provider[1].wait(1)
        assert "Last Mugs is reserved until" in json.dumps(told)
        assert (await http.post(url, data=phone.ended())).status_code == 200
        twilio = shop.twilio(doors)
        assert (await twilio.text(http, phone.phone, "BAL")).status_code == 200
        assert len(await provider[1].wait(2)) == 2
        report = json.loads(maita("verify", "--json", env=doors.env))
        assert report["ok"], report
        assert worker.stop() == 0
    finally:
        database.stop()
