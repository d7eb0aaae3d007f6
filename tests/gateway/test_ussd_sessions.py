"""USSD sessions at the real door: what is a step, what is a retry, what is somebody else's.

The ids are those of docs/security.md section 2; the times those of docs/architecture.md, The way
of a message.
"""

import asyncio
from itertools import count

import psycopg
import pytest

from core.rewards.commands import ListIssuances
from tests.e2e.carriers import Handset
from tests.gateway.teahouse import TOKEN, URL, TeaHouse

ENDED = "END We could not do that. Nothing was changed. Please dial again."
_PHONES = count(773000001)


@pytest.fixture
async def phone(shop: TeaHouse) -> Handset:
    return await shop.at_home(f"+263{next(_PHONES)}")


async def given(shop: TeaHouse, phone: Handset) -> int:
    """How many rewards this member has."""
    return len(await shop.do(phone.phone, ListIssuances()))


async def to_the_question(shop: TeaHouse, phone: Handset) -> str:
    """Up to "Scone for 20 pts?"."""
    screen = await phone.pick(shop.http, "Rewards", "Scone")
    assert "Scone for 20 pts?" in screen
    return screen


def heard_so_far(connection: psycopg.Connection, phone: str) -> tuple[bool, int]:
    row = connection.execute(
        "select open, version from conversation where sender = %s", (phone,)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


# ── one session ─────────────────────────────────────────────────────────────────────────────────


async def test_a_session_lives_three_minutes(shop: TeaHouse, phone: Handset) -> None:
    """U40."""
    shop.later(seconds=165)
    assert "pts" in await phone.pick(shop.http, "Balance")
    shop.later(seconds=16)
    assert await phone.say(shop.http, "0") == ENDED
    assert await phone.post(shop.http) == ENDED
    assert await phone.say(shop.http, "1") == ENDED
    assert "1 Balance" in await phone.dial(shop.http)


async def test_a_step_after_the_end_and_the_end_again(shop: TeaHouse, phone: Handset) -> None:
    """U37: an equal one is a retry and gets its stored answer."""
    last = await phone.say(shop.http, "no", "no", "no")
    assert last.startswith("END ")
    assert await phone.post(shop.http) == last
    assert await phone.say(shop.http, "1") == ENDED
    assert await phone.post(shop.http) == ENDED


async def test_a_text_that_was_never_sent(
    shop: TeaHouse, phone: Handset, superuser: psycopg.Connection
) -> None:
    """U39: it closes the session; a shorter one that was sent is a retry and closes nothing."""
    balance = await phone.pick(shop.http, "Balance")
    heard = phone.text
    await phone.say(shop.http, "0")
    phone.text = heard
    assert await phone.post(shop.http) == balance
    assert heard_so_far(superuser, phone.phone)[0]
    phone.text = "7"
    assert await phone.post(shop.http) == ENDED
    assert not heard_so_far(superuser, phone.phone)[0]
    assert await phone.say(shop.http, "1") == ENDED


async def test_a_confirmation_repeated_by_the_carrier(shop: TeaHouse, phone: Handset) -> None:
    """U41: the same bytes, no second effect."""
    await to_the_question(shop, phone)
    done = await phone.pick(shop.http, "Yes")
    assert "show this code at the till" in done
    for _ in range(3):
        assert await phone.post(shop.http) == done
    assert await given(shop, phone) == 1


async def test_fifty_deliveries_of_one_confirmation_at_once(shop: TeaHouse, phone: Handset) -> None:
    """F14."""
    await to_the_question(shop, phone)
    phone.text += "*1"
    form = phone.request()
    answers = await asyncio.gather(*(shop.http.post(phone.url, data=form) for _ in range(50)))
    assert len({answer.content for answer in answers}) == 1
    assert "show this code" in answers[0].text
    assert await given(shop, phone) == 1


async def test_two_confirmations_in_parallel(shop: TeaHouse, phone: Handset) -> None:
    """U42: of two different texts one is heard."""
    await to_the_question(shop, phone)
    forms = [phone.request() | {"text": f"{phone.text}*{yes}"} for yes in ("1", "yes")]
    answers = await asyncio.gather(*(shop.http.post(phone.url, data=form) for form in forms))
    assert sorted("show this code" in answer.text for answer in answers) == [False, True]
    assert ENDED in {answer.text for answer in answers}
    assert await given(shop, phone) == 1


@pytest.mark.parametrize("dialled", ["2*1", "2*1*1", "2*1*1*1"])
async def test_digits_dialled_past_the_code_stop_at_the_question(
    dialled: str, shop: TeaHouse, phone: Handset
) -> None:
    """U38."""
    shop.later(minutes=11)
    assert "Scone for 20 pts?" in await phone.dial(shop.http, dialled)
    assert await given(shop, phone) == 0
    assert "show this code" in await phone.pick(shop.http, "Yes")
    assert await given(shop, phone) == 1


async def test_two_hundred_steps_at_once(shop: TeaHouse, phone: Handset) -> None:
    """U5."""
    assert await phone.dial(shop.http, "*".join(["1"] * 200)) == ENDED


# ── somebody else's session ─────────────────────────────────────────────────────────────────────


async def test_a_session_of_another_phone(shop: TeaHouse, phone: Handset) -> None:
    """U35: the stranger hears an end, the operator an alarm, and the owner nothing of it."""
    await to_the_question(shop, phone)
    before = shop.alarms("session_of_another_phone")
    stranger = shop.handset("+263774999999")
    stranger.session = phone.session
    for text in (f"{phone.text}*1", phone.text, ""):
        stranger.text = text
        assert await stranger.post(shop.http) == ENDED
    assert shop.alarms("session_of_another_phone") == before + 3
    assert await given(shop, phone) == 0
    assert "show this code" in await phone.pick(shop.http, "Yes")


async def test_the_answer_of_another_phone_is_not_repeated(shop: TeaHouse, phone: Handset) -> None:
    """U35: a retry is only ever the same phone's."""
    await to_the_question(shop, phone)
    code = await phone.pick(shop.http, "Yes")
    stranger = shop.handset("+263774999998")
    stranger.session, stranger.text = phone.session, phone.text
    assert await stranger.post(shop.http) == ENDED
    assert await phone.post(shop.http) == code


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param("a", "*778#", id="u36-code-of-another-channel"),
        pytest.param("b", "*777#", id="u36-token-of-another-channel"),
        pytest.param("b", "*778#", id="u36-session-of-another-channel"),
    ],
)
async def test_a_session_on_another_channels_code(
    token: str, code: str, shop: TeaHouse, phone: Handset
) -> None:
    """U36: it ends there, an operator is called, and the session goes on where it began."""
    await to_the_question(shop, phone)
    before = shop.alarms("session_of_another_phone") + shop.alarms("session_of_another_channel")
    form = phone.request() | {"serviceCode": code, "text": f"{phone.text}*1"}
    url = f"{URL}/public/ussd/callback/{TOKEN}{token}"
    answer = await shop.http.post(url, data=form)
    assert (answer.status_code, answer.text) == (200, ENDED)
    called = shop.alarms("session_of_another_phone") + shop.alarms("session_of_another_channel")
    assert called == before + 1
    assert await given(shop, phone) == 0
    assert "show this code" in await phone.pick(shop.http, "Yes")


# ── a redial ────────────────────────────────────────────────────────────────────────────────────


async def test_a_redial_offers_to_continue(shop: TeaHouse, phone: Handset) -> None:
    screen = await phone.pick(shop.http, "Enter a code")
    shop.later(minutes=9)
    assert "Continue with Enter a code?" in await phone.dial(shop.http)
    assert await phone.pick(shop.http, "Continue") == screen
    shop.later(minutes=9)
    await phone.dial(shop.http)
    assert "1 Balance" in await phone.pick(shop.http, "Start over")


async def test_after_ten_minutes_it_is_forgotten(shop: TeaHouse, phone: Handset) -> None:
    await phone.pick(shop.http, "Enter a code")
    shop.later(minutes=10, seconds=1)
    assert "1 Balance" in await phone.dial(shop.http)


async def test_digits_dialled_anew_are_no_redial(shop: TeaHouse, phone: Handset) -> None:
    await phone.pick(shop.http, "Enter a code")
    assert "400 pts" in await phone.dial(shop.http, "1")


async def test_nothing_continues_at_a_question(shop: TeaHouse, phone: Handset) -> None:
    """The next digit would be a yes."""
    await to_the_question(shop, phone)
    assert "1 Balance" in await phone.dial(shop.http)
    assert await given(shop, phone) == 0


async def test_nothing_continues_at_a_secret(shop: TeaHouse, phone: Handset) -> None:
    screen = await phone.pick(shop.http, "Settings", "PIN", "Set a PIN")
    assert "Choose a PIN" in screen
    assert "1 Balance" in await phone.dial(shop.http)


async def test_a_result_that_was_perhaps_never_seen_is_said_again(
    shop: TeaHouse, phone: Handset
) -> None:
    await to_the_question(shop, phone)
    done = await phone.pick(shop.http, "Yes")
    code = done.partition("till: ")[2][:7]
    again = await phone.dial(shop.http)
    assert code in again
    assert "1 Balance" in again
    assert await given(shop, phone) == 1


# ── what makes no sense ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"sessionId": ""}, 400, id="u17"),
        pytest.param({"phoneNumber": ""}, 400, id="u18"),
        pytest.param({"phoneNumber": ["+263773000001", "+263773000002"]}, 400, id="u19"),
        pytest.param({"sessionId": "x" * 4096}, 400, id="u20"),
        pytest.param({"text": "1" * 100_000}, 400, id="u21"),
        pytest.param({"serviceCode": "drop table"}, 400, id="code-is-none"),
    ],
)
async def test_what_no_carrier_sends_leaves_no_trace(
    changes: dict[str, object],
    status: int,
    shop: TeaHouse,
    phone: Handset,
    superuser: psycopg.Connection,
) -> None:
    tables = ("conversation", "command_log", "directory", "job", "outbound", "transfer")
    before = rows(superuser, *tables)
    answer = await shop.http.post(phone.url, data=phone.request() | changes)
    assert (answer.status_code, answer.text) == (status, ENDED)
    assert rows(superuser, *tables) == before


def rows(connection: psycopg.Connection, *tables: str) -> dict[str, int]:
    found = {}
    for table in tables:
        row = connection.execute(f"select count(*) from {table}".encode()).fetchone()  # noqa: S608
        assert row is not None
        found[table] = row[0]
    return found
