"""kill -9 between the commit and the answer: the carrier's retry gets the answer, once."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from storage.embedded import EmbeddedPostgres, choose_folder
from tests.e2e.process import Gateway, maita, start
from tests.e2e.proxy import Proxy, proxied
from tests.e2e.shop import Shop, newcomers


@pytest.fixture
async def slow(gateway: Gateway, data_dir: Path) -> AsyncIterator[Proxy]:
    """A proxy in front of the running gateway's database."""
    server = EmbeddedPostgres(choose_folder(data_dir))
    async with proxied(server.start().app) as proxy:
        yield proxy
    server.stop()


# The way of the confirming step: begin, what redeeming needs, commit. Held back is the answer to
# the third exchange (PostgreSQL has committed and the gateway does not know) or to the second.
@pytest.mark.parametrize("free", [2, 1], ids=["after-commit", "before-commit"])
async def test_a_retry_after_kill_9_has_one_effect(
    free: int,
    gateway: Gateway,
    slow: Proxy,
    data_dir: Path,
    http: httpx.AsyncClient,
) -> None:
    shop = Shop(20 + free, stock=5, provider=gateway.url)
    shop.open(gateway, data_dir)
    # In a thread: the proxy that it connects through runs on this loop.
    doomed = await asyncio.to_thread(start, "serve", data_dir, MAITA_DATABASE_URL=slow.url)
    phone = shop.handset(doomed, newcomers(1, 3_400_000 + free)[0])
    await phone.dial(http)
    await phone.pick(http, "Join", "Agree", "Skip")
    await phone.dial(http)
    confirm = await phone.pick(http, "Rewards", "Last Mugs")
    assert "Yes" in confirm, confirm

    slow.arm(free)
    with pytest.raises(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=1.5, trust_env=False) as impatient:
            await phone.pick(impatient, "Yes")
    assert slow.held.is_set()
    doomed.kill()
    slow.free = None

    retry = shop.handset(gateway, phone.phone)
    retry.session, retry.text = phone.session, phone.text
    answer = await retry.post(http)
    ref = re.search(r"Ref (\w{7})", answer)
    assert ref, answer
    assert await retry.post(http) == answer

    await retry.dial(http)
    await retry.say(http, "00")
    balance = await retry.pick(http, "Balance")
    assert "50 pts" in balance, balance
    assert "150 pts" not in balance, balance
    report = json.loads(maita("verify", "--json", env=gateway.env))
    assert report["ok"], report
