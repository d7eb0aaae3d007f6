"""Text messages through the whole gateway, docs/security.md section 2: SMS and chat text.

Every answer is plain words, and nothing changes by what was not clearly asked for.
"""

from datetime import timedelta
from itertools import count

import psycopg
import pytest

from core.earning.commands import RecordPurchase
from core.rewards.commands import ListIssuances
from core.values import Money
from tests.gateway.teahouse import CASHIER, TeaHouse

NO_MORE = "You will get no more messages from us. Send START to get them again."
AGAIN = "You will get our messages again."
WELCOME = "Earn points on every visit."
_PHONES = count(775000001)


@pytest.fixture(autouse=True)
def _today(shop: TeaHouse) -> None:
    """Messages are received by the real clock; one that ran ahead would make them late."""
    shop.turns.ahead = timedelta(0)


@pytest.fixture
async def member(shop: TeaHouse) -> str:
    """A member with 400 points who was told so."""
    number = f"+263{next(_PHONES)}"
    await shop.join(number, 400)
    await shop.work_off()
    return number


@pytest.fixture
def stranger() -> str:
    return f"+263{next(_PHONES)}"


async def unchanged(shop: TeaHouse, member: str) -> bool:
    """Whether the member still has all points and no reward."""
    wallet = (await shop.caller(member)).wallet
    assert wallet is not None
    return (wallet.posted, wallet.held, await shop.do(member, ListIssuances())) == (400, 0, ())


# ── what people write ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        "redeem 1", "REDEEM 1", "ＲＥＤＥＥＭ 1", "re\u200bdeem 1", "R\u200dedeem\u00a01",
        "redeem scone",
    ],
)  # fmt: skip
async def test_redeem_however_it_is_spelt_only_asks(
    words: str, shop: TeaHouse, member: str
) -> None:
    """S1."""
    (answer,) = await shop.text(member, words)
    assert "Scone for 20 pts?" in answer
    assert await unchanged(shop, member)


async def test_turkish_letters_are_letters(shop: TeaHouse, member: str) -> None:
    """S1: a dotted capital I is an i."""
    for words in ("CLAİM 1", "claım 1"):
        assert "Scone for 20 pts?" in (await shop.text(member, words))[0]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("REDEEM", id="s2"),
        pytest.param("REDEEM -1", id="s3"),
        pytest.param("REDEEM 99999999999999999999", id="s3-huge"),
        pytest.param("REDEEM 1 REDEEM 2", id="s4"),
    ],
)
async def test_redeem_without_one_reward_shows_them(
    words: str, shop: TeaHouse, member: str
) -> None:
    """S2, S3, S4."""
    (answer,) = await shop.text(member, words)
    assert "1 Scone" in answer
    assert "?" not in answer
    assert await unchanged(shop, member)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("😀", id="s7"), pytest.param("🎉🎉🎉", id="s7-three"),
        pytest.param("", id="s7-nothing"), pytest.param("مرحبا", id="s8-arabic"),
        pytest.param("привет", id="s8-russian"), pytest.param("你好", id="s8-chinese"),
        pytest.param("नमस्ते", id="s8-hindi"), pytest.param("mhoro", id="s8-shona"),
        pytest.param("sawubona", id="s8-ndebele"), pytest.param("habari", id="s8-swahili"),
        pytest.param("bonjour", id="s8-french"), pytest.param("olá", id="s8-portuguese"),
        pytest.param("שלום", id="s8-hebrew"),
    ],
)  # fmt: skip
async def test_whatever_is_said_first_is_greeted(words: str, shop: TeaHouse, stranger: str) -> None:
    """S7, S8."""
    (answer,) = await shop.text(stranger, words)
    assert WELCOME in answer
    assert "not a choice" not in answer
    assert (await shop.caller(stranger)).member is None


@pytest.mark.parametrize(
    "parts",
    [("scone", "REDEEM "), ("ne please, thank you", "REDEEM sco"), ("", "REDEEM", "1 ")],
)
async def test_parts_of_a_message_in_the_wrong_order(
    parts: tuple[str, ...], shop: TeaHouse, member: str
) -> None:
    """S12: each part is a message of its own; each is answered, none spends anything."""
    for part in parts:
        (answer,) = await shop.text(member, part)
        assert answer.startswith("Tea House\n")
    assert await unchanged(shop, member)


async def test_messages_stored_together_in_any_order_are_answered_one_by_one(
    shop: TeaHouse, member: str
) -> None:
    """S12: a yes that overtakes its question is no yes."""
    for words in ("yes", "REDEEM scone"):
        await shop.sms.text(shop.http, member, words)
    first, second = await shop.work_off()
    assert "Scone" not in first
    assert "Scone for 20 pts?" in second
    assert await unchanged(shop, member)


async def test_a_yes_that_waited_in_our_own_queue_changes_nothing(
    shop: TeaHouse, member: str
) -> None:
    """F17: Twilio does not say when a text was sent, but we know since when we have had it."""
    await shop.text(member, "REDEEM scone")
    await shop.sms.text(shop.http, member, "yes")
    shop.later(minutes=16)
    (answer,) = await shop.work_off()
    assert "Your message reached us late. Nothing was changed." in answer
    assert await unchanged(shop, member)


# ── STOP and START ──────────────────────────────────────────────────────────────────────────────


def stopped(connection: psycopg.Connection, phone: str) -> bool | None:
    row = connection.execute(
        "select stopped from address_stop where value = %s", (phone,)
    ).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("word", ["STOP", "arret", "Arrêt", "unsubscribe", "ｓｔｏｐ", "stop now"])
async def test_a_stranger_who_says_stop_is_left_alone(
    word: str, shop: TeaHouse, stranger: str, superuser: psycopg.Connection
) -> None:
    """S5: obeyed at once, confirmed once."""
    (answer,) = await shop.text(stranger, word)
    assert NO_MORE in answer
    assert stopped(superuser, stranger) is True
    assert await shop.text(stranger, word) == []


async def test_only_start_undoes_it(
    shop: TeaHouse, stranger: str, superuser: psycopg.Connection
) -> None:
    """S6: for a stranger as for a member; saying it twice does no harm."""
    await shop.text(stranger, "STOP", "hello")
    assert stopped(superuser, stranger) is True
    (answer,) = await shop.text(stranger, "START")
    assert AGAIN in answer
    assert WELCOME in answer
    assert stopped(superuser, stranger) is False
    assert len(await shop.text(stranger, "START")) == 1
    assert (await shop.caller(stranger)).member is None


async def test_what_the_carrier_answered_itself_is_obeyed_in_silence(
    shop: TeaHouse, stranger: str, superuser: psycopg.Connection
) -> None:
    """S5, S6: Twilio says that it has confirmed the STOP already."""
    for word, kind, state in (("STOP", "STOP", True), ("Ja", "START", False)):
        form = shop.sms.form(stranger, word) | {"OptOutType": kind}
        assert (await shop.sms.post(shop.http, form)).status_code == 200
        assert await shop.work_off() == []
        assert stopped(superuser, stranger) is state


async def test_a_stop_outlives_joining_and_holds_notices_back(
    shop: TeaHouse, stranger: str
) -> None:
    """S5, S6: it is kept by address, not by member; questions are still answered."""
    await shop.text(stranger, "STOP")
    member = await shop.join(stranger)
    assert await shop.work_off() == []
    bought = RecordPurchase(member, Money(700, "USD"), again=True)
    await shop.do(CASHIER[0], bought)
    assert await shop.work_off() == []
    (answer,) = await shop.text(stranger, "BAL")
    assert "70 pts" in answer
    await shop.text(stranger, "START")
    await shop.do(CASHIER[0], bought)
    (notice,) = await shop.work_off()
    assert "You earned 70 pts." in notice


async def test_a_stop_in_the_midst_of_a_question_spends_nothing(
    shop: TeaHouse, member: str
) -> None:
    """S5: from any screen."""
    (answer,) = await shop.text(member, "redeem scone", "STOP")
    assert NO_MORE in answer
    await shop.text(member, "yes")
    assert await unchanged(shop, member)


# ── two machines ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["I am driving", "Hello, I am away until Monday", "🚗", "1x"])
@pytest.mark.parametrize("way", ["text", "chat"])
async def test_a_machine_that_answers_is_not_answered_for_ever(
    words: str, way: str, shop: TeaHouse, stranger: str
) -> None:
    """S11: five answers in ten minutes at most, then silence until it has been quiet."""
    say = shop.text if way == "text" else shop.chat
    answered = [len(await say(stranger, words)) for _ in range(20)]
    assert answered == [1] * 5 + [0] * 15
    shop.later(minutes=9)
    assert await say(stranger, words) == []
    shop.later(minutes=10, seconds=1)
    assert len(await say(stranger, words)) == 1


async def test_whoever_is_understood_is_always_answered(shop: TeaHouse, member: str) -> None:
    """S11 is about machines: a person may ask as often as they like, and is heard again at once."""
    for _ in range(12):
        assert len(await shop.text(member, "BAL")) == 1
    for _ in range(8):
        await shop.text(member, "what?")
    assert await shop.text(member, "what?") == []
    (answer,) = await shop.text(member, "BAL")
    assert "400 pts" in answer


async def test_the_balance_of_one_who_is_nobody_here(shop: TeaHouse, stranger: str) -> None:
    """S14, as far as one shop goes."""
    (answer,) = await shop.text(stranger, "BALANCE")
    assert "Join first." in answer
    assert WELCOME in answer
