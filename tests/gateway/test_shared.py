"""One code and one number for many shops, through the doors: sub-codes, JOIN, choosing a shop."""

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from msgspec import structs

from core.earning.commands import RecordPurchase
from core.members.commands import Enrol, Leave
from core.values import Money
from storage.admin.staff import remove_staff
from storage.database import count_trips
from storage.turns import PLATFORM
from tests.e2e.carriers import Handset, number_of
from tests.gateway.market import CODE, NUMBER, SHARED, STYLIST, Market, salon, tea
from tests.gateway.teahouse import CASHIER, TOKEN, URL
from tests.gateway.teahouse import CODE as OWN_CODE
from tests.gateway.teahouse import NUMBER as OWN_NUMBER
from tests.gateway.test_latest_input import Phone as EconetPhone

ENDED = "END We could not do that. Nothing was changed. Please dial again."
_PHONES = count(773_100_001)


@pytest.fixture
def phone() -> str:
    """A number that nobody had before."""
    return f"+263{next(_PHONES)}"


@pytest.fixture
async def both(market: Market, phone: str) -> str:
    """A member of both: 1 230 points for tea, 4 560 at the salon."""
    await market.join(market.tea, phone, 1230)
    await market.join(market.salon, phone, 4560)
    return phone


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


@pytest.mark.parametrize("surface", ["chat", "text"])
async def test_balance_from_nobody_one_and_two(surface: str, market: Market, phone: str) -> None:
    """S14, on the shared WhatsApp and SMS number."""
    say = market.chat if surface == "chat" else market.text
    (lost,) = await say(phone, "BALANCE")
    assert "Find a shop" in lost
    await market.join(market.tea, phone, 120)
    (first,) = await say(phone, "MENU", "BALANCE")
    assert ("Tea House" in first) == ("120" in first)
    other = f"+263{next(_PHONES)}"
    await market.join(market.tea, other, 120)
    (only,) = await say(other, "BALANCE")
    assert only.startswith("Tea House\n")
    assert "You have 120 pts" in only
    third = f"+263{next(_PHONES)}"
    await market.join(market.tea, third, 120)
    await market.join(market.salon, third, 330)
    (asked,) = await say(third, "BALANCE")
    assert "Which shop?" in asked
    assert "120" not in asked
    (told,) = await say(third, "Rose Salon")
    assert told.startswith("Rose Salon\nYou have 330 pts")
    # It stays there until another one is chosen.
    (told,) = await say(third, "BAL")
    assert told.startswith("Rose Salon\nYou have 330 pts")


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
    assert "Rose Salon" not in await market.handset(STYLIST[0]).dial(http)
    await market.change(salon())
    assert "Rose Salon" in await market.handset(STYLIST[0]).dial(http)


async def test_trips(market: Market, both: str) -> None:
    """Menus, balances and one's own shops are begin and commit; others are read once; going to
    another shop begins there too."""
    handset, http = market.handset(both), market.house.http
    await handset.dial(http, "45")
    await handset.dial(http, "46")
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
        with count_trips() as trips:
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


async def test_a_notice_goes_out_by_the_shared_number_where_the_shop_has_none(
    market: Market, phone: str, superuser: psycopg.Connection
) -> None:
    """The salon has no number of its own; the tea house has, and never uses the shared one."""
    house, sent = market.house, market.house.provider
    await house.work_off()
    for tenant in (market.salon, market.tea):
        await market.do(tenant, phone, Enrol("Rudo", "en", "We keep your name."))
    await _buy(market, phone)
    # Whoever never used the shared addresses is not written to by them.
    (only,) = await _sent(market)
    assert (only["From"], "Tea House" in only["Body"]) == (OWN_NUMBER, True)
    await market.handset(phone).dial(house.http)
    await _buy(market, phone)
    first, second = sorted(await _sent(market), key=lambda fields: fields["From"])
    assert (first["From"], "Tea House" in first["Body"]) == (OWN_NUMBER, True)
    assert (second["From"], "Rose Salon" in second["Body"]) == (NUMBER, True)
    found = "select distinct state from notice where tenant_id = %s and id in (select notice_id"
    found += " from outbound where tenant_id = %s)"
    rows = superuser.execute(found, (market.salon, PLATFORM)).fetchall()
    assert rows == [("sent",)]
    await market.text(phone, "STOP")
    await _buy(market, phone)
    assert [fields["From"] for fields in await _sent(market)] == [OWN_NUMBER]
    assert sent.messages()


async def _buy(market: Market, phone: str) -> None:
    for tenant, cashier in ((market.tea, CASHIER[0]), (market.salon, STYLIST[0])):
        member = (await market.caller(tenant, phone)).member
        assert member is not None
        bought = RecordPurchase(member.id, Money(1000, "USD"), again=True)
        await market.do(tenant, cashier, bought)


async def _sent(market: Market) -> list[dict[str, str]]:
    """What is sent by text message from here on."""
    before = len(market.house.provider.messages())
    await market.house.work_off()
    return market.house.provider.messages()[before:]


async def test_a_notice_that_the_shared_whatsapp_cannot_carry_goes_by_text(
    market: Market, phone: str
) -> None:
    """Meta refuses (131047, outside its window): the shared SMS number takes over, and the notice
    of the salon is the one that moves."""
    await market.do(market.salon, phone, Enrol("Rudo", "en", "We keep your name."))
    await market.chat(phone, "MENU")
    await market.house.work_off()
    member = (await market.caller(market.salon, phone)).member
    assert member is not None
    bought = RecordPurchase(member.id, Money(1000, "USD"), again=True)
    await market.do(market.salon, STYLIST[0], bought)
    refusal = b'{"error": {"code": 131047, "message": "Re-engagement message"}}'
    market.house.provider.answers.append((400, {"content-type": "application/json"}, refusal))
    by_chat, by_text = await _sent(market)
    assert by_chat["messaging_product"] == "whatsapp"
    assert (by_text["From"], "Rose Salon" in by_text["Body"]) == (NUMBER, True)
    (told,) = await market.chat(phone, "MENU")
    assert "You earned" not in told
