"""Two processes, forty phones, a stock of five: exactly five rewards and nobody else charged."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.process import Gateway, maita, start
from tests.e2e.shop import Shop, newcomers

PHONES, STOCK = 40, 5


@pytest.fixture
def second(gateway: Gateway, data_dir: Path) -> Iterator[Gateway]:
    """Another gateway process on the same database."""
    running = start("serve", data_dir)
    yield running
    assert running.stop() == 0


async def test_the_last_five_go_to_five(
    gateway: Gateway, second: Gateway, data_dir: Path, http: httpx.AsyncClient
) -> None:
    shop = Shop(1, stock=STOCK, provider=gateway.url)
    shop.open(gateway, data_dir)
    phones = [
        shop.handset((gateway, second)[place % 2], number)
        for place, number in enumerate(newcomers(PHONES, 3_300_000))
    ]

    async def join(place: int) -> None:
        await phones[place].dial(http)
        await phones[place].pick(http, "Join", "Agree", "Skip")
        await phones[place].dial(http)
        await phones[place].pick(http, "Rewards", "Last Mugs")

    async def redeem(place: int) -> str:
        return await phones[place].pick(http, "Yes")

    for place in range(PHONES):
        await join(place)
    ends = await asyncio.gather(*(redeem(place) for place in range(PHONES)))
    won = [screen for screen in ends if "Ref " in screen]
    lost = [screen for screen in ends if "Ref " not in screen]
    assert len(won) == STOCK, ends
    assert all("sold out" in screen for screen in lost), lost

    again = await asyncio.gather(*(phone.post(http) for phone in phones))
    assert again == ends, "a retry gets the identical answer"

    balances = []
    for phone in phones:
        await phone.dial(http)
        await phone.start_over(http)
        await phone.say(http, "00")
        balances.append(await phone.pick(http, "Balance"))
    assert sum("150 pts" in screen for screen in balances) == PHONES - STOCK, balances
    assert sum("50 pts" in s and "150 pts" not in s for s in balances) == STOCK

    report = json.loads(maita("verify", "--json", env=gateway.env))
    assert report["ok"], report
