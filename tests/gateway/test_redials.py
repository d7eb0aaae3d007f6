"""A redial: what broke off is offered again, what was done is said first (conversation.md, rule 8).

Twice each: on a carrier that repeats all input of a session, and on one that sends the latest only.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

import pytest

from core.rewards.commands import ListIssuances, UseIssuance
from tests.gateway.teahouse import CASHIER, TeaHouse
from tests.gateway.test_latest_input import Phone

_PHONES = count(773700001)


@dataclass(slots=True)
class Dialler:
    """A member's phone on either carrier."""

    number: str
    dial: Callable[[str], Awaitable[str]]
    pick: Callable[..., Awaitable[str]]


@pytest.fixture(params=["accumulated", "latest"])
async def phone(request: pytest.FixtureRequest, shop: TeaHouse) -> Dialler:
    """At home, 400 points in the wallet."""
    number = f"+263{next(_PHONES)}"
    await shop.join(number, 400)
    if request.param == "latest":
        econet = Phone(number)

        async def dial(digits: str) -> str:
            return await econet.dial(shop, f"*440*{digits}#" if digits else "")

        async def pick(*labels: str) -> str:
            return await econet.pick(shop, *labels)
    else:
        handset = shop.handset(number)

        async def dial(digits: str) -> str:
            return await handset.dial(shop.http, digits)

        async def pick(*labels: str) -> str:
            return await handset.pick(shop.http, *labels)

    dialler = Dialler(number, dial, pick)
    await dialler.dial("")
    return dialler


async def test_what_was_begun_is_offered(shop: TeaHouse, phone: Dialler) -> None:
    screen = await phone.pick("Enter a code")
    shop.later(minutes=9)
    assert "Continue with Enter a code?" in await phone.dial("")
    assert await phone.pick("Continue") == screen


@pytest.mark.parametrize("minutes", [1, 9, 11, 23 * 60])
async def test_what_was_done_is_said_first(minutes: int, shop: TeaHouse, phone: Dialler) -> None:
    """Once, whenever the phone comes back within a day."""
    await phone.pick("Rewards", "Pot of Tea", "Yes")
    shop.later(minutes=minutes)
    again = await phone.dial("")
    assert "Pot of Tea is reserved until" in again
    assert "1 Balance" in again
    assert "Pot of Tea is reserved" not in await phone.dial("")


async def test_after_a_day_it_is_no_news(shop: TeaHouse, phone: Dialler) -> None:
    await phone.pick("Rewards", "Pot of Tea", "Yes")
    shop.later(hours=24, minutes=1)
    assert "Pot of Tea is reserved" not in await phone.dial("")


async def test_what_no_longer_holds_is_not_said(shop: TeaHouse, phone: Dialler) -> None:
    """The reward was fetched meanwhile."""
    await phone.pick("Rewards", "Mug", "Yes")
    (issuance,) = await shop.do(phone.number, ListIssuances())
    await shop.do(CASHIER[0], UseIssuance(issuance.id))
    shop.later(minutes=30)
    await shop.work_off()
    assert "show this code" not in await phone.dial("")


async def test_digits_dialled_ahead_show_it_too(shop: TeaHouse, phone: Dialler) -> None:
    await phone.pick("Rewards", "Pot of Tea", "Yes")
    balance = await phone.dial("1")
    assert "Pot of Tea is reserved until" in balance
    assert "You have" in balance or "pts" in balance
    assert "Pot of Tea is reserved" not in await phone.dial("1")


async def test_a_question_stands_alone_and_the_news_waits(shop: TeaHouse, phone: Dialler) -> None:
    """Digits that stop at a confirmation leave no room: the visit after it says what was done."""
    await phone.pick("Rewards", "Pot of Tea", "Yes")
    question = await phone.dial("2*1")
    assert "?" in question
    assert "Pot of Tea is reserved" not in question
    assert "Pot of Tea is reserved until" in await phone.dial("")


async def test_news_is_not_lost_behind_digits_dialled_ahead(shop: TeaHouse, phone: Dialler) -> None:
    """A notice that nobody could push is said on the screen that is seen."""
    await shop.work_off()
    await phone.pick("Rewards", "Mug", "Yes")
    (issuance,) = await shop.do(phone.number, ListIssuances())
    await phone.pick("My rewards")
    await shop.do(CASHIER[0], UseIssuance(issuance.id))
    shop.later(minutes=11)
    assert "Enjoy your Mug." in await phone.dial("1")
    assert "Enjoy your Mug." not in await phone.dial("")
    await shop.work_off()
