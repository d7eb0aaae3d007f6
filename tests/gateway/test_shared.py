"""One code and one number for many shops, through the doors: sub-codes, JOIN, choosing a shop."""

import psycopg
import pytest
from msgspec import structs

from storage.database import Trips
from tests.e2e.carriers import Handset, number_of
from tests.gateway.market import CODE, SHARED, STYLIST, Market, salon, tea
from tests.gateway.teahouse import CODE as OWN_CODE
from tests.gateway.teahouse import TOKEN, URL
from tests.gateway.test_latest_input import Phone as EconetPhone

ENDED = "END We could not do that. Nothing was changed. Please dial again."


def led(market: Market, superuser: psycopg.Connection, phone: str) -> set[object]:
    """Where the conversations of a phone on shared channels are."""
    found = superuser.execute("select at_tenant from conversation where sender = %s", (phone,))
    return {row[0] for row in found}


async def test_a_member_of_two_picks_and_stays_until_the_next_dial(
    market: Market, both: str
) -> None:
    handset, http = market.handset(both), market.house.http
    assert (
        await handset.dial(http)
        == "CON Maita\nWhich shop?\n1 Rose Salon\n2 Tea House\n3 Find a shop"
    )
    assert "Rose Salon\nRudo: 4 560 pts" in await handset.say(http, "1")
    assert "You have 4 560 pts" in await handset.pick(http, "Balance")
    await handset.say(http, "00")
    await handset.pick(http, "Other shops")
    assert "Tea House\nRudo: 1 230 pts" in await handset.pick(http, "Tea House")
    assert "Which shop?" in await handset.dial(http)


async def test_a_member_of_one_is_at_home_at_once(market: Market, phone: str) -> None:
    await market.join(market.salon, phone, 70)
    handset, http = market.handset(phone), market.house.http
    assert "Rose Salon\nRudo: 70 pts" in await handset.dial(http)
    assert "Rose Salon\nRudo: 70 pts" in await handset.dial(http)


async def test_who_is_staff_of_another_shop_is_asked_too(market: Market) -> None:
    await market.join(market.tea, STYLIST[0])
    handset, http = market.handset(STYLIST[0]), market.house.http
    assert "1 Rose Salon\n2 Tea House" in await handset.dial(http)
    await handset.say(http, "1")
    assert "Rose Salon staff" in await _signed_in(handset, market)
    # Nobody is signed in elsewhere by that.
    await handset.say(http, "00")
    await handset.pick(http, "Other shops", "Tea House")
    assert "Staff" not in handset.screen


async def _signed_in(handset: Handset, market: Market) -> str:
    await handset.pick(market.house.http, "Staff")
    return await handset.say(market.house.http, STYLIST[1])


async def test_a_newcomer_finds_a_shop_by_name_and_joins(
    market: Market, phone: str, superuser: psycopg.Connection
) -> None:
    handset, http = market.handset(phone), market.house.http
    assert "1 Rose Salon\n2 Tea House" in await handset.dial(http)
    assert "No shop has that name or code" in await handset.say(http, "Taj Mahal")
    assert "Rose Salon\nEarn points" in await handset.say(http, "rose")
    await handset.pick(http, "Join", "Agree")
    assert "Welcome Rudo" in await handset.say(http, "Rudo")
    assert led(market, superuser, phone) == {market.salon}
    assert (await market.caller(market.salon, phone)).member is not None
    assert (await market.caller(market.tea, phone)).member is None
    assert "Rose Salon\nWelcome Rudo" in await handset.dial(http)


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [
        ("45", "Tea House\nRudo: 1 230 pts"),
        ("46", "Rose Salon\nRudo: 4 560 pts"),
        ("45*1", "Tea House\nYou have 1 230 pts"),
        ("46*1", "Rose Salon\nYou have 4 560 pts"),
        ("45*2", "1 Scone"),
        ("46*2", "Manicure"),
        ("45*5", "Scone for 20 pts?"),
        ("45*5*1", "Scone for 20 pts?"),
        ("46*5*1*1", "Manicure for 20 pts?"),
        ("45*2*1*1", "Scone for 20 pts?"),
        ("47", "Maita\nNo shop has that code.\nWhich shop?"),
        ("0", "Maita\nNo shop has that code.\nWhich shop?"),
        ("045", "Maita\nNo shop has that code.\nWhich shop?"),
        ("47*1*1", "Maita\nNo shop has that code.\nWhich shop?"),
        ("45*99*1*1", "Tea House\nThat is not a choice.\nRudo: 1 230 pts"),
        ("", "Maita\nWhich shop?"),
    ],
)
async def test_digits_behind_the_shared_code(
    dialled: str, shown: str, market: Market, both: str
) -> None:
    handset = market.handset(both)
    assert shown in (await handset.dial(market.house.http, dialled)).replace("CON ", "")


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [("2", "1 Scone"), ("1", "You have 1 230 pts"), ("5*1", "Scone for 20 pts?")],
)
async def test_shortcuts_follow_a_shops_own_code_too(
    dialled: str, shown: str, market: Market, both: str
) -> None:
    handset = market.house.handset(both)
    assert shown in await handset.dial(market.house.http, dialled)


async def test_a_shop_that_nobody_belongs_to_is_still_reached_by_its_digits(
    market: Market, phone: str
) -> None:
    handset = market.handset(phone)
    assert "Rose Salon\nEarn points" in await handset.dial(market.house.http, "46")
    assert "Rose Salon\nJoin first" in await handset.dial(market.house.http, "46*2")


async def test_digits_that_were_given_to_another_shop_lead_there_at_once(
    market: Market, both: str
) -> None:
    """The registry of this process learns of it from begin, within the very turn."""
    handset, http = market.handset(both), market.house.http
    await market.change(salon("48"))
    await market.change(tea("46"))
    try:
        assert "Tea House" in await handset.dial(http, "46")
        assert "Rose Salon" in await handset.dial(http, "48")
        assert "No shop has that code" in await handset.dial(http, "45")
    finally:
        await market.change(tea())
        await market.change(salon())


async def test_a_retry_gets_the_same_bytes(market: Market, both: str) -> None:
    handset, http = market.handset(both), market.house.http
    for said in (None, "1", "1"):
        first = await (handset.dial(http) if said is None else handset.say(http, said))
        assert await handset.post(http) == first
    dialled = await handset.dial(http, "46*5")
    assert await handset.post(http) == dialled
    done = await handset.pick(http, "Yes")
    assert "Ref" in done
    assert [await handset.post(http) for _ in range(3)] == [done] * 3
    assert (await market.caller(market.salon, both)).available == 4540


async def test_a_session_of_one_code_is_none_of_another(market: Market, both: str) -> None:
    """U36: between the shared code and a shop's own, both ways."""
    shared, own, http = market.handset(both), market.house.handset(both), market.house.http
    await shared.dial(http)
    own.session, own.text = shared.session, "1"
    assert await own.post(http) == ENDED
    await own.dial(http)
    shared.session, shared.text = own.session, "1"
    assert await shared.post(http) == ENDED
    for url, code in ((shared.url, OWN_CODE), (own.url, CODE)):
        lost = Handset(url=url, code=code, phone=both)
        assert await lost.dial(http) == ENDED


async def test_a_shops_own_code_goes_before_the_shared_one(market: Market, both: str) -> None:
    """`*123*9#` is Tea House's own: a carrier that posts it to the shared channel is wrong."""
    rt, http = market.house.rt, market.house.http
    spec = tea()
    part = spec.channels[0]
    from msgspec.structs import replace

    own = replace(part, address="*123*9#", token=f"{TOKEN}9")
    await market.change(structs.replace(spec, channels=(*spec.channels, own)))
    await rt.registry.refresh()
    alarms = market.house.alarms("session_of_another_channel")
    handset = Handset(url=f"{URL}/public/ussd/callback", code="*123*9#", phone=both)
    assert "Tea House" in await handset.dial(http)
    # Where a carrier knows the shared code alone, the digits behind it say the same.
    assert "CON Tea House\n" in await market.handset(both).dial(http, "9")
    lost = Handset(url=f"{URL}/public/ussd/callback/{SHARED}a", code="*123*9#", phone=both)
    assert await lost.dial(http) == ENDED
    assert market.house.alarms("session_of_another_channel") == alarms + 1


async def test_a_dropped_session_is_offered_again_where_it_was(
    market: Market, both: str, phone: str
) -> None:
    handset, http = market.handset(both), market.house.http
    await handset.dial(http, "45")
    await handset.pick(http, "Enter a code")
    again = await handset.dial(http)
    assert "Tea House\nContinue with Enter a code?" in again
    assert "Type the code" in await handset.pick(http, "Continue")
    await handset.dial(http)
    await handset.pick(http, "Start over")
    assert "Tea House\nRudo" in handset.screen
    # Nothing was begun there, so that the next dial asks again.
    assert "Which shop?" in await handset.dial(http)


async def test_a_result_that_nobody_may_have_seen_is_said_again_at_its_shop(
    market: Market, both: str
) -> None:
    handset, http = market.handset(both), market.house.http
    await handset.dial(http, "46*5")
    done = await handset.pick(http, "Yes")
    code = done.partition("till: ")[2][:7]
    again = await handset.dial(http)
    assert again.startswith("CON Rose Salon\n")
    assert code in again


async def test_trips(market: Market, both: str) -> None:
    """Menus, balances and one's own shops are begin and commit; others are read once; going to
    another shop begins there too."""
    handset, http = market.handset(both), market.house.http
    for digits in ("", "45", "46"):  # What is configured is read once.
        await handset.dial(http, digits)
    for said, shown, budget in (
        ("dial", "Which shop?", 2),
        ("2", "Tea House", 3),
        ("1", "1 230 pts", 2),
        ("00", "Tea House", 2),
        ("98", "Other shops", 2),
        ("8", "Which shop?", 2),
        ("3", "Find a shop", 3),
        ("rose", "Rose Salon", 4),
        ("dial 45", "Tea House", 2),
        ("dial 46*1", "4 560 pts", 2),
    ):
        opens, _, digits = said.partition(" ")
        with Trips() as trips:
            if opens == "dial":
                await handset.dial(http, digits)
            else:
                await handset.say(http, said)
        assert shown in handset.screen, said
        assert trips.count == budget, said


async def test_a_code_of_a_carrier_that_sends_the_latest_input_only(
    market: Market, both: str
) -> None:
    """Econet posts what was dialled: `*449*46*5#` is the salon's shortcut 5."""
    phone, house = EconetPhone(both, "b", token=SHARED), market.house
    assert "Which shop?" in await phone.dial(house, "*449#")
    assert "Tea House\nRudo" in await phone.say(house, "2")
    assert await phone.post(house) == phone.words
    assert "Rose Salon\nRudo" in await phone.dial(house, "*449*46#")
    asked = await phone.dial(house, "*449*46*5#")
    assert "Manicure for 20 pts?" in asked
    assert number_of(asked, "Yes") not in ("", "5")
    assert "Ref" in await phone.pick(house, "Yes")
    assert "No shop has that code" in await phone.dial(house, "*449*47#")


async def test_what_closed_is_gone_from_the_next_screen(
    market: Market, both: str, superuser: psycopg.Connection
) -> None:
    """No step on a shared code goes on from memory, with no shop chosen either."""
    handset, http = market.handset(both), market.house.http
    await handset.dial(http)
    await handset.say(http, "HELP")
    try:
        superuser.execute("update tenant set status = 'closed' where id = %s", (market.salon,))
        with Trips() as trips:
            assert "Rose Salon" not in await handset.say(http, "0")
        assert trips.count >= 2
    finally:
        superuser.execute("update tenant set status = 'open' where id = %s", (market.salon,))
