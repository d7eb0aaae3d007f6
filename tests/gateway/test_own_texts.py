"""A shop's own words through the whole gateway: said from the next turn on, by that shop alone, on
every channel and in notices, at no further trip."""

from itertools import count
from uuid import UUID

import pytest

from core.members.commands import Enrol
from core.values import Address
from gateway.commanding import command
from gateway.fitting import fault
from storage.admin import SpecError, create_tenant, decode
from storage.admin.texts import remove_text
from storage.database import Trips
from tests.e2e.carriers import Handset
from tests.gateway.teahouse import SPEC, TOKEN, URL, TeaHouse
from tests.shops import ids

EARN = "Earn points on every visit."
HAVE = "You have {count} pt."
_PHONES = count(776000001)
NEIGHBOUR = (
    SPEC.partition("[[channels]]")[0]
    .replace("tea-house", "neighbour")
    .replace("Tea House", "Neighbour")
    .replace("*777#", "*779#")
    + f'[[channels]]\nkind = "africastalking_ussd"\naddress = "*779#"\ntoken = "{TOKEN}e"\n'
)


@pytest.fixture
def phone() -> str:
    return f"+263{next(_PHONES)}"


@pytest.fixture(scope="module")
async def neighbour(shop: TeaHouse) -> UUID:
    """A second shop of the same gateway."""
    rt = shop.rt
    applied = await create_tenant(
        rt.db, rt.vault, decode(NEIGHBOUR), rt.identifiers, rt.hasher, rt.adapters.keys()
    )
    await rt.registry.refresh()
    return applied.tenant.id


def next_door(phone: str) -> Handset:
    """A phone that dials the neighbour."""
    return Handset(url=f"{URL}/public/ussd/callback/{TOKEN}e", code="*779#", phone=phone)


async def test_the_next_turn_says_it_and_no_other_shop_does(
    shop: TeaHouse, neighbour: UUID, phone: str
) -> None:
    here, there = shop.handset(phone), next_door(phone)
    assert EARN in await here.dial(shop.http)
    await shop.say_as(shop.tenant, "en", EARN, "Collect leaves.")
    await shop.say_as(neighbour, "en", "Join free", "Come in")
    shop.later(minutes=11)
    more = "2 How it works\n3 I am a member"
    assert await here.dial(shop.http) == f"CON Tea House\nCollect leaves.\n1 Join free\n{more}"
    assert await there.dial(shop.http) == f"CON Neighbour\n{EARN}\n1 Come in\n{more}"
    await remove_text(shop.rt.db, shop.tenant, "en", EARN)
    shop.later(minutes=11)
    assert EARN in await here.dial(shop.http)


async def test_one_member_of_two_shops_hears_each_in_its_own_words(
    shop: TeaHouse, neighbour: UUID, phone: str
) -> None:
    await shop.join(phone, 400)
    person = Address("msisdn", phone)
    await command(
        shop.rt, neighbour, f"test:{ids.uuid7()}", Enrol("Rudo", "en", "We keep it."), person
    )
    await shop.say_as(shop.tenant, "en", HAVE, "You have one leaf.", "You have {count} leaves.")
    here, there = shop.handset(phone), next_door(phone)
    await here.dial(shop.http)
    assert "You have 400 leaves." in await here.pick(shop.http, "Balance")
    await there.dial(shop.http)
    assert "You have 0 pts." in await there.pick(shop.http, "Balance")


async def test_it_costs_no_trip(shop: TeaHouse, phone: str) -> None:
    await shop.join(phone, 10)
    await shop.say_as(shop.tenant, "en", "Balance", "My leaves")
    handset = shop.handset(phone)
    await handset.dial(shop.http)
    shop.later(minutes=11)
    await handset.dial(shop.http)
    with Trips() as trips:
        await handset.pick(shop.http, "My leaves")
    assert trips.count == 1


async def test_chat_notices_and_the_renderer_s_own_words(shop: TeaHouse, phone: str) -> None:
    await shop.say_as(shop.tenant, "en", "You have {points}.", "{points} leaves now.")
    await shop.say_as(shop.tenant, "en", "Choose", "Pick one")
    await shop.join(phone)
    await shop.work_off()
    await shop.chat(phone, "hi")
    listed = shop.provider.messages()[-1]
    assert listed["interactive"]["action"]["button"] == "Pick one"
    await shop.award(phone, 30)
    told = await shop.work_off()
    assert any("You earned 30 pts. 30 leaves now." in text for text in told), told


async def test_what_does_not_fit_changes_nothing(shop: TeaHouse, phone: str) -> None:
    with pytest.raises(SpecError, match="a button holds 20 characters"):
        await shop.say_as(shop.tenant, "en", "Join free", "Come in and sit down with us")
    with pytest.raises(SpecError, match="does not speak"):
        await shop.say_as(shop.tenant, "ar", "Join free", "انضم")
    assert fault("en", "Join free", ("Come in",)) is None
    assert "1 Join free" in await shop.handset(phone).dial(shop.http)
