"""What becomes of messages out that are refused, at once or in a report, or stopped; and of the
notices they tell."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest

from core.members.commands import StopMessages
from tests.gateway.sending import (
    MARKED,
    buy,
    carrier_id,
    last,
    meta_says,
    notices,
    outbox,
    status,
    step,
    stopped,
    texts_to,
    twilio_says,
    write,
)
from tests.gateway.teahouse import TeaHouse

_PHONES = count(776000001)


@pytest.fixture
def phone() -> str:
    return f"+263{next(_PHONES)}"


@pytest.fixture(autouse=True)
def as_if_new(shop: TeaHouse, superuser: psycopg.Connection) -> Iterator[None]:
    superuser.execute("truncate job")
    yield
    shop.provider.answers.clear()


# ── refusals, at once and in reports ────────────────────────────────────────────────────────────


async def test_a_refusal_that_it_tells_at_once(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    shop.provider.answers += [MARKED, meta_says(131050)]
    await write(shop, phone, "hello")
    assert await shop.work_off() != []
    assert last(superuser)[:2] == ("failed", "opted out 131050")
    assert stopped(superuser, phone)


async def test_a_refusal_that_it_tells_later(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.chat(phone, "hello")
    wamid = last(superuser)[2]
    assert wamid
    for _ in range(2):
        await status(shop, wamid, "failed", 131050)
        assert await shop.work_off() == []
    assert last(superuser)[:2] == ("failed", "131050")
    assert stopped(superuser, phone)


async def test_a_text_message_that_twilio_says_later_was_stopped(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.text(phone, "hello")
    told = shop.provider.messages()[-1]
    form = {
        "MessageSid": carrier_id(superuser), "AccountSid": shop.sms.account_sid,
        "ErrorCode": "21610",
        "MessageStatus": "undelivered", "From": shop.sms.number, "To": phone,
    }  # fmt: skip
    reporting = replace(shop.sms, url=told["StatusCallback"])
    assert dict(parse_qsl(urlsplit(reporting.url).query))["outbound"]
    assert (await reporting.post(shop.http, form)).is_success
    await shop.work_off()
    assert stopped(superuser, phone)


@pytest.mark.parametrize("later", [False, True])
async def test_who_is_not_on_whatsapp_is_sent_the_same_words_by_text_once(
    later: bool, shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    if later:
        await shop.chat(phone, "hello")
        wamid = carrier_id(superuser)
        for _ in range(2):
            await status(shop, wamid, "failed", 131026)
    else:
        shop.provider.answers += [MARKED, meta_says(131026)]
        await write(shop, phone, "hello")
    await shop.work_off()
    (text,) = texts_to(shop, phone)
    assert "Tea House" in text


async def test_who_said_stop_is_not_sent_it_another_way(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.do(phone, StopMessages())
    shop.provider.answers += [MARKED, meta_says(131026)]
    await write(shop, phone, "hello")
    await shop.work_off()
    assert texts_to(shop, phone) == []
    assert last(superuser)[:2] == ("failed", "not reachable 131026")


async def test_a_text_message_that_fails_is_not_sent_as_one_again(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    """Whatever made it fail: the way out of a failed text is never a text."""
    await shop.text(phone, "hello")
    superuser.execute("update outbound set state = 'failed', error = 'cannot_push'")
    row = superuser.execute("select id from outbound order by id desc limit 1").fetchone()
    assert row is not None
    before = len(outbox(superuser))
    await shop.rt.jobs.add(shop.tenant, "undelivered", subject=row[0])
    assert await shop.work_off() == []
    assert len(outbox(superuser)) == before


async def test_a_wrong_configuration_told_later_is_an_alarm(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.chat(phone, "hello")
    before = shop.alarms("channel_configuration")
    await status(shop, carrier_id(superuser), "failed", 131042)
    await shop.work_off()
    assert shop.alarms("channel_configuration") == before + 1


async def test_a_report_after_the_words_are_gone_still_counts(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.chat(phone, "hello")
    superuser.execute("update outbound set payload_enc = null")
    await status(shop, carrier_id(superuser), "failed", 131026)
    assert await shop.work_off() == []
    assert last(superuser)[0] == "failed"


# ── STOP ────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_queued_before_a_stop_is_not_sent_after_it(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.join(phone)
    await shop.work_off()
    await buy(shop, phone)
    await step(shop)
    assert last(superuser)[0] == "queued"
    superuser.execute("update job set run_at = now() + interval '1 hour'")
    assert await shop.text(phone, "STOP") == []
    assert stopped(superuser, phone)
    superuser.execute("update job set run_at = now()")
    (answer,) = await shop.work_off()
    assert "no more messages" in answer
    assert ("failed", "stopped") in outbox(superuser)
    assert notices(superuser, phone)[-1] == "waiting"


# ── notices ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_notice_is_sent_only_once_its_message_is(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.join(phone)
    await shop.work_off()
    await buy(shop, phone)
    await step(shop)
    assert notices(superuser, phone)[-1] == "sending"
    await shop.work_off()
    assert notices(superuser, phone)[-1] == "sent"


@pytest.mark.parametrize("later", [False, True])
async def test_a_notice_that_was_not_delivered_waits_for_the_next_visit(
    later: bool, shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.join(phone)
    await shop.work_off()
    await buy(shop, phone)
    if not later:
        shop.provider.answers.append(twilio_says(21614))
    await shop.work_off()
    if later:
        assert notices(superuser, phone)[-1] == "sent"
        form = {
            "MessageSid": carrier_id(superuser), "AccountSid": shop.sms.account_sid,
            "MessageStatus": "undelivered", "From": shop.sms.number, "To": phone,
            "ErrorCode": "30005",
        }  # fmt: skip
        url = shop.provider.messages()[-1]["StatusCallback"]
        await replace(shop.sms, url=url).post(shop.http, form)
        await shop.work_off()
    assert notices(superuser, phone)[-1] == "waiting"
    (answer,) = await shop.text(phone, "BAL")
    assert "You earned 70 pts." in answer
    assert notices(superuser, phone)[-1] == "seen"


async def test_a_notice_that_changed_its_way_waits_only_when_both_failed(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.join(phone)
    await shop.chat(phone, "hello")
    await buy(shop, phone)
    await step(shop)
    shop.provider.answers += [meta_says(131026), twilio_says(21614)]
    await step(shop)
    assert notices(superuser, phone)[-1] == "sending"
    await step(shop)
    assert notices(superuser, phone)[-1] == "waiting"
