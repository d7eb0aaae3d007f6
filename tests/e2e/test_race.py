"""Two processes, phones on every kind of channel, a stock of five: exactly five rewards and nobody
else charged."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Listening
from tests.e2e.phone import balance, to_confirm
from tests.e2e.process import Gateway, maita, start
from tests.e2e.shop import Shop, newcomers
from tests.e2e.speakers import SPEAKERS

STOCK, EACH = 5, 4


@pytest.fixture
def second(gateway: Gateway, data_dir: Path) -> Iterator[Gateway]:
    """Another gateway process on the same database."""
    running = start("serve", data_dir, MAITA_PUBLIC_URL=gateway.url)
    yield running
    assert running.stop() == 0


async def test_the_last_five_go_to_five(
    gateway: Gateway,
    second: Gateway,
    data_dir: Path,
    provider: Listening,
    http: httpx.AsyncClient,
) -> None:
    shop = Shop(1, stock=STOCK, provider=provider[0])
    shop.open(gateway, data_dir)
    kinds = list(SPEAKERS) * EACH
    phones = [
        shop.phone(kind, number, (gateway, second)[place % 2], http, provider[1])
        for place, (kind, number) in enumerate(
            zip(kinds, newcomers(len(kinds), 3_300_000), strict=True)
        )
    ]
    await asyncio.gather(*(to_confirm(phone) for phone in phones))
    ends = await asyncio.gather(*(phone.pick("Yes") for phone in phones))
    won = [shown for shown in ends if "Ref " in shown]
    lost = [shown for shown in ends if "Ref " not in shown]
    assert len(won) == STOCK, ends
    assert all("sold out" in shown for shown in lost), lost

    said = [(phone.answer, phone.messages()) for phone in phones]
    again = await asyncio.gather(*(phone.knock() for phone in phones))
    assert [answer.content for answer in again] == [answer for answer, _ in said]
    assert [phone.messages() for phone in phones] == [sent for _, sent in said]

    have = await asyncio.gather(*(balance(phone) for phone in phones))
    assert sum("150 pts" in shown for shown in have) == len(phones) - STOCK, have
    assert sum("50 pts" in shown and "150 pts" not in shown for shown in have) == STOCK
    report = json.loads(maita("verify", "--json", env=gateway.env))
    assert report["ok"], report
