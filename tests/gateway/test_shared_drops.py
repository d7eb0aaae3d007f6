"""A USSD session on an address of many shops that died on a result: told by the shared numbers."""

import pytest

from core.values import Address
from gateway.dropping import tell_dropped
from gateway.inbound import SessionEnded
from storage.turns import PLATFORM
from tests.e2e.carriers import Handset
from tests.gateway.market import CODE, NUMBER, Market

RESERVED = "Tea House\nPot of Tea is reserved until"


@pytest.fixture
async def reserved(market: Market, both: str) -> Handset:
    """A phone of a member of both shops, on the screen of a reward reserved at the tea house."""
    await market.house.work_off()
    handset = market.handset(both)
    await handset.dial(market.house.http, "45")
    done = await handset.pick(market.house.http, "Rewards", "Pot of Tea", "Yes")
    assert "Staff will approve it soon" in done
    return handset


async def _end(market: Market, phone: Handset) -> None:
    url = phone.url.replace("/callback/", "/events/")
    answer = await market.house.http.post(url, data=phone.ended())
    assert (answer.status_code, answer.text) == (200, "")


async def test_it_follows_from_the_shared_number_in_the_shops_name(
    market: Market, reserved: Handset
) -> None:
    before = len(market.house.provider.messages())
    await _end(market, reserved)
    await _end(market, reserved)
    await market.house.work_off()
    (sent,) = market.house.provider.messages()[before:]
    assert sent["From"] == NUMBER
    assert sent["Body"].startswith(RESERVED)


async def test_a_redial_says_it_where_it_was_done(market: Market, reserved: Handset) -> None:
    assert RESERVED in await reserved.dial(market.house.http)


async def test_no_other_shop_says_it(market: Market, reserved: Handset) -> None:
    market.house.later(minutes=30)
    assert "Pot of Tea" not in await reserved.dial(market.house.http, "46")


async def test_where_the_carrier_names_no_session_it_is_told_once(
    market: Market, reserved: Handset
) -> None:
    rt = market.house.rt
    (channel,) = [each for each in await rt.registry.of_owner(PLATFORM) if each.address == CODE]
    sender = Address("msisdn", reserved.phone)
    ended = SessionEnded(address=CODE, conversation="", dropped=True, sender=sender)
    for _ in range(3):
        await tell_dropped(rt, channel, ended)
    (told,) = await market.house.work_off()
    assert told.startswith(RESERVED)
    await tell_dropped(rt, channel, ended)
    assert await market.house.work_off() == []
