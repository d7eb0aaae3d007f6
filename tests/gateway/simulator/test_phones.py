"""Phones over real HTTP against the stub gateway: USSD calls, chats, statuses, what is masked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from gateway.simulator import Simulator
from tests.conftest import PATIENCE_S
from tests.gateway.simulator.stub import Shop, serve

RUDO = "+263771234567"
WHATSAPP = "00000000-0000-0000-0000-00000000000d"
SMS = "00000000-0000-0000-0000-00000000000e"


class World(NamedTuple):
    """The stub, its simulator and a client of its API."""

    shop: Shop
    sim: Simulator
    http: httpx.AsyncClient

    async def post(self, path: str, **body: str) -> Any:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def thread(self, channel: str) -> list[dict[str, Any]]:
        handset = (await self.http.get("handset", params={"phone": RUDO})).json()
        found: list[dict[str, Any]] = handset["threads"].get(channel, [])
        return found

    def told(self) -> str:
        """Everything that any browser was told so far."""
        return msgspec.json.encode([event.data for event in self.sim.feed._kept]).decode()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with (
        serve() as (shop, sim),
        httpx.AsyncClient(
            base_url=f"{shop.url}/simulator/api/", timeout=PATIENCE_S, trust_env=False
        ) as http,
    ):
        yield World(shop, sim, http)


async def until(true: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - nobody tells us.
            await asyncio.sleep(0.01)


async def walk_to_pin(world: World) -> dict[str, Any]:
    await world.post("dial", phone=RUDO, code="*123*1#")
    for said in ("5", "1", "2", "1"):
        await world.post("ussd/send", phone=RUDO, text=said)
    screen: dict[str, Any] = await world.post("ussd/send", phone=RUDO, text="1")
    return screen


async def test_a_call_accumulates_what_was_typed(world: World) -> None:
    screen = await walk_to_pin(world)
    assert (screen["text"], screen["secret"]) == ("Enter your PIN.", True)
    bodies = [parse_qs(body.decode(), keep_blank_values=True) for *_, body in world.shop.posted]
    texts = ["", "5", "5*1", "5*1*2", "5*1*2*1", "5*1*2*1*1"]
    assert [body["text"] for body in bodies] == [[text] for text in texts]
    assert {body["phoneNumber"][0] for body in bodies} == {RUDO}
    assert len({body["sessionId"][0] for body in bodies}) == 1


async def test_a_pin_reaches_the_gateway_and_nobody_else(world: World) -> None:
    await walk_to_pin(world)
    await world.post("ussd/send", phone=RUDO, text="4821390756")
    assert b"1%2A4821390756" in world.shop.posted[-2][2]
    assert "4821390756" not in world.told()
    assert "5*1*2*1*1*•••" in world.told()


async def test_no_secret_of_a_channel_is_shown(world: World) -> None:
    await walk_to_pin(world)
    await world.post("chat", phone=RUDO, channel=WHATSAPP, text="hi")
    await world.post("chat", phone=RUDO, channel=SMS, text="hi")
    await until(lambda: len(world.shop.statuses) >= 4)
    listed = (await world.http.get("phones")).text
    for channel in world.shop.channels:
        keys = {name: value for name, value in channel.secrets.items() if name != "account_sid"}
        keys.pop("username", None)
        for secret in (channel.token, *keys.values()):
            assert secret not in world.told()
            assert secret not in listed


async def test_hanging_up_tells_the_gateway(world: World) -> None:
    await world.post("dial", phone=RUDO, code="*123*1#")
    assert (await world.post("ussd/hangup", phone=RUDO))["text"] == ""
    _, path, body = world.shop.posted[-1]
    assert path.startswith("/public/ussd/events/")
    assert parse_qs(body.decode())["status"] == ["Incomplete"]
    screen = await world.post("ussd/send", phone=RUDO, text="1")
    assert screen["trouble"]


async def test_a_finished_call_says_so_once(world: World) -> None:
    await walk_to_pin(world)
    await world.post("ussd/send", phone=RUDO, text="4821390756")
    await world.post("ussd/hangup", phone=RUDO)
    events = [body for _, path, body in world.shop.posted if "/events/" in path]
    assert [parse_qs(body.decode())["status"] for body in events] == [["Success"]]


async def test_a_broken_gateway_is_the_networks_word(world: World) -> None:
    world.shop.broken = 1
    screen = await world.post("dial", phone=RUDO, code="*123*1#")
    assert (screen["trouble"], screen["open"]) == (True, False)
    assert screen["text"] == "Connection problem or invalid MMI code."


async def test_an_unknown_code_goes_nowhere(world: World) -> None:
    screen = await world.post("dial", phone=RUDO, code="*999#")
    assert screen["trouble"]
    assert world.shop.posted == []


async def test_a_chat_is_signed_answered_and_reported(world: World) -> None:
    mine = await world.post("chat", phone=RUDO, channel=WHATSAPP, text="hi")
    assert mine["state"] in ("delivered", "read")
    await until(lambda: len(world.shop.statuses) == 2)
    asked = (await world.thread(WHATSAPP))[-1]
    assert [row["id"] for row in asked["rows"]][:2] == ["balance", "rewards"]
    await world.post("chat", phone=RUDO, channel=WHATSAPP, about=asked["id"], choice="code")
    await until(lambda: len(world.shop.statuses) == 4)
    shown = (await world.thread(WHATSAPP))[-1]
    picture = await world.http.get(f"media/{shown['image']}")
    assert picture.headers["content-type"] == "image/png"
    await world.post("chat/read", phone=RUDO, channel=WHATSAPP)
    assert [state for _, state in world.shop.statuses].count("read") == 2
    assert [bubble["state"] for bubble in await world.thread(WHATSAPP)] == ["read"] * 4
    assert world.shop.refused == []


async def test_a_gateway_that_cannot_take_a_message_gets_it_again(world: World) -> None:
    world.shop.broken = 2
    mine = await world.post("chat", phone=RUDO, channel=WHATSAPP, text="hi")
    assert mine["state"] in ("delivered", "read")
    bodies = [body for _, path, body in world.shop.posted if "webhook" in path and b"hi" in body]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


async def test_a_text_message_is_answered(world: World) -> None:
    await world.post("chat", phone=RUDO, channel=SMS, text="BAL")
    await until(lambda: len(world.shop.statuses) == 2)
    assert [state for _, state in world.shop.statuses] == ["sent", "delivered"]
    assert "1 Balance" in (await world.thread(SMS))[-1]["text"]
    assert world.shop.refused == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("dial", {"phone": "0771234567", "code": "*123#"}, 400),
        ("dial", {"phone": RUDO, "code": "DROP TABLE"}, 400),
        ("dial", {"phone": RUDO, "code": "*123#", "more": "x"}, 400),
        ("ussd/send", {"phone": RUDO, "text": "x" * 200}, 400),
        ("chat", {"phone": RUDO, "channel": WHATSAPP, "text": " "}, 400),
        ("chat", {"phone": RUDO, "channel": SMS[:-1] + "0", "text": "x"}, 404),
        ("chat", {"phone": RUDO, "channel": WHATSAPP, "about": "a", "choice": "b"}, 404),
        ("chat", {"phone": RUDO, "channel": WHATSAPP, "text": "x" * 20_000}, 413),
    ],
)
async def test_what_the_phones_do_not_understand(
    world: World, path: str, body: dict[str, str], status: int
) -> None:
    answer = await world.http.post(path, json=body)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


async def test_a_foreign_page_cannot_post_a_form(world: World) -> None:
    answer = await world.http.post("dial", data={"phone": RUDO, "code": "*123#"})
    assert answer.status_code == 415


async def test_files_are_served_and_nothing_else(world: World) -> None:
    base = world.shop.url
    page = await world.http.get(f"{base}/simulator")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await world.http.get(f"{base}/simulator/page/main.js")).status_code == 200
    for name in ("..%2fapi.py", "__init__.py", "none.js", ".", "dagre.LICENSE.txt%00.js"):
        assert (await world.http.get(f"{base}/simulator/page/{name}")).status_code == 404


async def test_the_stream_tells_of_standing_and_entries(world: World) -> None:
    world.shop.pay(RUDO, "earn", "issuance", "member", 750)
    await world.post("chat", phone=RUDO, channel=SMS, text="hi")
    found: list[dict[str, Any]] = []
    params = {"watch": f"{SMS}:{RUDO}"}
    async with world.http.stream("GET", "events", params=params) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                found.append(msgspec.json.decode(line[6:]))
            if found and found[-1]["type"] == "entry" and found[-1]["entry"]["amount"] == 750:
                world.shop.pay(RUDO, "redeem", "member", "redeemed", 100)
            if found and found[-1]["type"] == "entry" and found[-1]["entry"]["amount"] == 100:
                break
    assert [event["type"] for event in found[:3]] == ["hello", "standing", "entry"]
    assert found[1]["standing"]["dialog"] == "home"
    assert [event["entry"]["balance"] for event in found if event["type"] == "entry"] == [750, 650]


async def test_an_open_stream_does_not_hold_up_a_drain(world: World) -> None:
    async with asyncio.timeout(PATIENCE_S), world.http.stream("GET", "events") as stream:
        async for _ in stream.aiter_lines():
            world.shop.draining.set()
