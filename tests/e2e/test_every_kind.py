"""What holds on every kind of channel: one request, fifty times, has one effect and one answer;
and nothing of another tenant is heard, shown or changed (docs/security.md F14, U35, U36, U44, W8,
W25)."""

import asyncio
import re
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import httpx
import psycopg
import pytest

from gateway.kinds import discover
from tests.e2e.conftest import Listening
from tests.e2e.phone import balance, to_confirm
from tests.e2e.process import Gateway
from tests.e2e.shop import Shop, kept, newcomers
from tests.e2e.speakers import SPEAKERS, USSD
from tests.e2e.speech import Heard, Said

TIMES = 50
REF = re.compile(r"Ref \w{7}")
ENDED = "We could not do that. Nothing was changed. Please dial again."
ODD = (
    "9", "*", "²", "1_000", "１", "\x00", "🙂", "\u202e9", "7\r\nEND hacked", "1' OR '1'='1",
    "{{7*7}}", "${jndi:ldap://x}", "<b>&amp;", "]]>", "+CON hacked", "a=b&c=d", "7;8,9|",
)  # fmt: skip
PLACES = {kind: place for place, kind in enumerate(SPEAKERS)}


def test_every_kind_has_a_speaker() -> None:
    """What is tested over every kind is tested over a new one too."""
    assert set(SPEAKERS) == set(discover())


@pytest.fixture(scope="module")
def mine(gateway: Gateway, carriers: Listening, data_dir: Path) -> Shop:
    shop = Shop(53, stock=99, provider=carriers[0])
    shop.open(gateway, data_dir)
    return shop


@pytest.fixture(scope="module")
def theirs(gateway: Gateway, carriers: Listening, data_dir: Path) -> Shop:
    shop = Shop(54, stock=99, provider=carriers[0])
    shop.open(gateway, data_dir)
    return shop


@pytest.mark.parametrize("kind", SPEAKERS)
async def test_a_request_fifty_times_in_parallel_is_one(
    kind: str, gateway: Gateway, mine: Shop, carriers: Listening, http: httpx.AsyncClient
) -> None:
    number = newcomers(1, 6_100_000 + PLACES[kind])[0]
    phone = mine.phone(kind, number, gateway, http, carriers[1])
    await to_confirm(phone)
    before = len(phone.messages())
    phone.type(phone.key("Yes"))
    answers = await asyncio.gather(*(phone.knock() for _ in range(TIMES)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    if phone.speaker.ussd:
        spent = [phone.speaker.heard(phone.line, answers[0]).text]
    else:
        await phone.wait(before + 1)
        assert "50 pts" in await balance(phone)
        spent = [text for text in phone.messages()[before:] if "Ref " in text]
    assert len(spent) == 1
    assert REF.search(spent[0]), spent
    assert "50 pts" in await balance(phone)


@pytest.mark.parametrize("kind", SPEAKERS)
async def test_nothing_is_heard_shown_or_changed_for_another_tenant(
    kind: str,
    gateway: Gateway,
    mine: Shop,
    theirs: Shop,
    carriers: Listening,
    http: httpx.AsyncClient,
    superuser: psycopg.Connection,
) -> None:
    number, thief = newcomers(2, 6_200_000 + 2 * PLACES[kind])
    member = theirs.phone(kind, number, gateway, http, carriers[1])
    await to_confirm(member)
    here, there = (shop.phone(kind, thief, gateway, http, carriers[1]) for shop in (mine, theirs))
    before = kept(superuser, mine), kept(superuser, theirs), len(carriers[1].messages())

    at_theirs = replace(here.line, token=there.line.token)
    for_theirs = replace(here.line, address=there.line.address)
    stranger = replace(there.line, token="0" * 32)
    fresh = Said(phone=thief, session=str(time.time_ns()))
    for line, said in product((at_theirs, for_theirs, stranger), (member.said, fresh)):
        asked, *honest = (
            here.speaker.asks(each, gateway.url, said) for each in (line, here.line, there.line)
        )
        # Where a carrier names no code, nothing but the token can be wrong.
        if asked not in honest:
            answer = await here.knock(asked)
            assert answer.status_code in (200, 401, 403), (line, answer.text)
            assert "Race Shop" not in answer.text
            assert "pts" not in answer.text
    if member.speaker.ussd:
        # Their session in a thief's hand, and carried to our line by its own phone.
        for line, phone in ((there.line, thief), (here.line, number)):
            said = replace(member.said, phone=phone, inputs=(*member.said.inputs, "1"))
            answer = await here.knock(here.speaker.asks(line, gateway.url, said))
            assert here.speaker.heard(here.line, answer) == Heard(ENDED, ended=True)
    assert (kept(superuser, mine), kept(superuser, theirs), len(carriers[1].messages())) == before

    at_ours = mine.phone(kind, number, gateway, http, carriers[1])
    await at_ours.dial(session=member.said.session if not member.speaker.ussd else "")
    assert "Join free" in at_ours.shown.text, "a member of theirs is a stranger to us"
    assert "pts" not in at_ours.shown.text


@pytest.mark.parametrize("kind", USSD)
async def test_what_nobody_offered_is_answered_in_words(
    kind: str, gateway: Gateway, mine: Shop, carriers: Listening, http: httpx.AsyncClient
) -> None:
    """U1–U29: the menu again, or, where this carrier's form cannot hold it, a refusal."""
    number = newcomers(1, 6_400_000 + PLACES[kind])[0]
    phone = mine.phone(kind, number, gateway, http, carriers[1])
    for typed in ODD:
        await phone.dial()
        phone.type(typed)
        answer = await phone.knock()
        assert answer.status_code in (200, 400), (typed, answer.text)
        if answer.status_code == 400:
            assert len(answer.content) < 1000
            continue
        shown = phone.speaker.heard(phone.line, answer)
        assert not shown.ended, (typed, shown)
        assert "That is not a choice." in shown.text, (typed, shown)
        assert "Join free" in shown.text
        assert "hacked" not in shown.text
    phone.type("1" * 40_000)
    assert (await phone.knock()).status_code in (400, 413, 414)
