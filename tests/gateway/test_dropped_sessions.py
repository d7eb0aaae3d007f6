"""A USSD session that died on a result: what was done follows once, or is said first next time.

The end notices are Africa's Talking's (docs/wire-formats.md 1); docs/conversation.md, rule 8.
"""

import asyncio
from itertools import count
from typing import Any

import psycopg
import pytest

from core.members.commands import StopMessages
from tests.e2e.carriers import Handset
from tests.gateway.teahouse import CASHIER, TeaHouse

_PHONES = count(773500001)


@pytest.fixture
async def phone(shop: TeaHouse) -> Handset:
    return await shop.at_home(f"+263{next(_PHONES)}")


async def end(shop: TeaHouse, phone: Handset, **changes: str) -> None:
    url = phone.url.replace("/callback/", "/events/")
    answer = await shop.http.post(url, data=phone.ended(**changes))
    assert (answer.status_code, answer.text) == (200, "")


async def reserved(shop: TeaHouse, phone: Handset) -> str:
    """A reward that staff must approve: it has no code yet, so nothing was sent with it."""
    done = await phone.pick(shop.http, "Rewards", "Pot of Tea", "Yes")
    assert "Staff will approve it soon" in done
    return done


async def test_a_result_follows_by_text(shop: TeaHouse, phone: Handset) -> None:
    await reserved(shop, phone)
    await end(shop, phone)
    (sent,) = await shop.work_off()
    assert sent.startswith("Tea House\nPot of Tea is reserved until")
    assert "Ref " in sent


async def test_a_notice_that_comes_again_tells_nothing_more(shop: TeaHouse, phone: Handset) -> None:
    """Twenty at once and one later, and other words about the same session."""
    await reserved(shop, phone)
    await asyncio.gather(*(end(shop, phone) for _ in range(20)))
    assert len(await shop.work_off()) == 1
    await end(shop, phone)
    await end(shop, phone, status="Failed", errorMessage="timeout")
    assert await shop.work_off() == []


async def test_the_answers_own_retry_may_come_after_it(shop: TeaHouse, phone: Handset) -> None:
    done = await reserved(shop, phone)
    await end(shop, phone)
    assert await phone.post(shop.http) == done
    assert len(await shop.work_off()) == 1
    await end(shop, phone)
    assert await shop.work_off() == []


async def test_a_session_that_went_well_sends_nothing(shop: TeaHouse, phone: Handset) -> None:
    await reserved(shop, phone)
    await end(shop, phone, status="Success")
    assert await shop.work_off() == []


async def test_nothing_was_done_so_nothing_follows(shop: TeaHouse, phone: Handset) -> None:
    await phone.pick(shop.http, "Balance")
    await end(shop, phone)
    await phone.say(shop.http, "0")
    await phone.pick(shop.http, "My code")
    await end(shop, phone)
    assert await shop.work_off() == []


async def test_what_was_seen_is_not_told(shop: TeaHouse, phone: Handset) -> None:
    """Whoever went on has read it."""
    await reserved(shop, phone)
    await phone.pick(shop.http, "My rewards")
    await end(shop, phone)
    assert await shop.work_off() == []


async def test_a_code_that_was_texted_anyway_is_not_sent_twice(
    shop: TeaHouse, phone: Handset
) -> None:
    assert "show this code" in await phone.pick(shop.http, "Rewards", "Scone", "Yes")
    await end(shop, phone)
    (sent,) = await shop.work_off()
    assert "show this code" in sent


async def test_a_newcomer_is_welcomed_by_text(shop: TeaHouse) -> None:
    newcomer = shop.handset(f"+263{next(_PHONES)}")
    await newcomer.dial(shop.http)
    await newcomer.pick(shop.http, "Join", "Agree")
    assert "Welcome Chipo!" in await newcomer.say(shop.http, "Chipo")
    await end(shop, newcomer)
    (sent,) = await shop.work_off()
    assert "Welcome Chipo!" in sent


async def test_an_award_that_was_perhaps_never_seen(shop: TeaHouse, phone: Handset) -> None:
    """The cashier is texted, and told at the next dial even before a PIN: it is their own phone."""
    cashier = shop.handset(CASHIER[0])
    await cashier.dial(shop.http)
    await cashier.start_over(shop.http)
    await cashier.pick(shop.http, "Staff")
    await cashier.say(shop.http, CASHIER[1])
    await cashier.pick(shop.http, "Award a purchase")
    await cashier.say(shop.http, phone.phone, "50")
    assert "Done. Rudo has" in await cashier.pick(shop.http, "Yes")
    await end(shop, cashier)
    sent = await shop.work_off()
    assert [text for text in sent if "Done. Rudo has 900 pts." in text]
    assert "Done. Rudo has 900 pts." in await cashier.dial(shop.http)


async def test_whatsapp_comes_first_inside_its_window(shop: TeaHouse, phone: Handset) -> None:
    await shop.chat(phone.phone, "balance")
    await reserved(shop, phone)
    before = len(shop.provider.messages())
    await end(shop, phone)
    (sent,) = await shop.work_off()
    assert "Pot of Tea is reserved" in sent
    assert shop.provider.messages()[before]["messaging_product"] == "whatsapp"


async def test_who_said_stop_hears_it_at_the_next_visit(shop: TeaHouse, phone: Handset) -> None:
    await shop.do(phone.phone, StopMessages())
    await reserved(shop, phone)
    await end(shop, phone)
    assert await shop.work_off() == []
    shop.later(minutes=30)
    again = await phone.dial(shop.http)
    assert "Pot of Tea is reserved" in again
    assert "1 Balance" in again
    assert "Pot of Tea is reserved" not in await phone.dial(shop.http)


async def test_a_session_of_another_phone(
    shop: TeaHouse, phone: Handset, superuser: psycopg.Connection
) -> None:
    """Security.md 15: nothing happens but an alarm."""
    await reserved(shop, phone)
    before = shop.alarms("session_of_another_phone")
    await end(shop, phone, phoneNumber="+263774999991")
    assert shop.alarms("session_of_another_phone") == before + 1
    assert await shop.work_off() == []
    await end(shop, phone)
    assert len(await shop.work_off()) == 1


async def test_a_session_nobody_opened(shop: TeaHouse, phone: Handset) -> None:
    before = shop.alarms("session_of_another_phone")
    await end(shop, phone, sessionId="ATUid_never_seen")
    assert await shop.work_off() == []
    assert shop.alarms("session_of_another_phone") == before


async def test_a_phone_that_dialled_again_was_told(shop: TeaHouse, phone: Handset) -> None:
    await reserved(shop, phone)
    old = phone.ended()
    assert "Pot of Tea is reserved" in await phone.dial(shop.http)
    url = phone.url.replace("/callback/", "/events/")
    assert (await shop.http.post(url, data=old)).status_code == 200
    assert await shop.work_off() == []


async def test_a_notice_of_hours_ago_tells_nothing(shop: TeaHouse, phone: Handset) -> None:
    await reserved(shop, phone)
    shop.later(hours=2)
    await end(shop, phone)
    assert await shop.work_off() == []
    assert "Pot of Tea is reserved" in await phone.dial(shop.http)


def stored(connection: psycopg.Connection) -> list[Any]:
    return connection.execute("select command from command_log order by created_at").fetchall()


async def test_the_message_is_stored_before_the_carrier_is_answered(
    shop: TeaHouse, phone: Handset, superuser: psycopg.Connection
) -> None:
    """A kill -9 after the answer loses nothing: the job is there."""
    await reserved(shop, phone)
    await end(shop, phone)
    assert stored(superuser)[-1] == ("TellDropped",)
    row = superuser.execute(
        "select count(*) from outbound o join job j on j.subject = o.id where o.state = 'queued'"
    ).fetchone()
    assert row == (1,)
    await shop.work_off()
