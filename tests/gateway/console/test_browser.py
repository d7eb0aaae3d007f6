"""The page of channels in a real browser: without scripts, by day and night, on a desk and a phone.

TEST_PICTURES names a folder to keep what was seen.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psycopg
import pytest
import uvicorn
from msgspec.structs import replace
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from gateway.app import build
from gateway.watch import HOUR_S
from storage.watch import HourRow, Seen
from tests.gateway.simulator.browser import PATIENCE_MS, launched
from tests.gateway.teahouse import CODE, OPERATOR_KEY, TeaHouse

DESK: ViewportSize = {"width": 1200, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
PICTURES = os.environ.get("TEST_PICTURES")

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser | None]:
    async with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
async def url(shop: TeaHouse, superuser: psycopg.Connection) -> AsyncIterator[str]:
    """The shop over a real socket, with a day behind it."""
    superuser.execute("truncate carrier_hour, carrier_seen")
    await shop.rt.watch.rows.add(await a_day(shop))
    seen = await shop.rt.watch.rows.seen()
    (silent,) = [each for each in seen if (each.address, each.network) == (CODE, "Telecel")]
    await shop.rt.watch.rows.fell_silent(silent, shop.rt.watch.now(), 41, 1800)
    listening = socket.create_server(("127.0.0.1", 0))
    app = await build(shop.rt, worker=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


async def a_day(shop: TeaHouse) -> list[HourRow]:
    """A day as a shop's might be: busy at noon, asleep at night, one network gone since."""
    now = shop.rt.watch.now()
    hour = datetime.fromtimestamp(int(now.timestamp()) // HOUR_S * HOUR_S, UTC)
    channels = {each.address: each for each in await shop.rt.watch.rows.seen()}
    found = []
    for back in range(1, 24):
        at = hour - timedelta(hours=back)
        wave = max(0, 12 - abs(at.hour - 11)) * 3 + 1
        found.append(_hour(channels[CODE], at, "Econet", wave * 6))
        found.append(_hour(channels[CODE], at, "NetOne", wave))
        if back > 3:
            found.append(_hour(channels[CODE], at, "Telecel", wave // 2 + 1))
        found.append(_hour(channels["440"], at, "Econet", wave * 2))
    chats = {"requests": 31, "repeated": 1, "at:0": 12, "at:900": 19}
    whatsapp = _hour(channels[shop.whatsapp.phone_number_id], hour, "Econet", 1)
    return [*found, replace(whatsapp, counts=chats)]


def _hour(of: Seen, hour: datetime, network: str, busy: int) -> HourRow:
    sessions = busy * 12
    slots = {f"at:{n * 300}": busy * (3 + n % 4) for n in range(12)}
    screens = {
        "home.home": (sessions, 2), "rewards.list": (sessions // 2, 6),
        "rewards.confirm": (sessions // 3, busy), "join.consent": (sessions // 5, busy // 3),
    }  # fmt: skip
    counts = slots | {
        "requests": sum(slots.values()), "repeated": busy // 4, "opened": sessions,
        "hop:2": busy * 20, "hop:3": busy * 9, "hop:5": busy, "own:0": busy * 40, "own:1": busy,
    }  # fmt: skip
    for screen, (shown, dropped) in screens.items():
        counts |= {f"shown:{screen}": shown, f"left:{screen}": max(shown - dropped, 0)}
    last = hour + timedelta(minutes=58)
    return HourRow(
        owner=of.owner, channel=of.channel_id, network=network, hour=hour, counts=counts,
        first_at=last, last_at=last,
    )  # fmt: skip


@asynccontextmanager
async def opened(
    chromium: Browser, url: str, size: ViewportSize, scheme: Literal["dark", "light"] = "light"
) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """The form that asks for the key; what the console of the browser complains of fails."""
    context = await chromium.new_context(
        viewport=size, color_scheme=scheme, java_script_enabled=False
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    await page.goto(f"{url}/console")
    yield context, page
    await context.close()
    assert [said for said in wrong if "403" not in said] == []


async def let_in(page: Page) -> None:
    await page.get_by_label("Operator key").fill(OPERATOR_KEY)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name="Tea House")).to_be_visible()
    await page.wait_for_load_state()


async def keep(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def test_an_operator_gets_in_and_looks_around(chromium: Browser | None, url: str) -> None:
    if chromium is None:
        return
    async with opened(chromium, url, DESK) as (context, page):
        await page.get_by_label("Operator key").fill("not the key")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("alert")).to_have_text("That is not the operator key.")
        await keep(page, "sign-in")
        await let_in(page)
        (cookie,) = await context.cookies()
        assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
        await expect(page.get_by_role("alert")).to_contain_text("1 carrier is silent")
        channel = page.locator("article", has_text=CODE)
        await expect(channel.get_by_role("row", name="Telecel silent")).to_be_visible()
        await expect(channel.get_by_text("rewards · confirm")).to_be_visible()
        chart = channel.get_by_role("img", name="Requests of each five minutes").locator("path")
        box = await chart.bounding_box()
        assert box is not None
        assert box["height"] > 20
        assert await shown_colour(page, ".spark path") == "rgb(37, 87, 199)"
        await keep(page, "channels")
        await page.get_by_label("Shop").select_option("Tea House")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_label("Shop")).to_have_value("tea-house")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Operator key")).to_be_visible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_on_a_phone_nothing_is_wider_than_the_screen(
    scheme: Literal["dark", "light"], chromium: Browser | None, url: str
) -> None:
    if chromium is None:
        return
    async with opened(chromium, url, PHONE, scheme) as (_, page):
        await let_in(page)
        wide = "() => document.documentElement.scrollWidth"
        assert await page.evaluate(wide) <= PHONE["width"]
        dark = await shown_colour(page, "body", "backgroundColor") == "rgb(13, 18, 27)"
        assert dark == (scheme == "dark")
        await keep(page, f"phone-{scheme}")


async def shown_colour(page: Page, selector: str, name: str = "fill") -> str:
    """A colour as it is computed; the page itself may run no script, the test may."""
    found = await page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element)[name]", name
    )
    return str(found)
