"""A newcomer to a Zimbabwean shop by USSD in Shona and in Ndebele: joins, earns, redeems."""

from dataclasses import dataclass

import httpx
import pytest

from tests.e2e.conftest import award, handset
from tests.e2e.process import Gateway

SHOP = "fresh-fitness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The labels that are picked, and what the screens say, in one language."""

    name: str
    phone: str
    join: str
    agree: str
    welcome: str
    rewards: str
    question: str
    yes: str
    show: str
    mine: str
    balance: str
    has: str


SHONA = Way(
    name="chiShona", phone="+263772660001", join="Joinai mahara", agree="Ndabvuma",
    welcome="Mauya Rudo! Matanga ne 20 pts.", rewards="Mibairo",
    question="Smoothie ne 50 pts? Muchasara ne 20.", yes="Hongu", show="ratidzai kodhi iyi pa till",
    mine="Mibairo yangu", balance="Mapoinzi angu", has="Mune mapoinzi 20.",
)  # fmt: skip
NDEBELE = Way(
    name="isiNdebele", phone="+263772660002", join="Joyina mahala", agree="Ngiyavuma",
    welcome="Siyakwemukela Rudo! Uqala nge-20 pts.", rewards="Imivuzo",
    question="Smoothie nge-50 pts? Kuzasala 20.", yes="Yebo",
    show="tshengisa ikhodi le e-till", mine="Imivuzo yami", balance="Amaphoyinti ami",
    has="Ulamaphoyinti angu-20.",
)  # fmt: skip


@pytest.mark.parametrize("way", [SHONA, NDEBELE], ids=lambda way: way.name)
async def test_a_newcomer_is_served_in_their_language(
    gateway: Gateway, http: httpx.AsyncClient, way: Way
) -> None:
    phone = handset(gateway, SHOP, way.phone)
    await phone.dial(http)
    await phone.pick(http, "Language", way.name, way.join, way.agree)
    assert way.welcome in await phone.say(http, "Rudo")
    await phone.say(http, "00")

    asked, done = await award(gateway, http, SHOP, way.phone, "10")
    assert "+50 pts for 10.00 USD?" in asked
    assert "Done. Rudo has 70 pts." in done
    assert "Rudo: 70 pts" in await phone.dial(http)
    shelf = await phone.pick(http, way.rewards)
    assert shelf.startswith("CON Fresh Fitness")
    await phone.pick(http, "Juice bar", "Smoothie")
    assert way.question in phone.screen
    redeemed = await phone.pick(http, way.yes)
    assert f"Smoothie: {way.show}" in redeemed
    code = redeemed.split(": ")[2][:7]

    await phone.say(http, "00")
    await phone.pick(http, way.mine)
    assert f"Smoothie {code}" in phone.screen
    await phone.say(http, "00")
    assert way.has in await phone.pick(http, way.balance)
