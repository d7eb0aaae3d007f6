"""Every process counts what carriers send; a kill -9 loses a few seconds of it at most."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.settings import OPERATOR_KEY_FILE
from tests.e2e.process import PATIENCE_S, Gateway, start
from tests.e2e.shop import Shop


@pytest.fixture
async def operator(gateway: Gateway, data_dir: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The console as whoever runs the service sees it."""
    key = (data_dir / OPERATOR_KEY_FILE).read_text()
    async with httpx.AsyncClient(
        base_url=gateway.url, timeout=PATIENCE_S, trust_env=False, follow_redirects=True
    ) as browser:
        answer = await browser.post("/console/sign-in", data={"key": key})
        assert answer.url.path == "/console/channels"
        yield browser


async def requests(operator: httpx.AsyncClient, shop: Shop, network: str) -> int:
    """How many the page counts of a shop's network."""
    shown = (await operator.get(f"/console/channels?shop={shop.slug}")).text
    found = re.search(rf'</span>{network} <small>.*?data-name="Requests">(\d+)<', shown, re.DOTALL)
    return int(found[1]) if found else 0


async def until(operator: httpx.AsyncClient, shop: Shop, network: str, n: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (shown := await requests(operator, shop, network)) != n:
        assert time.monotonic() < deadline, f"{shown} requests of {network}, not {n}"
        await asyncio.sleep(0.5)


async def test_counts_outlive_the_process_that_counted_them(
    gateway: Gateway, data_dir: Path, http: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    """Three dials at a process that is killed, one at one that ends, two at one that lives on."""
    shop = Shop(61, stock=5, provider=gateway.url)
    shop.open(gateway, data_dir)
    doomed = await asyncio.to_thread(start, "serve", data_dir)
    for n in range(3):
        await shop.handset(doomed, f"+26377360000{n}").dial(http)
    await until(operator, shop, "NetOne", 3)
    doomed.kill()
    ending = await asyncio.to_thread(start, "serve", data_dir)
    await shop.handset(ending, "+263773600003").dial(http)
    assert ending.stop() == 0
    assert await requests(operator, shop, "NetOne") == 4, "added before it ended"
    for n in (4, 5):
        await shop.handset(gateway, f"+26377360000{n}").dial(http)
    await until(operator, shop, "NetOne", 6)
