"""How often and when a message is tried again; silence, haste, and the night."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import psycopg
import pytest

from gateway.jobs import HANDLERS
from gateway.noticing import quiet_until
from tests.gateway.sending import MARKED, buy, last, meta_says, notices, silence, step, write
from tests.gateway.teahouse import TeaHouse

_PHONES = count(779000001)


@pytest.fixture
def phone() -> str:
    return f"+263{next(_PHONES)}"


@pytest.fixture(autouse=True)
def as_if_new(shop: TeaHouse, superuser: psycopg.Connection) -> Iterator[None]:
    superuser.execute("truncate job")
    yield
    shop.provider.answers.clear()


# ── silence and haste ───────────────────────────────────────────────────────────────────────────


async def test_silence_twice_is_the_end_unless_a_report_knows_better(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await shop.text(phone, "hello")
    await shop.sms.text(shop.http, phone, "hello again")
    await step(shop)
    silence(shop)
    ((_, again),) = await step(shop)
    assert (again.reason, again.delay_s, again.counted) == ("unknown", 120, False)
    assert last(superuser)[:2] == ("unknown", "no_answer")
    silence(shop)
    ((_, again),) = await step(shop)
    assert again is None
    assert last(superuser)[:2] == ("failed", "no_answer")
    form = {
        "MessageSid": "SM" + "f" * 32, "AccountSid": shop.sms.account_sid,
        "MessageStatus": "delivered", "From": shop.sms.number, "To": phone,
    }  # fmt: skip
    url = shop.provider.messages()[-1]["StatusCallback"]
    assert (await replace(shop.sms, url=url).post(shop.http, form)).is_success
    assert last(superuser) == ("delivered", None, "SM" + "f" * 32)


@pytest.mark.parametrize("code", [130429, 131056, 4])
async def test_haste_burns_no_tries_and_ends_after_a_day(
    code: int, shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await write(shop, phone, "hello")
    await step(shop)
    shop.provider.answers.append(MARKED)
    for _ in range(20):
        shop.provider.answers.append(meta_says(code))
        ((job, again),) = await step(shop)
        assert (job.attempts, again.reason, again.counted) == (1, "throttled", False)
        assert again.delay_s >= 1.5
    assert last(superuser)[0] == "queued"
    superuser.execute("update outbound set created_at = now() - interval '23 hours'")
    shop.provider.answers.append(meta_says(code))
    ((_, again),) = await step(shop)
    assert 600 < again.delay_s < 1200
    superuser.execute("update outbound set created_at = now() - interval '25 hours'")
    shop.provider.answers.append(meta_says(code))
    ((_, again),) = await step(shop)
    assert again is None
    assert last(superuser)[:2] == ("failed", f"too fast {code}")


async def test_the_carrier_says_when_to_come_again(shop: TeaHouse, phone: str) -> None:
    await write(shop, phone, "hello")
    await step(shop)
    shop.provider.answers += [MARKED, (429, {"retry-after": "37"}, b"{}")]
    ((_, again),) = await step(shop)
    assert (again.delay_s, again.counted) == (37, False)


async def test_a_picture_is_tried_twice(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await write(shop, phone, "hello")
    await step(shop)
    shop.provider.answers.append(MARKED)
    for expected in ("later", None):
        shop.provider.answers.append(meta_says(131053))
        ((_, again),) = await step(shop)
        assert (again.reason if again else None) == expected
    assert last(superuser)[:2] == ("failed", "media 131053")


async def test_what_has_lost_its_words_is_not_sent(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection
) -> None:
    await write(shop, phone, "hello")
    await step(shop)
    superuser.execute("update outbound set payload_enc = null")
    assert await shop.work_off() == []
    assert last(superuser)[:2] == ("failed", "too_old")


# ── quiet hours ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20T18:59", None),
        ("2026-11-20T19:00", "2026-11-21T06:00"),
        ("2026-11-20T23:30", "2026-11-21T06:00"),
        ("2026-11-21T05:59", "2026-11-21T06:00"),
        ("2026-11-21T06:00", None),
    ],
)
def test_the_night_is_the_tenants(now: str, until: str | None) -> None:
    """21:00 to 08:00 in Harare, which is two hours ahead of UTC."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    told = quiet_until(at, "Africa/Harare")
    assert told == (until and datetime.fromisoformat(until).replace(tzinfo=UTC))


async def test_at_night_a_notice_is_put_off_till_the_morning(
    shop: TeaHouse, phone: str, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.join(phone)
    await shop.work_off()
    await buy(shop, phone)
    morning = datetime(2099, 1, 1, 6, tzinfo=UTC)
    monkeypatch.setattr("gateway.noticing.quiet_until", lambda now, zone: morning)
    rt = replace(shop.rt, settings=replace(shop.rt.settings, env="prod"))
    (job,) = await rt.jobs.claim()
    for _ in range(2):
        assert await HANDLERS["notice"](rt, job) is None
    await rt.jobs.done(job)
    assert notices(superuser, phone)[-1] == "waiting"
    waiting = superuser.execute("select kind, lane, subject, run_at from job").fetchall()
    assert waiting == [("notice", job.subject, job.subject, morning)]
    superuser.execute("update notice set kind = 'pin_reset' where id = %s", [job.subject])
    superuser.execute("update job set run_at = now()")
    (job,) = await rt.jobs.claim()
    await HANDLERS["notice"](rt, job)
    assert notices(superuser, phone)[-1] == "sending"
