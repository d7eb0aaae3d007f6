"""One WhatsApp and one SMS number for many shops: JOIN and links, choosing, STOP, closing."""

from collections.abc import Iterator

import psycopg
import pytest

from core.members.commands import Leave
from storage.admin.staff import remove_staff
from storage.turns import PLATFORM
from tests.gateway.market import STYLIST, Market, salon


@pytest.mark.parametrize("surface", ["chat", "text"])
async def test_balance_from_nobody_and_from_one(surface: str, market: Market, phone: str) -> None:
    """S14, on the shared WhatsApp and SMS number."""
    say = market.chat if surface == "chat" else market.text
    (lost,) = await say(phone, "BALANCE")
    assert "Find a shop" in lost
    await market.join(market.tea, phone, 120)
    (told,) = await say(phone, "BALANCE")
    assert told.startswith("Tea House\nYou have 120 pts")


@pytest.mark.parametrize("surface", ["chat", "text"])
async def test_balance_from_two(surface: str, market: Market, both: str) -> None:
    """S14: first which shop, then what was asked for; there it stays until another is chosen."""
    say = market.chat if surface == "chat" else market.text
    (asked,) = await say(both, "BALANCE")
    assert asked.startswith("Maita\nWhich shop?")
    assert "1 230" not in asked
    for said in ("Rose Salon", "BAL"):
        (told,) = await say(both, said)
        assert told.startswith("Rose Salon\nYou have 4 560 pts")
    await say(both, "SHOPS", "Tea House")
    (told,) = await say(both, "BAL")
    assert told.startswith("Tea House\nYou have 1 230 pts")


async def test_links_and_posters(market: Market, phone: str) -> None:
    """What `wa.me` links and QR codes carry: JOIN, CODE and REDEEM."""
    (joining,) = await market.chat(phone, "JOIN rose-salon")
    assert joining.startswith("Rose Salon\nWe keep your number")
    await market.chat(phone, "Agree", "Rudo")
    (told,) = await market.chat(phone, "REDEEM manicure")
    assert "Manicure costs 20" in told
    (joining,) = await market.chat(phone, "join tea house")
    assert joining.startswith("Tea House\nWe keep your number")
    await market.chat(phone, "Agree", "Rudo")
    (code,) = await market.chat(phone, "CODE ROSE")
    assert code.startswith("Rose Salon\n")
    assert "You are a member already" in code
    (unknown,) = await market.chat(phone, "JOIN nowhere-at-all")
    assert "No shop has that name or code" in unknown
    handset = market.handset(phone)
    assert "1 Rose Salon\n2 Tea House" in await handset.dial(market.house.http)


async def test_a_button_of_one_shop_is_none_of_the_other(market: Market, both: str) -> None:
    await market.chat(both, "MENU")
    await market.chat(both, "Tea House")
    (told,) = await market.tap(both, "balance~tea-house")
    assert told.startswith("Tea House\nYou have 1 230 pts")
    await market.chat(both, "SHOPS", "Rose Salon")
    (told,) = await market.tap(both, "balance~tea-house")
    assert told.startswith("Rose Salon\nThat menu is old.")
    assert "1 230" not in told
    (told,) = await market.tap(both, "balance~rose-salon")
    assert told.startswith("Rose Salon\nYou have 4 560 pts")


async def test_an_answer_to_the_choice_of_a_shop_is_heard_as_one(
    market: Market, phone: str
) -> None:
    """Who joins elsewhere while they choose here is not led away under their fingers."""
    (asked,) = await market.text(phone, "hi")
    assert "2 Tea House" in asked
    await market.join(market.salon, phone)
    (told,) = await market.text(phone, "2")
    assert told.startswith("Tea House\n")


async def test_stop_counts_for_every_shop_on_the_number(
    market: Market, both: str, superuser: psycopg.Connection
) -> None:
    await market.text(both, "MENU", "Tea House")
    (told,) = await market.text(both, "STOP")
    assert "No shop will write to you from here" in told
    stops = superuser.execute(
        "select tenant_id, stopped from address_stop where value = %s", (both,)
    )
    assert stops.fetchall() == [(PLATFORM, True)]
    (told,) = await market.text(both, "START")
    assert "again" in told


async def test_stop_is_obeyed_from_who_belongs_nowhere(
    market: Market, phone: str, superuser: psycopg.Connection
) -> None:
    """S5, before any shop is chosen; confirmed once."""
    (told,) = await market.text(phone, "STOP")
    assert told.startswith("Maita\nNo shop will write to you from here")
    kept = "select tenant_id, stopped from address_stop where value = %s"
    assert superuser.execute(kept, (phone,)).fetchall() == [(PLATFORM, True)]
    assert await market.text(phone, "STOP") == []


async def test_a_shop_that_closes_is_found_no_more(
    market: Market, both: str, superuser: psycopg.Connection, closing: None
) -> None:
    handset, http = market.handset(both), market.house.http
    await handset.dial(http, "46")
    await market.chat(both, "MENU", "Rose Salon")
    superuser.execute("update tenant set status = 'closed' where slug = 'rose-salon'")
    assert "Maita\nThat shop is closed." in await handset.say(http, "1")
    assert "Rose Salon" not in handset.screen
    assert "Tea House\nThat shop is closed.\n" in await handset.dial(http, "46")
    assert "Tea House" in await handset.dial(http)
    await handset.pick(http, "Other shops", "Find a shop")
    assert "Rose Salon" not in handset.screen
    assert "No shop has that name" in await handset.say(http, "rose salon")
    # What was offered at the closed one means nothing here.
    (told,) = await market.chat(both, "1")
    assert told.startswith("Tea House\nThat shop is closed.\nRudo: 1 230 pts")
    (told,) = await market.chat(both, "JOIN rose-salon")
    assert "No shop has that name" in told


@pytest.fixture
def closing(superuser: psycopg.Connection) -> Iterator[None]:
    yield
    superuser.execute("update tenant set status = 'open'  where slug = 'rose-salon'")


async def test_who_leaves_or_works_there_no_more_is_led_elsewhere(
    market: Market, both: str
) -> None:
    handset, http, rt = market.handset(both), market.house.http, market.house.rt
    await market.do(market.salon, both, Leave())
    assert "Tea House\nRudo" in await handset.dial(http)
    await handset.dial(http, "46")
    await handset.pick(http, "Join", "Agree")
    assert "Welcome back" in handset.screen
    await handset.dial(http)
    assert "Which shop?" in await handset.dial(http)
    await market.change(salon())
    await remove_staff(rt.db, rt.vault, market.salon, STYLIST[0])
    handset = market.handset(STYLIST[0])
    assert "Find a shop" in await handset.dial(http)
    await market.change(salon())
    assert "CON Rose Salon\n" in await handset.dial(http)
