"""WhatsApp and text messages the whole way: stored, acknowledged, answered once, delivered."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import Listening
from tests.e2e.process import Gateway
from tests.e2e.shop import Shop, newcomers


def opened(number: int, gateway: Gateway, provider: Listening, folder: Path) -> Shop:
    shop = Shop(number, stock=5, provider=provider[0])
    shop.open(gateway, folder)
    return shop


def buttons(message: dict[str, Any]) -> dict[str, str]:
    """Button titles and their ids."""
    rows = message["interactive"]["action"]["buttons"]
    return {row["reply"]["title"]: row["reply"]["id"] for row in rows}


async def test_whatsapp_joins_by_taps_and_repeats_nothing(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    shop, played = opened(41, gateway, provider, data_dir), provider[1]
    meta, person = shop.meta(gateway), newcomers(1, 4_100_000)[0]

    hello = meta.body(meta.message(person, {"type": "text", "text": {"body": "hi"}}))
    posted = await asyncio.gather(*(meta.post(http, hello) for _ in range(8)))
    assert [answer.status_code for answer in posted] == [200] * 8
    welcome = (await played.wait(1))[0]
    assert welcome["to"] == person.removeprefix("+")
    assert "Join free" in buttons(welcome)

    tap = {"id": buttons(welcome)["Join free"], "title": "Join free"}
    content = {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": tap}}
    joining = meta.body(meta.message(person, content))
    await asyncio.gather(*(meta.post(http, joining) for _ in range(4)))
    consent = (await played.wait(2))[1]
    assert "Agree" in buttons(consent)

    await meta.text(http, person, "agree")
    await played.wait(3)
    await meta.text(http, person, "Rudo")
    joined = (await played.wait(4))[3]
    assert "Welcome Rudo" in str(joined)
    await meta.text(http, person, "BAL")
    balance = (await played.wait(5))[4]
    assert "150 pts" in str(balance)
    await asyncio.sleep(0.5)
    assert len(played.messages()) == 5, "every repetition was answered by nothing"


async def test_text_messages_answer_by_rest_and_obey_stop(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    shop, played = opened(42, gateway, provider, data_dir), provider[1]
    twilio, person = shop.twilio(gateway), newcomers(1, 4_200_000)[0]
    form = twilio.form(person, "JOIN")
    posted = await asyncio.gather(*(twilio.post(http, form) for _ in range(5)))
    assert {(a.status_code, a.text.count("<Message")) for a in posted} == {(200, 0)}
    consent = (await played.wait(1))[0]
    assert consent["To"] == person
    assert "Agree" in consent["Body"]
    await twilio.text(http, person, "STOP")
    stopped = (await played.wait(2))[1]
    assert "START" in stopped["Body"], stopped
    await twilio.text(http, person, "STOP")
    await twilio.text(http, person, "START")
    assert "START" not in (await played.wait(3))[2]["Body"]


async def test_a_provider_that_is_busy_gets_it_later_and_once(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    shop, played = opened(43, gateway, provider, data_dir), provider[1]
    played.answers = [(429, {"retry-after": "1"}, b'{"code":20429}')]
    await shop.twilio(gateway).text(http, newcomers(1, 4_300_000)[0], "hello")
    await played.wait(2)
    first, second = played.received[:2]
    assert second["at"] - first["at"] >= 1.0
    assert first["fields"] == second["fields"]
    await asyncio.sleep(0.5)
    assert len(played.received) == 2
