"""A newcomer's way by USSD: dial, join, balance, rewards, redeem — over real HTTP."""

import httpx

from tests.e2e.conftest import handset
from tests.e2e.process import Gateway

JOINER = "+962791110001"


async def test_a_new_number_joins_looks_and_redeems(
    gateway: Gateway, http: httpx.AsyncClient
) -> None:
    phone = handset(gateway, "cafe-aroma", JOINER)
    assert (await phone.dial(http)).startswith("CON Cafe Aroma")
    await phone.pick(http, "Join", "English", "Agree")
    joined = await phone.say(http, "Rudo")
    assert "Welcome Rudo" in joined, joined

    await phone.dial(http)
    assert "Rudo" in phone.screen
    balance = await phone.pick(http, "Balance")
    assert "10 pts" in balance, balance
    await phone.say(http, "00")
    rewards = await phone.pick(http, "Rewards")
    assert rewards.startswith("CON "), rewards


async def test_digits_dialled_past_the_code_are_heard_one_by_one(
    gateway: Gateway, http: httpx.AsyncClient
) -> None:
    phone = handset(gateway, "cafe-aroma", "+962791110002")
    await phone.dial(http)
    how = await phone.pick(http, "How it works")
    number = phone.text
    direct = handset(gateway, "cafe-aroma", "+962791110003")
    assert await direct.dial(http, number) == how


async def test_the_walk_stops_where_an_answer_can_change_something(
    gateway: Gateway, http: httpx.AsyncClient
) -> None:
    """U38: nobody joins by a long star-code alone."""
    phone = handset(gateway, "cafe-aroma", "+962791110004")
    walked = await phone.dial(http, "1*1*1*1*1")
    assert walked.startswith("CON ")
    again = handset(gateway, "cafe-aroma", "+962791110004")
    await again.dial(http)
    assert "Join" in again.screen or "Continue" in again.screen, again.screen


async def test_a_retry_gets_the_same_bytes_and_a_foreign_phone_nothing(
    gateway: Gateway, http: httpx.AsyncClient
) -> None:
    """U35, U37, U39, U41."""
    phone = handset(gateway, "cafe-aroma", "+962791110005")
    await phone.dial(http)
    first = await phone.pick(http, "How it works")
    assert await phone.post(http) == first
    thief = handset(gateway, "cafe-aroma", "+962791110006")
    thief.session, thief.text = phone.session, phone.text
    assert (await thief.post(http)).startswith("END We could not do that.")
    thief.text = phone.text + "*1"
    assert (await thief.post(http)).startswith("END We could not do that.")
    phone.text = "7*7*7"
    assert (await phone.post(http)).startswith("END We could not do that.")
    phone.text = "7*7*7*1"
    assert (await phone.post(http)).startswith("END We could not do that.")
