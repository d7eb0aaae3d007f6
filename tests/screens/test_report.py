"""The page of `make screens` in a real browser: frames, filters, directions, faults in red."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.gateway.simulator.browser import PATIENCE_MS, launched
from tests.screens.matrix import Row, rows, shown
from tests.screens.report import Report

expect.set_options(timeout=PATIENCE_MS)

OUT_OF_ORDER = """() => [...document.querySelectorAll(".lcd .text")].flatMap((text) => {
  const node = text.firstChild, wrong = [];
  for (const found of node.data.matchAll(/[+*#]?[0-9][0-9,.:/*#]*[0-9#]/g)) {
    const boxes = [...found[0]].map((_, at) => {
      const range = document.createRange();
      range.setStart(node, found.index + at);
      range.setEnd(node, found.index + at + 1);
      return range.getBoundingClientRect();
    });
    const turned = boxes.some((box, at) => at && box.top === boxes[at - 1].top && box.left < boxes[at - 1].left);
    if (turned) wrong.push(found[0]);
  }
  return wrong;
})"""  # noqa: E501
"""Numbers, codes and telephone numbers whose characters do not stand from left to right."""


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser | None]:
    """One browser for all tests here."""
    async with launched() as browser:
        yield browser


def some(language: str, channel: str) -> Row:
    """The row of usual words."""
    names = {(row.language, row.channel.name, row.filling.name): row for row in rows()}
    return names[(language, channel, "usual")]


async def opened(browser: Browser, report: Report, folder: Path, width: int = 1400) -> Page:
    (folder / "index.html").write_text(report.page())
    page = await browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto((folder / "index.html").as_uri())
    await page.locator("body[data-shown]").wait_for()
    assert asked == [(folder / "index.html").as_uri()]
    return page


async def test_screens_are_looked_through(chromium: Browser | None, tmp_path: Path) -> None:
    if chromium is None:
        return
    report = Report()
    for row in (some("en", "USSD 182"), some("ar", "USSD 182"), some("ar", "WhatsApp")):
        report.add(row, shown(row))
    page = await opened(chromium, report, tmp_path)
    await expect(page.get_by_role("status")).to_contain_text("all fit, no word is cut")
    await expect(page.locator("#home .lcd .text").first).to_contain_text("1 Balance")
    await expect(page.locator("#reward h3 .mark").first).to_have_text("guards")
    everything = await page.locator(".screen").count()
    await page.get_by_label("Only the fullest").check()
    assert 0 < await page.locator(".screen").count() < everything
    await page.get_by_role("button", name="العربية").click()
    await expect(page.locator("main")).to_have_class("USSD rtl")
    await page.get_by_label("Only the fullest").uncheck()
    assert await page.evaluate(OUT_OF_ORDER) == []
    await page.get_by_role("button", name="WhatsApp").click()
    await expect(page.locator("#home .row").first).to_have_text("رصيدي")
    await expect(page.locator("#my_code .qr").first).to_be_visible()
    await page.get_by_label("Only faults").check()
    await expect(page.locator(".none")).to_be_visible()
    await page.close()


async def test_faults_are_red_and_a_phone_is_wide_enough(
    chromium: Browser | None, tmp_path: Path
) -> None:
    if chromium is None:
        return
    row, report = some("en", "USSD 182"), Report()
    first, *others = shown(row)
    report.add(row, [replace(first, faults=("page 1 takes 190 of 182",)), *others])
    assert report.faults == 1
    page = await opened(chromium, report, tmp_path, width=390)
    await expect(page.get_by_role("status")).to_contain_text("1 faults")
    await page.get_by_label("Only faults").check()
    await expect(page.locator(".screen.faulty .faults")).to_have_text("page 1 takes 190 of 182")
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(overflow)
    await page.close()
