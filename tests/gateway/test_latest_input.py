"""A carrier that sends the latest input only, at the real door: what is a retry and what is not.

The rules are those of docs/security.md section 3, 8; the ids those of its section 2.
"""

import asyncio
import time
from dataclasses import dataclass
from itertools import count

import httpx
import psycopg
import pytest
from defusedxml.ElementTree import fromstring

from core.rewards.commands import ListIssuances
from storage.database import Unavailable
from tests.e2e.carriers import number_of
from tests.gateway.teahouse import TOKEN, URL, TeaHouse

NAMESPACE = "http://econet.co.zw/intergration/messagingSchema"
ENDED = "We could not do that. Nothing was changed. Please dial again."
CODES = {"1": "440", "2": "441", "b": "449"}
"""Service codes by the last letter of their channels' tokens."""
_PHONES = count(775000001)
_SESSIONS = count(time.time_ns())
_SECONDS = count()


@dataclass(slots=True)
class Phone:
    """A phone on Econet, written after docs/wire-formats.md section 2. `message` and `sent_at` are
    those of the last request; `repeats_time`: the carrier says when the session began, ever."""

    number: str
    channel: str = "1"
    repeats_time: bool = False
    session: str = ""
    stage: str = "FIRST"
    message: str = ""
    sent_at: str = ""
    answer: bytes = b""
    token: str = TOKEN

    def body(self) -> bytes:
        elements = {
            "transactionTime": self.sent_at,
            "transactionID": self.session,
            "sourceNumber": self.number.removeprefix("+"),
            "destinationNumber": CODES[self.channel],
            "message": self.message,
            "stage": self.stage,
            "channel": "USSD",
        }
        inner = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
        return f'<messageRequest xmlns="{NAMESPACE}">{inner}</messageRequest>'.encode()

    async def dial(self, shop: TeaHouse, dialled: str = "") -> str:
        self.session, self.stage = str(next(_SESSIONS)), "FIRST"
        self.sent_at = _now()
        self.message = dialled or f"*{CODES[self.channel]}#"
        return await self.post(shop)

    async def say(self, shop: TeaHouse, *inputs: str) -> str:
        for self.message in inputs:
            self.stage = "PENDING"
            if not self.repeats_time:
                self.sent_at = _now()
            await self.post(shop)
        return self.words

    async def pick(self, shop: TeaHouse, *labels: str) -> str:
        for label in labels:
            number = number_of(self.words, label)
            assert number, f"{label!r} is not on {self.words!r}"
            await self.say(shop, number)
        return self.words

    async def post(self, shop: TeaHouse) -> str:
        """Send the request as it stands (again): a carrier's retry."""
        answer = await self.knock(shop)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        self.answer = answer.content
        return self.words

    async def knock(self, shop: TeaHouse) -> httpx.Response:
        url = f"{URL}/public/ussd/callback/{self.token}{self.channel}"
        headers = {"content-type": "text/xml; charset=utf-8"}
        return await shop.http.post(url, content=self.body(), headers=headers)

    @property
    def words(self) -> str:
        return self.told("message")

    def told(self, name: str) -> str:
        found = fromstring(self.answer).find(f"{{{NAMESPACE}}}{name}")
        assert found is not None
        return found.text or ""


def _now() -> str:
    seconds = next(_SECONDS)
    return f"2026-11-20T{12 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"


async def member(shop: TeaHouse, channel: str = "1") -> Phone:
    """A member's phone at home, 400 points in the wallet."""
    phone = Phone(f"+263{next(_PHONES)}", channel, repeats_time=channel == "2")
    await shop.join(phone.number, 400)
    await phone.dial(shop)
    return phone


async def given(shop: TeaHouse, phone: Phone) -> int:
    """How many rewards this member has."""
    return len(await shop.do(phone.number, ListIssuances()))


def steps(connection: psycopg.Connection, phone: Phone) -> int:
    """How many requests of this phone were heard."""
    row = connection.execute(
        "select version from conversation where sender = %s", (phone.number,)
    ).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_whole_session(shop: TeaHouse) -> None:
    phone = await member(shop)
    assert "1 Balance" in phone.words
    assert phone.told("stage") == "MENU_PROCESSING"
    assert phone.told("transactionID") == phone.session
    assert phone.told("sourceNumber") == phone.number.removeprefix("+")
    assert "400 pts" in await phone.pick(shop, "Balance")
    await phone.say(shop, "no", "no", "no")
    assert phone.told("stage") == phone.told("transactionType") == "COMPLETE"


@pytest.mark.parametrize("channel", ["1", "2"])
async def test_an_equal_body_is_a_retry(
    channel: str, shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    phone = await member(shop, channel)
    for label in ("", "Rewards", "Scone", "Yes"):
        await phone.pick(shop, *filter(None, [label]))
        answer, heard = phone.answer, steps(superuser, phone)
        for _ in range(2):
            await phone.post(shop)
            assert (phone.answer, steps(superuser, phone)) == (answer, heard)
    assert "show this code at the till" in phone.words
    assert await given(shop, phone) == 1


@pytest.mark.parametrize("channel", ["1", "2"])
async def test_fifty_deliveries_of_one_confirmation_at_once(channel: str, shop: TeaHouse) -> None:
    """F14."""
    phone = await member(shop, channel)
    await phone.pick(shop, "Rewards", "Scone")
    phone.message = number_of(phone.words, "Yes")
    if channel == "1":
        phone.sent_at = _now()
    answers = await asyncio.gather(*(phone.knock(shop) for _ in range(50)))
    assert len({answer.content for answer in answers}) == 1
    assert "show this code" in answers[0].text
    assert await given(shop, phone) == 1


async def test_the_time_tells_two_equal_answers_apart(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    phone = await member(shop)
    await phone.say(shop, "1")
    heard = steps(superuser, phone)
    await phone.say(shop, "9", "9")
    assert steps(superuser, phone) == heard + 2


async def test_a_first_request_under_another_time_opens_again(shop: TeaHouse) -> None:
    phone = await member(shop)
    home = phone.words
    phone.sent_at = _now()
    assert "1 " in await phone.post(shop)
    assert number_of(await phone.pick(shop, *start_over(phone)), "Balance")
    assert number_of(home, "Balance")


def start_over(phone: Phone) -> list[str]:
    return ["Start over"] if "Start over" in phone.words else []


async def test_where_the_time_is_the_sessions_only_a_fresh_answer_is_repeated(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """Three times the same digit, each time retried by the carrier."""
    phone = await member(shop, "2")
    seen = []
    for _ in range(3):
        await phone.say(shop, "9")
        answer, heard = phone.answer, steps(superuser, phone)
        shop.later(seconds=2)
        await phone.post(shop)
        assert (phone.answer, steps(superuser, phone)) == (answer, heard)
        seen.append(heard)
        shop.later(seconds=11)
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]
    assert phone.told("stage") == "COMPLETE"


async def test_an_answer_repeated_after_another_is_said_again(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """The person had seen the first answer, or could not have typed the second."""
    phone = await member(shop, "2")
    await phone.say(shop, "1")
    heard = steps(superuser, phone)
    await phone.say(shop, "0", "1")
    assert steps(superuser, phone) == heard + 2


@pytest.mark.parametrize("channel", ["1", "2"])
async def test_yes_is_never_the_digit_just_typed(channel: str, shop: TeaHouse) -> None:
    """No retry that is taken for an answer can confirm."""
    phone = await member(shop, channel)
    await phone.pick(shop, "Rewards")
    typed = number_of(phone.words, "Scone")
    screen = await phone.say(shop, typed)
    assert "Scone for 20 pts?" in screen
    assert number_of(screen, "Yes") not in ("", typed)
    shop.later(seconds=11)
    phone.sent_at = phone.sent_at if channel == "2" else _now()
    assert "Scone for 20 pts?" in await phone.post(shop)
    assert await given(shop, phone) == 0
    assert "show this code" in await phone.pick(shop, "Yes")


async def test_digits_dialled_past_the_code_stop_at_the_question(shop: TeaHouse) -> None:
    """U38; and the last of them is no Yes either."""
    phone = await member(shop)
    shop.later(minutes=11)
    rewards = number_of(phone.words, "Rewards")
    await phone.dial(shop, f"*440*{rewards}*1*1*1*2#")
    assert "Scone for 20 pts?" in phone.words
    assert number_of(phone.words, "Yes") not in ("", "1")
    assert await given(shop, phone) == 0


async def test_a_session_of_another_phone(shop: TeaHouse) -> None:
    """U35."""
    phone = await member(shop)
    await phone.pick(shop, "Rewards", "Scone")
    before = shop.alarms("session_of_another_phone")
    stranger = Phone("+263776999999", session=phone.session, stage="PENDING", sent_at=_now())
    for stranger.message in ("1", "2"):
        assert await stranger.post(shop) == ENDED
        assert stranger.told("stage") == "COMPLETE"
        assert stranger.told("transactionID") == phone.session
    stranger.stage = "FIRST"
    assert await stranger.post(shop) == ENDED
    assert shop.alarms("session_of_another_phone") == before + 3
    assert "show this code" in await phone.pick(shop, "Yes")


async def test_steps_that_belong_to_nothing(shop: TeaHouse) -> None:
    """U37, U40: and another session that is open stays so."""
    phone = await member(shop)
    opened, phone.session = phone.session, "0"
    assert await phone.say(shop, "1") == ENDED
    assert phone.told("transactionID") == "0"
    phone.session = opened
    assert "400 pts" in await phone.say(shop, "1")
    shop.later(seconds=181)
    assert await phone.say(shop, "0") == ENDED
    assert await phone.post(shop) == ENDED
    assert await phone.say(shop, "1") == ENDED


async def test_what_is_said_when_nothing_works(
    shop: TeaHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F6: in the carrier's form, with the request's session."""
    phone = await member(shop)

    async def begin(_: object, __: object) -> None:
        raise Unavailable

    monkeypatch.setattr(type(shop.turns), "begin", begin)
    said = await phone.say(shop, "1")
    assert said == "Service is busy. Nothing was charged. Please dial again."
    assert (phone.told("stage"), phone.told("transactionID")) == ("COMPLETE", phone.session)
