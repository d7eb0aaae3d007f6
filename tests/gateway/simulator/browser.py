"""A real browser for the pages: the system's Chromium, driven by Playwright."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

WIDTH, HEIGHT = 1400, 900
PATIENCE_MS = 60_000


@asynccontextmanager
async def launched() -> AsyncIterator[Browser | None]:
    """A browser, or None, said in one line, where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is not installed: the browser tests do nothing.")
        yield None
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=2 * PATIENCE_MS,
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def browsing(browser: Browser, url: str) -> AsyncIterator[Page]:
    """The phones of the server at `url`. Errors of the page's scripts, and of its console, fail
    the test at the end."""
    context = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    await page.goto(f"{url}/simulator")
    await page.locator("body[data-live=true]").wait_for()
    yield page
    await context.close()
    assert wrong == []


class UssdPhone:
    """The feature phone on the page."""

    def __init__(self, page: Page) -> None:
        self.station = page.locator(".station.ussd")
        self.screen = self.station.locator(".lcd-text")
        self.field = self.station.get_by_label("Type on the USSD phone")

    async def dial(self, code: str) -> None:
        await self.field.fill(code)
        await self.field.press("Enter")
        await self.showing("open")

    async def say(self, text: str) -> None:
        """Answer the screen and wait for the next one."""
        await self.field.fill(text)
        await self.field.press("Enter")
        await self.station.locator(".lcd[data-mode=open], .lcd[data-mode=done]").wait_for()

    async def pick(self, label: str) -> None:
        """Answer with the number that a page shows before a label."""
        while label not in (shown := await self.screen.inner_text()) and "98 " in shown:
            await self.say("98")
        await expect(self.screen).to_contain_text(label)
        shown = await self.screen.inner_text()
        number = re.search(rf"^(\d+) {re.escape(label)}", shown, re.MULTILINE)
        assert number, shown
        await self.say(number[1])

    async def hang_up(self) -> None:
        await self.station.get_by_label("Hang up").click()
        await self.showing("idle")

    async def showing(self, mode: str) -> None:
        await self.station.locator(f".lcd[data-mode={mode}]").wait_for()

    async def press(self, keys: str) -> None:
        """Press keys of the keypad, one after the other."""
        for key in keys:
            await self.station.locator(".digits").get_by_label(key, exact=True).click()


class ChatPhone:
    """The WhatsApp-like phone, or the SMS phone, on the page."""

    def __init__(self, page: Page, surface: str) -> None:
        self.station = page.locator(f".station.{surface}")
        self.inside = page.locator(f".inspector.{surface}")
        self.thread = self.station.locator(".messages")
        self.bubbles = self.thread.locator(".bubble")

    async def say(self, text: str) -> None:
        await self.station.get_by_label("Write on").fill(text)
        await self.station.get_by_label("Send", exact=True).click()

    async def tap(self, title: str) -> None:
        """Tap a button, or pick a row of the list, of the newest message."""
        button = self.newest().get_by_role("button", name=title)
        if not await button.count():
            await self.newest().get_by_role("button").click()
            button = self.station.get_by_role("option", name=title)
        await button.click()

    def newest(self) -> Locator:
        return self.station.locator(".bubble.theirs").last


async def choose(page: Page, surface: str, number: str) -> None:
    """Use a number of the list."""
    await page.locator(f".station.{surface}").get_by_label("whose phone").select_option(number)


async def choose_other(page: Page, surface: str, number: str) -> None:
    """Use a number that is not in the list."""
    station = page.locator(f".station.{surface}")
    await station.get_by_label("whose phone").select_option("other")
    await station.get_by_label("another number").fill(number)
    await station.get_by_label("another number").press("Enter")
