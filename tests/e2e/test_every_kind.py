"""What holds on every kind of channel: one request, fifty times, has one effect and one answer;
and nothing of another tenant is heard, shown or changed (docs/security.md F14, U35, U36, U44, W8,
W25)."""

import asyncio
import re
import time
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from gateway.adapter import discover
from tests.e2e.conftest import Listening
from tests.e2e.phone import balance, to_confirm
from tests.e2e.process import Gateway
from tests.e2e.shop import Shop, newcomers
from tests.e2e.speakers import SPEAKERS, Heard, Said

TIMES = 50
REF = re.compile(r"Ref \w{7}")
ENDED = "We could not do that. Nothing was changed. Please dial again."
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


def kept(connection: psycopg.Connection, shop: Shop) -> dict[str, int]:
    """How many rows of a tenant there are, by table; its jobs come and go."""
    tables = connection.execute(
        "select table_name from information_schema.columns join information_schema.tables"
        " using (table_schema, table_name) where table_schema = 'public'"
        " and column_name = 'tenant_id' and table_type = 'BASE TABLE' and table_name <> 'job'"
    ).fetchall()
    counts = {}
    for (table,) in tables:
        counted = sql.SQL(
            "select count(*) from {} t join tenant on tenant.id = t.tenant_id"
            " where tenant.slug = %s"
        ).format(sql.Identifier(table))
        row = connection.execute(counted, [shop.slug]).fetchone()
        assert row is not None
        counts[table] = row[0]
    assert len(counts) > 10
    return counts


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
        spent = [phone.speaker.heard(answers[0].content).text]
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
    for line in (at_theirs, for_theirs, stranger):
        for said in (member.said, Said(phone=thief, session=str(time.time_ns()))):
            answer = await here.knock(here.speaker.asks(line, gateway.url, said))
            assert answer.status_code in (200, 401, 403), (line, answer.text)
            assert "Race Shop" not in answer.text
            assert "pts" not in answer.text
    if member.speaker.ussd:
        # Their session in a thief's hand, and carried to our line by its own phone.
        for line, phone in ((there.line, thief), (here.line, number)):
            said = replace(member.said, phone=phone, inputs=(*member.said.inputs, "1"))
            answer = await here.knock(here.speaker.asks(line, gateway.url, said))
            assert here.speaker.heard(answer.content) == Heard(ENDED, ended=True)
    assert (kept(superuser, mine), kept(superuser, theirs), len(carriers[1].messages())) == before

    at_ours = mine.phone(kind, number, gateway, http, carriers[1])
    await at_ours.dial(session=member.said.session if not member.speaker.ussd else "")
    assert "Join free" in at_ours.shown.text, "a member of theirs is a stranger to us"
    assert "pts" not in at_ours.shown.text
