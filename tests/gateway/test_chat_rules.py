"""Chat through the whole gateway: what is late, what is old, what was never offered.

A message is posted as Meta signs it, stored, answered by its job, and its answer arrives at a
provider. The ids are those of docs/security.md.
"""

from datetime import timedelta
from itertools import count

import psycopg
import pytest

from core.rewards.commands import ListIssuances, Redeem
from tests.gateway.teahouse import TeaHouse

LATE = "Your message reached us late. Nothing was changed. Please send it again."
OLD = "That menu is old. Here is today's:"
TOO_OLD = "Those buttons are too old. Here is today's menu:"
WELCOME = "Earn points on every visit."
_PHONES = count(774000001)


@pytest.fixture(autouse=True)
def _today(shop: TeaHouse) -> None:
    """Meta's times are of now; a clock that ran ahead would make them late."""
    shop.turns.ahead = timedelta(0)


@pytest.fixture
async def member(shop: TeaHouse) -> str:
    """A member with 400 points who was told so."""
    number = f"+263{next(_PHONES)}"
    await shop.join(number, 400)
    await shop.work_off()
    return number


async def given(shop: TeaHouse, member: str) -> int:
    return len(await shop.do(member, ListIssuances()))


# ── late ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_yes_of_a_quarter_of_an_hour_ago_changes_nothing(
    shop: TeaHouse, member: str
) -> None:
    """F17. The question stands, and a yes of now is one."""
    (question,) = await shop.chat(member, "redeem scone", late_s=920)
    assert "Scone for 20 pts?" in question
    (answer,) = await shop.chat(member, "yes", late_s=920)
    assert LATE in answer
    assert "Scone for 20 pts?" in answer
    assert await given(shop, member) == 0
    (done,) = await shop.chat(member, "yes", late_s=880)
    assert "show this code" in done
    assert await given(shop, member) == 1


async def test_joining_late_joins_nobody(shop: TeaHouse) -> None:
    """F17: consent is given now or not at all."""
    stranger = f"+263{next(_PHONES)}"
    await shop.chat(stranger, "join", "agree")
    (answer,) = await shop.chat(stranger, "Tariro", late_s=1000)
    assert LATE in answer
    assert (await shop.caller(stranger)).member is None


async def test_late_questions_are_answered_and_a_late_stop_is_obeyed(
    shop: TeaHouse, member: str
) -> None:
    """F17 is about what changes something; STOP does no harm however late."""
    (answer,) = await shop.chat(member, "balance", late_s=7200)
    assert "400 pts" in answer
    (answer,) = await shop.chat(member, "STOP", late_s=7200)
    assert "no more messages" in answer


# ── old ─────────────────────────────────────────────────────────────────────────────────────────


async def test_after_half_an_hour_the_conversation_begins_at_home(
    shop: TeaHouse, member: str
) -> None:
    await shop.chat(member, "rewards")
    shop.later(minutes=29)
    (answer,) = await shop.chat(member, "1")
    assert "Scone for 20 pts?" in answer
    shop.later(minutes=30, seconds=1)
    (answer,) = await shop.chat(member, "yes")
    assert "400 pts" in answer
    assert "Scone" not in answer
    assert await given(shop, member) == 0


async def test_buttons_of_yesterday_lead_on_and_older_ones_are_too_old(
    shop: TeaHouse, member: str
) -> None:
    await shop.chat(member, "menu")
    shop.later(hours=23, minutes=59)
    (answer,) = await shop.tap(member, "history")
    assert "Purchase" in answer
    shop.later(hours=24, seconds=1)
    (answer,) = await shop.tap(member, "rewards")
    assert TOO_OLD in answer
    assert "400 pts" in answer


# ── never offered ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param("zz", id="w29-nobody-was-offered-it"),
        pytest.param("reward:scone", id="w29-of-another-screen"),
        pytest.param("redeem:OTHER_ID", id="w30-forged"),
        pytest.param("yes~0", id="w30-yes-of-no-question"),
        pytest.param("yes", id="w30-bare-yes"),
        pytest.param("issuance:00000000-0000-7000-8000-000000000001", id="w30-of-somebody-else"),
        pytest.param("1' OR '1'='1", id="w30-sql"),
    ],
)
async def test_a_button_that_was_never_offered(forged: str, shop: TeaHouse, member: str) -> None:
    """To a stranger, to a member, and to one who is asked something just now."""
    stranger = f"+263{next(_PHONES)}"
    (answer,) = await shop.tap(stranger, forged)
    assert OLD in answer
    assert WELCOME in answer
    (answer,) = await shop.tap(member, forged)
    assert OLD in answer
    await shop.chat(member, "redeem scone")
    (answer,) = await shop.tap(member, forged)
    assert OLD in answer
    assert "Scone for 20 pts?" in answer
    assert await given(shop, member) == 0


async def test_the_button_of_somebody_else(shop: TeaHouse, member: str) -> None:
    """W30: another member's waiting reward cannot be cancelled by naming it."""
    other = f"+263{next(_PHONES)}"
    await shop.join(other, 100)
    rewards = (await shop.caller(other)).programme.rewards
    tea = next(reward for reward in rewards if reward.slug == "pot-of-tea")
    theirs = await shop.do(other, Redeem(tea.id))
    await shop.chat(member, "my rewards")
    for forged in (f"issuance:{theirs.issuance_id}", "cancel_reward", "use_reward"):
        (answer,) = await shop.tap(member, forged)
        assert "Pot of Tea" not in answer
    (kept,) = await shop.do(other, ListIssuances())
    assert kept.state == "reserved"


# ── repeated ────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_delivered_fifty_times_is_answered_once(
    shop: TeaHouse, member: str
) -> None:
    """F14."""
    await shop.chat(member, "redeem scone")
    yes = shop.whatsapp.message(member, {"type": "text", "text": {"body": "yes"}})
    for _ in range(50):
        answer = await shop.whatsapp.post(shop.http, shop.whatsapp.body(yes))
        assert answer.status_code == 200
    (done,) = await shop.work_off()
    assert "show this code" in done
    assert await given(shop, member) == 1


async def test_the_same_id_with_other_words(shop: TeaHouse, member: str) -> None:
    """F15: the first one counts, and an operator is called."""
    before = shop.alarms("dedupe_mismatch")
    message = shop.whatsapp.message(member, {"type": "text", "text": {"body": "balance"}})
    for words in ("balance", "history"):
        body = shop.whatsapp.body(message | {"text": {"body": words}})
        assert (await shop.whatsapp.post(shop.http, body)).status_code == 200
    (answer,) = await shop.work_off()
    assert "400 pts" in answer
    assert shop.alarms("dedupe_mismatch") == before + 1


async def test_words_are_gone_once_they_are_answered(
    shop: TeaHouse, member: str, superuser: psycopg.Connection
) -> None:
    await shop.whatsapp.text(shop.http, member, "balance")
    assert superuser.execute("select 1 from inbound where body_enc is not null").fetchall()
    await shop.work_off()
    assert not superuser.execute("select 1 from inbound where body_enc is not null").fetchall()


async def test_answers_of_one_person_keep_their_order(shop: TeaHouse, member: str) -> None:
    """Three messages before the first is answered: one after the other, none is lost."""
    for words in ("balance", "redeem scone", "yes"):
        await shop.whatsapp.text(shop.http, member, words)
    first, second, third = await shop.work_off()
    assert "400 pts" in first
    assert "Scone for 20 pts?" in second
    assert "show this code" in third
