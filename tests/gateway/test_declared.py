"""Declared carriers at the real door, end to end: one made up by a table that the operator's folder
holds, and every one of ours, each driven by the requests its own carrier would make.

The ids are those of docs/security.md section 2; the rule of retries that of its section 3, 8.
"""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from msgspec.structs import replace

from core.rewards.commands import ListIssuances
from gateway.declared.carrier import Declared
from gateway.inbound import HttpRequest
from gateway.kinds import discover
from gateway.samples import Heard, sample_request
from storage.admin import set_channel
from tests.conftest import Urls
from tests.e2e.carriers import number_of
from tests.gateway.channels.cases import HERE
from tests.gateway.dialling import Phone, fresh_session, member, now
from tests.gateway.teahouse import URL, TeaHouse, open_tea_house

MADE_UP = HERE / "made_up"
KESTREL = "kestrel_ussd"
KINDS = sorted(k for k, a in discover().items() if isinstance(a, Declared))
ENDED = "We could not do that. Nothing was changed. Please dial again."


@pytest.fixture(scope="module")
async def shop(
    database_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TeaHouse]:
    """The tea house of an operator who has a carrier of their own."""
    folder = tmp_path_factory.mktemp("carriers")
    (folder / f"{KESTREL}.toml").write_text((MADE_UP / f"{KESTREL}.toml").read_text())
    data_dir = tmp_path_factory.mktemp("shop")
    async with open_tea_house(database_urls.app, data_dir, folder) as opened:
        yield opened


async def given(phone: Phone) -> int:
    """How many rewards this member has."""
    return len(await phone.shop.do(phone.step.phone, ListIssuances()))


def heard(connection: psycopg.Connection, phone: Phone) -> int:
    """How many requests of this phone were heard on its channel."""
    row = connection.execute(
        "select version from conversation where sender = %s and channel_id = %s",
        (phone.step.phone, phone.channel.id),
    ).fetchone()
    assert row is not None
    return int(row[0])


def counted(phone: Phone, what: str) -> int:
    rendered = phone.shop.rt.metrics.render().decode().splitlines()
    line = [x for x in rendered if f'"{phone.channel.kind}"' in x and f'"{what}"' in x]
    return int(float(line[0].split()[-1])) if line else 0


@pytest.mark.parametrize("kind", [KESTREL, *KINDS])
async def test_a_session_from_the_dialling_to_its_end(
    kind: str, shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """Every request is sent three times: the same bytes come back and nothing is done twice."""
    phone = await member(shop, kind)
    assert phone.shown.open
    assert number_of(phone.shown.words, "Balance")
    assert phone.answer is not None
    assert phone.answer.headers["cache-control"] == "no-store"
    for label in ("", "Rewards", "Scone", "Yes"):
        await phone.pick(*filter(None, [label]))
        assert phone.answer is not None
        answer, steps = phone.answer.content, heard(superuser, phone)
        for _ in range(2):
            await phone.post()
            assert (phone.answer.content, heard(superuser, phone)) == (answer, steps)
    assert "show this code at the till" in phone.shown.words
    assert await given(phone) == 1
    for _ in range(4):
        words = await phone.say("no")
    assert words == ENDED, "after three misses the session is over"
    assert not phone.shown.open


@pytest.mark.parametrize("kind", [KESTREL, *KINDS])
async def test_digits_dialled_past_the_code(kind: str, shop: TeaHouse) -> None:
    """U38: as far as the question, whose Yes is never the digit just typed."""
    if kind == "dmark_ussd":
        return  # Its first request holds no text.
    phone = await member(shop, kind)
    shop.later(minutes=11)
    rewards = number_of(phone.shown.words, "Rewards")
    words = await phone.dial(f"{rewards}*1*1*1")
    assert "Scone for 20 pts?" in words
    assert await given(phone) == 0


@pytest.mark.parametrize("kind", [KESTREL, *KINDS])
async def test_many_deliveries_of_one_confirmation_at_once(kind: str, shop: TeaHouse) -> None:
    """F14; fifty of them are delivered in test_latest_input.py, by the same way."""
    # A slow machine may take longer for all of them than a carrier's retry ever does.
    phone = await member(shop, kind, retry_window_s="60")
    await phone.pick("Rewards", "Scone")
    yes = number_of(phone.shown.words, "Yes")
    phone.step = replace(phone.step, inputs=(*phone.step.inputs, yes), at=now())
    asked = phone.request()
    answers = await asyncio.gather(*(phone.knock(asked) for _ in range(12)))
    assert len({answer.content for answer in answers}) == 1
    assert "show this code" in answers[0].text
    assert await given(phone) == 1


@pytest.mark.parametrize("kind", [KESTREL, *KINDS])
async def test_a_session_of_another_phone(kind: str, shop: TeaHouse) -> None:
    """U35; where the carrier names no session there is none to steal."""
    phone = await member(shop, kind)
    await phone.pick("Rewards", "Scone")
    yes = number_of(phone.shown.words, "Yes")
    stranger = replace(phone.step, phone="+263776999999", inputs=(*phone.step.inputs, yes))
    thief = Phone(shop, phone.channel, stranger)
    assert (await thief.post()).words == ENDED
    assert await given(phone) == 0
    assert "show this code" in await phone.pick("Yes")


@pytest.mark.parametrize("kind", [KESTREL, *(each for each in KINDS if each != "safaricom_ussd")])
async def test_carriers_of_one_kind_may_count_alike(kind: str, shop: TeaHouse) -> None:
    """Session 1042 of one country is not that of another: both go on, each on its own channel.
    Not where all input is repeated: there a session of another channel would begin anew (U36)."""
    alarms = shop.alarms("session_of_another_phone")
    one, other = await member(shop, kind), await member(shop, kind)
    assert one.channel.id != other.channel.id
    other.step = replace(other.step, session=one.step.session, inputs=(), at=now())
    await other.post()
    for phone in (one, other):
        await phone.pick("Rewards", "Scone")
    for phone in (one, other):
        assert "show this code" in await phone.pick("Yes")
        assert await given(phone) == 1
    assert shop.alarms("session_of_another_phone") == alarms


@pytest.mark.parametrize("kind", [KESTREL, "airtel_ussd", "hubtel_ussd", "infobip_ussd"])
async def test_a_drop_is_told_and_answered(kind: str, shop: TeaHouse) -> None:
    phone = await member(shop, kind)
    await phone.pick("Rewards", "Scone")
    before = counted(phone, "session_dropped")
    gone = await phone.drop()
    assert gone.status_code == 200
    assert counted(phone, "session_dropped") == before + 1
    if kind == KESTREL:
        assert gone.text == "thanks"
    assert await given(phone) == 0


async def test_a_clean_up_call_shows_no_secret(shop: TeaHouse) -> None:
    """And is heard nevertheless, while a step without the secret is a stranger's."""
    phone = await member(shop, "airtel_ussd")
    rt = shop.rt
    await set_channel(rt.db, rt.vault, phone.channel.token, {"secrets.shared_secret": "s3cret"})
    await rt.registry.refresh()
    bare = phone.channel
    known = await rt.registry.by_address(bare.kind, bare.address)
    assert known is not None
    phone.channel = known
    await phone.pick("Rewards", "Scone")
    step = replace(phone.step, inputs=(*phone.step.inputs, number_of(phone.shown.words, "Yes")))
    stranger = Phone(shop, bare, step)
    assert (await stranger.knock(stranger.request())).status_code == 403
    assert await given(phone) == 0
    before = counted(phone, "session_dropped")
    gone = await phone.drop()
    assert "s3cret" not in str(gone.request.url)
    assert (gone.status_code, gone.content) == (200, b"")
    assert counted(phone, "session_dropped") == before + 1


async def test_a_redial_goes_on_where_it_was(shop: TeaHouse) -> None:
    phone = await member(shop, KESTREL)
    screen_before = await phone.pick("Enter a code")
    assert "Continue with Enter a code?" in await phone.dial()
    assert await phone.pick("Continue") == screen_before


@pytest.mark.parametrize("kind", ["nalo_ussd", "vodacom_ussd"])
async def test_without_a_session_each_dialling_is_a_new_call(
    kind: str, shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """wire-formats.md 4: older accounts name no session, so the caller's call is it; two diallings
    are equal byte for byte and only the time between them tells."""
    phone = await member(shop, kind)

    def nameless() -> HttpRequest:
        asked, named = phone.request(), phone.step.session.encode()
        body = asked.body.replace(b'"SESSIONID":"%s"' % named, b'"SESSIONID":""')
        url = asked.url.replace(f"ussdSessionId={named.decode()}", "ussdSessionId=")
        return replace(asked, body=body, url=url)

    async def post() -> Heard:
        shop.later(seconds=4)
        phone.answer = await phone.knock(nameless())
        return phone.shown

    for _ in range(2):
        shop.later(seconds=200)
        phone.step = replace(phone.step, inputs=())
        assert (await post()).open
        answer, steps = phone.answer and phone.answer.content, heard(superuser, phone)
        assert (await phone.knock(nameless())).content == answer
        assert heard(superuser, phone) == steps
        if number_of(phone.shown.words, "Start over"):
            phone.step = replace(phone.step, inputs=(number_of(phone.shown.words, "Start over"),))
            await post()
        phone.step = replace(phone.step, inputs=(number_of(phone.shown.words, "Balance"),))
        assert "400 pts" in (await post()).words
        for text in ("no", "no", "no"):
            phone.step = replace(phone.step, inputs=(text,))
            shown = await post()
        assert not shown.open
        phone.step = replace(phone.step, inputs=("1",))
        assert (await post()).words == ENDED


async def test_an_unknown_session_begins_by_the_code_only(shop: TeaHouse) -> None:
    """Airtel: nothing else tells the beginning."""
    phone = await member(shop, "airtel_ussd")
    phone.step = replace(phone.step, session=fresh_session())
    assert await phone.say("1") == ENDED
    await phone.dial()
    assert phone.shown.open


async def test_where_the_time_tells_an_equal_answer_is_another(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """Hubtel's Sequence; and where nothing tells, an equal body soon after is a retry."""
    for kind, told in (("hubtel_ussd", 2), (KESTREL, 1)):
        phone = await member(shop, kind)
        steps = heard(superuser, phone)
        for _ in range(2):
            phone.step = replace(phone.step, inputs=(*phone.step.inputs, "9"), at=now())
            await phone.post()
        assert heard(superuser, phone) == steps + told, kind


async def test_strangers_and_other_paths(shop: TeaHouse) -> None:
    """U43, U44; a path behind the token is for those who add one."""
    phone = await member(shop, KESTREL)
    asked = phone.request()
    assert (await phone.knock(replace(asked, method="GET"))).status_code == 405
    assert (await phone.knock(replace(asked, url=f"{asked.url}x"))).status_code == 403
    assert (await phone.knock(replace(asked, url=f"{asked.url}/session"))).status_code == 404
    assert (await phone.knock(replace(asked, body=b"said=1"))).status_code == 400
    infobip = await member(shop, "infobip_ussd")
    gone_wrong = replace(infobip.request(), body=b"{")
    answer = await infobip.knock(gone_wrong)
    assert (answer.status_code, answer.json()["responseExitCode"]) == (200, 400)


async def test_a_channel_whose_table_is_gone_is_nobodys(shop: TeaHouse) -> None:
    phone = await member(shop, KESTREL)
    adapters = shop.rt.adapters
    assert isinstance(adapters, dict)
    kept = adapters.pop(KESTREL)
    try:
        asked = sample_request(kept, phone.channel, URL, phone.step)
        assert (await phone.knock(asked)).status_code == 403
    finally:
        adapters[KESTREL] = kept
