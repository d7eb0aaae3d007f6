"""The whole way on the phones to try, in a real browser over the real service: somebody joins by
WhatsApp, a cashier awards by USSD, she redeems, he approves, she shows the code and he takes it.

The pictures go to `tests/e2e/report/` (docs/simulator.md).
"""

import re

from playwright.async_api import expect

from tests.e2e.album import Album
from tests.e2e.conftest import tenant
from tests.e2e.process import Gateway
from tests.gateway.simulator.browser import (
    PATIENCE_MS,
    ChatPhone,
    UssdPhone,
    browsing,
    choose,
    choose_other,
    launched,
)

MEMBER = "+962791117777"
SHOP = "cafe-aroma"

expect.set_options(timeout=PATIENCE_MS)


class Way:
    """The two phones, what each is to show, and the pictures taken on the way."""

    def __init__(self, member: ChatPhone, staff: UssdPhone, pin: str, album: Album) -> None:
        self.member, self.staff, self.pin, self.album = member, staff, pin, album

    async def join(self) -> None:
        await self.member.say("hi")
        await expect(self.member.newest()).to_contain_text("Earn points on every visit")
        await self.album.keep("welcome", "A new number says hi on WhatsApp")
        await self.member.tap("Join free")
        await expect(self.member.newest()).to_contain_text("Which language?")
        await self.member.tap("English")
        await expect(self.member.newest()).to_contain_text("We keep your number")
        await self.member.tap("Agree")
        await expect(self.member.newest()).to_contain_text("What is your name?")
        await self.member.say("Thandi")
        await expect(self.member.newest()).to_contain_text("Welcome Thandi")
        await expect(self.member.inside.locator(".entry.plus")).to_contain_text("+10")
        await self.album.keep("joined", "Joined: the bonus is in the ledger")

    async def award(self) -> None:
        await self.sign_in()
        await self.staff.pick("Award")
        await self.staff.say(MEMBER)
        await expect(self.staff.screen).to_contain_text("Amount in JOD")
        await self.staff.say("50")
        await expect(self.staff.screen).to_contain_text("+500 pts for 50.000 JOD?")
        await self.album.keep("award", "By USSD the cashier is about to award 50 JOD")
        await self.staff.pick("Yes")
        await expect(self.staff.screen).to_contain_text("Done. Thandi has 510 pts.")
        await expect(self.member.thread).to_contain_text("You earned 500 pts")
        await expect(self.member.inside.locator(".entry.plus").first).to_contain_text("+500")
        await self.album.keep("awarded", "Awarded: the member is told on WhatsApp")

    async def redeem(self) -> None:
        await self.member.say("rewards")
        await expect(self.member.newest()).to_contain_text("510 pts")
        await self.member.newest().get_by_role("button").first.click()
        await self.album.keep("rewards", "The rewards are a list to pick from")
        await self.member.station.get_by_role("option", name="Free Coffee").click()
        await expect(self.member.newest()).to_contain_text("Free Coffee for 100")
        await self.album.keep("confirm", "Nothing is spent without a confirmation")
        await self.member.tap("Yes")
        await expect(self.member.newest()).to_contain_text("reserved")

    async def approve(self) -> None:
        await self.sign_in()
        await self.staff.pick("Approve rewards")
        await self.staff.pick("Free Coffee, Thandi")
        await self.album.keep("approve", "Reserved, and waiting for the cashier's word")
        await self.staff.pick("Approve")
        await expect(self.staff.screen).to_contain_text("Approved: Free Coffee")
        await expect(self.member.thread).to_contain_text("Your Free Coffee is ready")
        await self.album.keep("approved", "Approved by USSD: the member is told on WhatsApp")

    async def use(self) -> None:
        await self.member.say("my rewards")
        await expect(self.member.newest()).to_contain_text("Your rewards")
        await self.member.tap("Free Coffee")
        picture = self.member.newest().get_by_role("img", name="Picture of a code")
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("image => image.naturalWidth") > 100
        code = re.search(r"\b\d{3} \d{3}\b", await self.member.newest().inner_text())
        assert code
        await self.album.keep("code", "Her code, as a picture and as digits")
        await self.sign_in()
        await self.staff.pick("Use a code")
        await self.staff.say(code[0])
        await expect(self.staff.screen).to_contain_text("Free Coffee")
        await self.album.keep("use", "The cashier typed it and sees whose coffee it is")
        await self.staff.pick("Yes")
        await expect(self.staff.screen).to_contain_text("Ref")
        await self.album.keep("used", "Used: the code works once")

    async def sign_in(self) -> None:
        await self.staff.hang_up()
        await self.staff.dial("*123*1#")
        await self.staff.pick("Staff")
        await expect(self.staff.screen).to_contain_text("PIN")
        await self.staff.say(self.pin)
        await expect(self.staff.screen).to_contain_text("Award a purchase")


async def test_from_joining_to_a_used_reward_on_two_phones(gateway: Gateway) -> None:
    cashier = next(who for who in tenant(gateway, SHOP)["staff"] if who["role"] == "cashier")
    async with launched() as browser:
        if browser is None:
            return
        async with browsing(browser, gateway.url) as page:
            await choose_other(page, "whatsapp", MEMBER)
            await choose(page, "ussd", cashier["phone"])
            album = Album("From joining to a used reward, on two phones", page)
            way = Way(ChatPhone(page, "whatsapp"), UssdPhone(page), cashier["pin"], album)
            await way.join()
            await way.award()
            await way.redeem()
            await way.approve()
            await way.use()
            # As the digits of an id it may be there by chance.
            shown = rf"(?<![0-9a-z]){cashier['pin']}(?![0-9a-z])"
            assert not re.search(shown, await page.content())
            assert await way.member.station.locator(".trouble").count() == 0
