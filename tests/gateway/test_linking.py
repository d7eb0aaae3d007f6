"""A phone and a WhatsApp user without a number become one member, over the real doors."""

import asyncio
import re
from itertools import count
from typing import Any

import pytest

from core.members.commands import SetPin
from core.rewards.commands import ListIssuances
from core.values import Address, Secret
from gateway.commanding import begin
from storage.database import Trips
from tests.e2e.carriers import Handset
from tests.gateway.teahouse import MANAGER, TeaHouse
from tests.shops import ids

_PHONES = count(773900001)
_PEOPLE = count(13491208655302741918)


@pytest.fixture
async def phone(shop: TeaHouse) -> Handset:
    return await shop.at_home(f"+263{next(_PHONES)}")


@pytest.fixture
def nameless() -> str:
    """A WhatsApp user who shows no number (docs/wire-formats.md 8, BSUID)."""
    return f"ZW.{next(_PEOPLE)}"


async def chat(shop: TeaHouse, person: str, *texts: str) -> str:
    """Say one thing after the other by WhatsApp without a number; what was sent at last."""
    sent: list[str] = []
    for text in texts:
        message = shop.whatsapp.message("", {"type": "text", "text": {"body": text}})
        del message["from"]
        body = body_of(shop, message | {"from_user_id": person})
        assert (await shop.whatsapp.post(shop.http, body)).status_code == 200
        sent = await shop.work_off()
    return "\n".join(sent)


def body_of(shop: TeaHouse, message: dict[str, Any]) -> bytes:
    body = shop.whatsapp.body(message | {"from": "none"})
    return body.replace(b', "from": "none"', b"").replace(b'"from": "none", ', b"")


def code_in(text: str) -> str:
    found = re.search(r"LINK (\d{3} \d{3})", text)
    assert found, text
    return found[1]


async def member_at(shop: TeaHouse, address: Address) -> Any:
    return (await begin(shop.rt, shop.tenant, f"look:{ids.uuid7()}", address)).caller.member


async def test_a_code_from_ussd_typed_on_whatsapp(
    shop: TeaHouse, phone: Handset, nameless: str
) -> None:
    code = code_in(await phone.pick(shop.http, "Settings", "Link a phone", "Show a code"))
    asked = await chat(shop, nameless, f"LINK {code}")
    assert re.search(r"Link this phone to Ru\*\*\*, \+263 77 \*\*\* \d{4}\?", asked)
    done = await chat(shop, nameless, "yes")
    assert "Your phones are linked. You have 400 pts." in done
    assert "400 pts" in await chat(shop, nameless, "bal")
    mine = await member_at(shop, Address("bsuid", nameless))
    assert mine == await member_at(shop, Address("msisdn", phone.phone))


async def test_the_other_phone_is_told_by_its_own_way(
    shop: TeaHouse, phone: Handset, nameless: str
) -> None:
    code = code_in(await phone.pick(shop.http, "Settings", "Link a phone", "Show a code"))
    await chat(shop, nameless, f"LINK {code}")
    before = len(shop.provider.messages())
    await chat(shop, nameless, "yes")
    told = [fields for fields in shop.provider.messages()[before:] if "Body" in fields]
    assert [fields["To"] for fields in told] == [phone.phone]
    assert "A phone was linked to you. Was it not you?" in told[0]["Body"]


async def test_two_memberships_with_a_pin_each(
    shop: TeaHouse, phone: Handset, nameless: str
) -> None:
    """The WhatsApp user joined apart; the phone types the code that WhatsApp shows."""
    await chat(shop, nameless, "join", "agree", "Rudo")
    await chat(shop, nameless, "settings", "pin", "set a pin", "48215")
    await shop.do(phone.phone, SetPin(Secret("90417")))
    code = code_in(await chat(shop, nameless, "link", "show a code"))
    await phone.dial(shop.http)
    await phone.pick(shop.http, "Settings", "Link a phone", "I have a code")
    asked = await phone.say(shop.http, code)
    assert "Your membership here ends, its 400 pts move." in asked
    assert "this phone's PIN" in await phone.pick(shop.http, "Yes")
    assert "That PIN is wrong. 2 tries left." in await phone.say(shop.http, "90417 11111")
    assert "Your phones are linked. You have 400 pts." in await phone.say(shop.http, "90417 48215")
    assert "400 pts" in await chat(shop, nameless, "bal")
    assert "400 pts" in await phone.dial(shop.http)


async def test_the_carriers_retry_links_once(shop: TeaHouse, phone: Handset) -> None:
    other = f"+263{next(_PHONES)}"
    await shop.join(other, 100)
    code = code_in((await shop.chat(other, "link", "show a code"))[0])
    await phone.pick(shop.http, "Settings", "Link a phone", "I have a code")
    await phone.say(shop.http, code)
    phone.text += "*1"
    form = phone.request()
    answers = await asyncio.gather(*(shop.http.post(phone.url, data=form) for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert "You have 500 pts." in answers[0].text


async def test_a_turn_of_linking_asks_the_database_three_times(
    shop: TeaHouse, phone: Handset
) -> None:
    other = f"+263{next(_PHONES)}"
    await shop.join(other, 100)
    code = code_in((await shop.chat(other, "link", "show a code"))[0])
    await phone.pick(shop.http, "Settings", "Link a phone", "I have a code")
    with Trips() as looked_up:
        await phone.say(shop.http, code)
    with Trips() as linked:
        assert "linked" in await phone.pick(shop.http, "Yes")
    assert (looked_up.count, linked.count) == (3, 3)


async def test_wrong_codes_come_to_an_end(shop: TeaHouse, nameless: str) -> None:
    for left in ("4 tries", "3 tries"):
        assert f"{left} left" in await chat(shop, nameless, "LINK 000000")
    said = await chat(shop, nameless, "LINK 000000", "LINK 000000", "LINK 000000", "LINK 000000")
    assert "Too many wrong codes. Try in an hour." in said


async def test_a_reward_on_its_way_is_used_after_linking(shop: TeaHouse, phone: Handset) -> None:
    other = f"+263{next(_PHONES)}"
    await shop.join(other)
    await phone.pick(shop.http, "Rewards", "Scone", "Yes")
    code = code_in((await shop.chat(other, "link", "show a code"))[0])
    await phone.dial(shop.http)
    await phone.start_over(shop.http)
    await phone.say(shop.http, "7")
    await phone.pick(shop.http, "Link a phone", "I have a code")
    await phone.say(shop.http, code)
    await phone.pick(shop.http, "Yes")
    (issuance,) = await shop.do(other, ListIssuances())
    assert issuance.reward_name == "Scone"
    assert issuance.code


async def test_a_manager_undoes_it(shop: TeaHouse, phone: Handset) -> None:
    other = f"+263{next(_PHONES)}"
    await shop.join(other, 100, "Tino")
    code = code_in(await phone.pick(shop.http, "Settings", "Link a phone", "Show a code"))
    await shop.chat(other, f"LINK {code}", "yes")
    manager = shop.handset(MANAGER[0])
    await manager.dial(shop.http)
    await manager.start_over(shop.http)
    await manager.pick(shop.http, "Staff")
    await manager.say(shop.http, MANAGER[1])
    await manager.pick(shop.http, "Find a customer")
    assert "500 pts" in await manager.say(shop.http, phone.phone)
    asked = await manager.pick(shop.http, "Undo a link")
    assert "with Tino" in asked
    assert "100 of 100 pts go back." in asked
    assert "The link is undone. 100 pts went back." in await manager.pick(shop.http, "Yes")
    said = await shop.chat(other, "bal")
    assert "100 pts" in said[0]
    assert "Undo a link" not in await manager.say(shop.http, "0", phone.phone)
