"""The page in a real browser, against the stub gateway: what is seen on the phones and beside."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.gateway.simulator.browser import PATIENCE_MS, ChatPhone, UssdPhone, browsing, launched
from tests.gateway.simulator.stub import serve

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser | None]:
    """One browser for all tests here."""
    async with launched() as browser:
        yield browser


async def text_of(place: Locator) -> str:
    return (await place.text_content()) or ""


async def test_a_feature_phone_walks_a_menu_and_hides_a_pin(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, _), browsing(chromium, shop.url) as page:
        phone, inside = UssdPhone(page), page.locator(".inspector.ussd")
        await phone.press("*123*1#")
        await phone.station.get_by_label("Call").click()
        await expect(phone.screen).to_contain_text("1 Balance")
        for key in "51211":
            await phone.say(key)
        await expect(phone.screen).to_have_text("Enter your PIN.")
        await expect(inside.locator(".state.now")).to_contain_text("pin")
        await phone.say("4821390756")
        await expect(phone.screen).to_contain_text("Show this at the till")
        await expect(inside.locator(".entry.plus")).to_contain_text("+750")
        await expect(inside.locator(".entry.minus")).to_contain_text("−100")
        await expect(inside.locator(".state.now")).to_contain_text("done")
        wire = await text_of(inside.locator(".wire"))
        assert "5*1*2*1*1*•••" in wire
        content = await page.content()
        assert [
            secret for secret in ("4821390756", "tokenussd", "auth-token") if secret in content
        ] == []


async def test_a_chat_shows_ticks_lists_and_pictures(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, _), browsing(chromium, shop.url) as page:
        phone = ChatPhone(page, "whatsapp")
        await phone.say("hi")
        await expect(phone.newest()).to_contain_text("Cafe Aroma")
        await expect(phone.bubbles.first.get_by_label("read")).to_be_visible()
        await phone.tap("My code")
        picture = phone.newest().get_by_role("img", name="Picture of a code")
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("image => image.naturalWidth") > 100
        await expect(page.locator(".inspector.whatsapp .wire")).to_contain_text("Status: read")
        assert {state for _, state in shop.statuses} == {"sent", "delivered", "read"}
        assert shop.refused == []


async def test_a_text_phone_counts_segments(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, _), browsing(chromium, shop.url) as page:
        phone = ChatPhone(page, "sms")
        counter = phone.station.get_by_label("Characters and messages")
        await phone.station.get_by_label("Write on").fill("مرحبا" * 20)
        await expect(counter).to_have_text("100 / 134 · 2 SMS · UCS-2")
        await phone.station.get_by_role("button", name="BAL").click()
        await expect(phone.newest()).to_contain_text("1 Balance")
        await expect(phone.newest()).to_contain_text("1 SMS")


async def test_what_people_write_is_never_html(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, _), browsing(chromium, shop.url) as page:
        phone, hostile = ChatPhone(page, "whatsapp"), "<img src=x onerror=alert(1)>"
        await phone.say(hostile)
        await expect(phone.bubbles.first).to_contain_text(hostile)
        assert await page.locator(".messages img").count() == 0


async def test_the_phones_come_back_after_the_server_was_away(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, sim), browsing(chromium, shop.url) as page:
        for listener in tuple(sim.feed._listeners):
            listener.close()
        await expect(page.locator("#link")).to_have_text("reconnecting…")
        await expect(page.locator("#link")).to_have_text("live")
        phone = UssdPhone(page)
        await phone.dial("*123*1#")
        await expect(page.locator(".inspector.ussd .state.now")).to_contain_text("menu")


async def test_a_narrow_window_shows_every_phone_whole(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, _), browsing(chromium, shop.url) as page:
        for width in (360, 800, 1000, 1280, 1920, 2400):
            await page.set_viewport_size({"width": width, "height": 900})
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            for surface in ("ussd", "whatsapp", "sms"):
                await expect(page.locator(f".station.{surface} .phone")).to_be_visible()


async def test_a_long_ussd_screen_shows_whole_lines_and_scrolls(chromium: Browser | None) -> None:
    if chromium is None:
        return
    async with serve() as (shop, _), browsing(chromium, shop.url) as page:
        lines = [f"{number} line" for number in range(1, 15)]
        screen = {
            "text": "\n".join(lines),
            "open": True,
            "session": "s",
            "hop": 1,
            "dialled": "*1#",
        }
        await page.route("**/simulator/api/dial", lambda route: route.fulfill(json=screen))
        phone = UssdPhone(page)
        await phone.dial("*123*1#")
        more = page.locator(".station.ussd .lcd-more")
        await expect(more).to_have_text("▼")
        sizes = "text => [text.clientHeight, text.scrollHeight, text.scrollTop].map((n) => n % 17)"
        assert await phone.screen.evaluate(sizes) == [0, 0, 0]
        await page.keyboard.press("ArrowDown")
        await expect(more).to_have_text("▲▼")
        assert await phone.screen.evaluate(sizes) == [0, 0, 0]
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(more).to_have_text("▲")
