"""The console's page of channels: who gets in, what it shows, and what it never lets through."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from gateway.app import build
from gateway.console import door
from gateway.headers import STRICT
from gateway.watch import HOUR_S
from storage.watch import HourRow, Seen
from tests.gateway.teahouse import CODE, OPERATOR_KEY, URL, TeaHouse
from tests.shops import open_shop

SIGN_IN, CHANNELS = f"{URL}/console/sign-in", f"{URL}/console/channels"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
async def browser(shop: TeaHouse) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has not been here, at a door that knows of no wrong try."""
    app = await build(shop.rt, worker=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, key: str = OPERATOR_KEY) -> httpx.Response:
    return await browser.post(SIGN_IN, data={"key": key})


async def page(browser: httpx.AsyncClient, query: str = "") -> str:
    await sign_in(browser)
    answer = await browser.get(CHANNELS + query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_key_opens_it_once_and_for_a_while(browser: httpx.AsyncClient) -> None:
    for url in (CHANNELS, f"{URL}/console"):
        answer = await browser.get(url)
        assert (answer.status_code, "tea" in answer.text.lower()) == (303, False)
    asked = await browser.get(SIGN_IN)
    assert "Operator key" in asked.text
    answer = await sign_in(browser, f" {OPERATOR_KEY}\n")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/channels")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert OPERATOR_KEY not in cookie
    shown = await browser.get(CHANNELS)
    assert "Tea House" in shown.text
    for each in (asked, answer, shown):
        assert each.headers["cache-control"] == "no-store"
        assert each.headers["content-security-policy"] == STRICT
    assert (await browser.post(f"{URL}/console/sign-out")).status_code == 303
    assert (await browser.get(CHANNELS)).status_code == 303


async def test_in_prod_the_cookie_goes_over_tls_only(shop: TeaHouse) -> None:
    settings = replace(shop.rt.settings, env="prod")
    app = await build(replace(shop.rt, settings=settings), worker=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        cookie = (await sign_in(client)).headers["set-cookie"]
    assert cookie.startswith("__Host-maita_operator=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie


async def test_without_a_key_there_is_no_console(shop: TeaHouse) -> None:
    settings = replace(shop.rt.settings, operator_key=b"")
    app = await build(replace(shop.rt, settings=settings), worker=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        for path in ("", "/sign-in", "/channels", "/page/console.css"):
            assert (await client.get(f"{URL}/console{path}")).status_code == 404
        assert (await client.post(SIGN_IN, data={"key": ""})).status_code == 404


async def test_cookies_that_are_old_forged_or_of_another_key(
    browser: httpx.AsyncClient, shop: TeaHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(browser)
    (value,) = browser.cookies.values()
    until, mac = value.split(".")
    browser.cookies.clear()

    async def status(shown: str) -> int:
        headers = [(b"cookie", f"maita_operator={shown}".encode())]
        return (await browser.get(CHANNELS, headers=headers)).status_code

    assert await status(value) == 200
    later = f"{int(until) + 1}.{mac}"
    for forged in ("", ".", until, f"{until}.", later, f"²{value}", "9" * 5000, f"-1.{mac}"):
        assert await status(forged) == 303, forged
    with monkeypatch.context() as patch:
        past = time.time() + 8 * 3600 + 5
        patch.setattr(time, "time", lambda: past)
        assert await status(value) == 303
    other = replace(shop.rt.settings, operator_key=OPERATOR_KEY[::-1].encode())
    app = await build(replace(shop.rt, settings=other), worker=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        headers = {"cookie": f"maita_operator={value}"}
        assert (await client.get(CHANNELS, headers=headers)).status_code == 303


async def test_wrong_keys_are_told_so_and_then_to_wait(browser: httpx.AsyncClient) -> None:
    for wrong in ("", "x", OPERATOR_KEY + "x", OPERATOR_KEY[:-1], "é€", *"12345"):
        answer = await sign_in(browser, wrong)
        assert answer.status_code == 403
        assert "not the operator key" in answer.text
        assert "set-cookie" not in answer.headers
    answer = await sign_in(browser)
    assert answer.status_code == 429
    assert 800 < int(answer.headers["retry-after"]) <= 901
    assert (await browser.get(CHANNELS)).status_code == 303


async def test_what_no_form_of_ours_sends(browser: httpx.AsyncClient) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    key = {"key": OPERATOR_KEY}
    assert (await browser.post(SIGN_IN, data=key, headers=foreign)).status_code == 400
    for body in (b"key=a&key=b", b"key=" + b"x" * 5000, b"&".join(b"a%d=" % n for n in range(99))):
        assert (await browser.post(SIGN_IN, content=body)).status_code == 400
    assert (await browser.post(SIGN_IN, content=b"\xff\x00%ff%fe")).status_code == 403
    assert (await browser.put(SIGN_IN, data=key)).status_code == 405
    assert (await sign_in(browser)).status_code == 303


async def test_a_form_that_never_ends_is_given_up(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then holds no request for ever, and is no wrong key."""
    monkeypatch.setattr(door, "BODY_TIMEOUT_S", 0.05)
    dripped = 0

    async def dripping() -> AsyncIterator[bytes]:
        nonlocal dripped
        while True:
            yield b"k"
            dripped += 1
            await asyncio.sleep(0.001)

    answer = await browser.post(SIGN_IN, content=dripping())
    assert answer.status_code == 408
    assert "took too long" in answer.text
    assert dripped < door.BODY_MAX
    assert "set-cookie" not in answer.headers
    assert (await sign_in(browser)).status_code == 303


def row(of: Seen, hour: datetime, network: str, counts: dict[str, int]) -> HourRow:
    at = hour + timedelta(minutes=20)
    return HourRow(
        owner=of.owner, channel=of.channel_id, network=network, hour=hour, counts=counts,
        first_at=at, last_at=at,
    )  # fmt: skip


async def channel(shop: TeaHouse) -> Seen:
    (found,) = {
        each.channel_id: each for each in await shop.rt.watch.rows.seen() if each.address == CODE
    }.values()
    return found


async def test_a_channel_that_was_never_heard_says_what_to_do(
    browser: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    superuser.execute("truncate carrier_hour, carrier_seen")
    assert (await page(browser)).count("maita channel test TOKEN") == 6


async def test_what_it_says_of_a_channel(
    browser: httpx.AsyncClient, shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    superuser.execute("truncate carrier_hour, carrier_seen")
    now_s = int(shop.rt.watch.now().timestamp())
    hour = datetime.fromtimestamp(now_s // HOUR_S * HOUR_S, UTC)
    ussd, before = await channel(shop), hour - timedelta(hours=3)
    counts = {
        "requests": 200,
        "repeated": 3,
        "failed": 2,
        "opened": 60,
        "ended": 45,
        "at:600": 200,
        "shown:home.home": 60,
        "left:home.home": 59,
        "shown:rewards.confirm": 56,
        "left:rewards.confirm": 42,
        "hop:2": 100,
        "hop:8": 1,
        "own:0": 115,
    }
    await shop.rt.watch.rows.add(
        [
            row(ussd, before, "Econet", counts),
            # Yesterday at this hour is over; this hour is not, so its screens may be answered yet.
            row(ussd, hour - timedelta(hours=24), "Econet", counts),
            row(ussd, hour, "NetOne", {"requests": 1, "at:0": 1, "opened": 1, "shown:x.y": 1}),
        ]
    )
    await shop.rt.watch.rows.fell_silent(
        next(each for each in await shop.rt.watch.rows.seen() if each.network == "Econet"),
        shop.rt.watch.now(), 80, 900,
    )  # fmt: skip
    shown = await page(browser)
    words = " ".join(shown.split())
    assert "1 carrier is silent" in words
    assert f"Econet on {CODE} (africastalking ussd, Tea House) fell silent" in words
    assert "80 requests in 15 minutes are usual" in words
    assert '<td class="n" data-name="Requests">201</td>' in words, (
        "all networks of the day, and no other day"
    )
    assert '"Retries">2 %</td> <td class="n" data-name="Failed">2</td>' in words
    assert '"Drops">25 %</td>' in words
    assert '"Hop">3.0 s / 3.9 s</td>' in words
    assert '"Ours">3 ms / 5 ms</td>' in words
    assert "rewards · confirm" in words
    assert "14 <small>25 % of those who saw it" in words
    assert "x · y" not in words
    assert f"{(before + timedelta(hours=2, minutes=20)):%H:%M}</small>" in words, "of Harare"
    assert '<span class="dot silent"' in words
    assert "All networks <small>partly silent</small>" in words


async def test_names_and_addresses_are_only_ever_text(
    browser: httpx.AsyncClient, shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    ussd = await channel(shop)
    superuser.execute("update tenant set name = %s where id = %s", (HOSTILE, ussd.owner))
    superuser.execute("update channel set address = %s where id = %s", (HOSTILE, ussd.channel_id))
    hostile = {"requests": 1, f"shown:{HOSTILE}": 2, "opened": 2}
    hour = datetime.fromtimestamp(int(shop.rt.watch.now().timestamp()) // HOUR_S * HOUR_S, UTC)
    added = row(ussd, hour - timedelta(hours=2), HOSTILE, hostile)
    await shop.rt.watch.rows.add([added])
    (who,) = [each for each in await shop.rt.watch.rows.seen() if each.network == HOSTILE]
    await shop.rt.watch.rows.fell_silent(who, shop.rt.watch.now(), 80, 900)
    try:
        shown = await page(browser, '?shop="><script>')
        assert "no such shop" in shown
        shown += await page(browser)
    finally:
        superuser.execute("update tenant set name = 'Tea House' where id = %s", (ussd.owner,))
        superuser.execute("update channel set address = %s where id = %s", (CODE, ussd.channel_id))
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script" not in shown.lower()


async def test_one_shop_alone(browser: httpx.AsyncClient) -> None:
    assert "no such shop" not in await page(browser, "?shop=tea-house")
    assert "There is no such shop" in await page(browser, "?shop=other")


async def test_many_shops_are_shown_in_parts(
    browser: httpx.AsyncClient, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_shop(superuser, "zebra-books")
    try:
        assert "part 1 of" not in await page(browser)
        with monkeypatch.context() as patch:
            patch.setattr("gateway.console.pages.SHOPS_MAX", 1)
            first, second = [await page(browser, f"?part={n}") for n in (1, 2)]
    finally:
        superuser.execute("delete from channel where owner = %s", (other.id,))
    assert "<h2>Tea House</h2>" in first
    assert "<h2>Zebra-Books</h2>" not in first
    assert 'href="/console/channels?part=2" rel="next"' in first
    assert "<h2>Zebra-Books</h2>" in second
    assert "part 2 of 2" in second


async def test_while_the_database_is_away(
    browser: httpx.AsyncClient, shop: TeaHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(browser)
    with monkeypatch.context() as patch:
        patch.setattr(shop.rt.db, "_closed", True)
        answer = await browser.get(CHANNELS)
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")


async def test_the_style_sheet_is_one_and_nothing_else_of_the_folder(
    browser: httpx.AsyncClient,
) -> None:
    assert (await browser.get(f"{URL}/console/page/console.css")).status_code == 200
    for name in ("../pages.py", "%2e%2e/pages.py", "console.html"):
        assert (await browser.get(f"{URL}/console/page/{name}")).status_code == 404
