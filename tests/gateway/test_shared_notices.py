"""Notices of a shop that has no number of its own, by the numbers that all share."""

import psycopg

from core.earning.commands import RecordPurchase
from core.members.commands import Enrol
from core.values import Money
from storage.turns import PLATFORM
from tests.gateway.market import NUMBER, STYLIST, Market
from tests.gateway.teahouse import CASHIER
from tests.gateway.teahouse import NUMBER as OWN_NUMBER


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
