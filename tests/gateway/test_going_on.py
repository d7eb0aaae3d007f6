"""Steps that go on from memory: whatever anybody changed meanwhile is seen all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from typing import Final

import psycopg
import pytest

from core.members.commands import ChangeLanguage, ChangeName, Leave, SeeNotices, StopMessages
from core.rewards.commands import ListIssuances, Redeem, UseIssuance
from storage.database import Trips
from tests.e2e.carriers import Handset, number_of
from tests.gateway.teahouse import CASHIER, TeaHouse
from tests.gateway.test_latest_input import Phone
from tests.shops import ids, put

_PHONES = count(773950001)
FROM_MEMORY: Final = 1
BEGUN_AFTER_ALL: Final = 3
"""The commit that finds something changed, begin, and commit."""


@pytest.fixture
async def phone(shop: TeaHouse) -> Handset:
    """At home, and this process knows it."""
    handset = await shop.at_home(f"+263{next(_PHONES)}")
    await handset.pick(shop.http, "Balance")
    await handset.say(shop.http, "0")
    return handset


async def trips(asked: Awaitable[str]) -> int:
    with Trips() as counted:
        await asked
    return counted.count


async def test_a_step_that_only_looks_is_one_trip(shop: TeaHouse, phone: Handset) -> None:
    assert await trips(phone.pick(shop.http, "Balance")) == FROM_MEMORY
    assert "400 pts" in phone.screen
    assert await trips(phone.say(shop.http, "0")) == FROM_MEMORY
    assert await trips(phone.say(shop.http, "nonsense")) == FROM_MEMORY


async def award(shop: TeaHouse, phone: str, _: psycopg.Connection) -> None:
    await shop.award(phone, 50)


async def rename(shop: TeaHouse, phone: str, _: psycopg.Connection) -> None:
    await shop.do(phone, ChangeName("Chipo"))


async def speak(shop: TeaHouse, phone: str, _: psycopg.Connection) -> None:
    await shop.do(phone, ChangeLanguage("sn"))


async def leave(shop: TeaHouse, phone: str, _: psycopg.Connection) -> None:
    await shop.do(phone, Leave())


async def stop(shop: TeaHouse, phone: str, _: psycopg.Connection) -> None:
    await shop.do(phone, StopMessages())


async def word(shop: TeaHouse, _: str, __: psycopg.Connection) -> None:
    await shop.say_as(shop.tenant, "en", "Settings", f"Setup {ids.ref()}")


async def spend(shop: TeaHouse, phone: str, superuser: psycopg.Connection) -> None:
    """Points move, and nobody is told."""
    wallet = (await shop.caller(phone)).wallet
    assert wallet is not None
    superuser.execute("update account set version = version + 1 where id = %s", (wallet.id,))


async def move(shop: TeaHouse, phone: str, superuser: psycopg.Connection) -> None:
    """The number is somebody else's now, of whom as much is known."""
    other = f"+263{next(_PHONES)}"
    await shop.join(other, 400)
    await shop.work_off()
    await shop.do(other, SeeNotices(tuple(n.id for n in (await shop.caller(other)).unseen)))
    superuser.execute("delete from member_address where value = %s", (phone,))
    superuser.execute("update member_address set value = %s where value = %s", (phone, other))


async def note(shop: TeaHouse, phone: str, superuser: psycopg.Connection) -> None:
    """A notice waits."""
    member = (await shop.caller(phone)).member
    assert member is not None
    columns = {"member_id": member.id, "kind": "rejected", "at": datetime.now(UTC)}
    put(superuser, "notice", tenant_id=shop.tenant, id=ids.uuid7(), params="{}", **columns)


async def employ(shop: TeaHouse, phone: str, superuser: psycopg.Connection) -> None:
    columns = {"number": 900 + next(_PHONES) % 90, "name": "New", "role": "cashier"}
    put(superuser, "staff", tenant_id=shop.tenant, id=ids.uuid7(), phone=phone, **columns)


Change = Callable[[TeaHouse, str, psycopg.Connection], Awaitable[None]]
CHANGES: Final = (award, rename, speak, leave, spend, stop, word, move, note, employ)


@pytest.mark.parametrize("change", CHANGES)
async def test_what_changed_since_is_seen(
    shop: TeaHouse, phone: Handset, superuser: psycopg.Connection, change: Change
) -> None:
    await change(shop, phone.phone, superuser)
    assert await trips(phone.say(shop.http, "nonsense")) >= BEGUN_AFTER_ALL


@pytest.mark.parametrize("change", CHANGES)
async def test_it_is_seen_before_a_confirmation_too(
    shop: TeaHouse, phone: Handset, superuser: psycopg.Connection, change: Change
) -> None:
    """The turn that leads there must not be forgotten, and is written another way."""
    await phone.pick(shop.http, "Rewards")
    number = number_of(phone.screen, "Scone")
    await change(shop, phone.phone, superuser)
    assert await trips(phone.say(shop.http, number)) >= BEGUN_AFTER_ALL


async def test_new_points_are_shown(shop: TeaHouse, phone: Handset) -> None:
    await shop.award(phone.phone, 50)
    assert "450 pts" in await phone.pick(shop.http, "Balance")


async def test_a_reward_that_was_handed_over_is_seen(shop: TeaHouse, phone: Handset) -> None:
    """It moves no account and no member."""
    scone = next(r for r in (await shop.caller(phone.phone)).programme.rewards if r.slug == "scone")
    await shop.do(phone.phone, Redeem(scone.id))
    await phone.start_over(shop.http)
    await phone.dial(shop.http)
    assert await trips(phone.say(shop.http, "nonsense")) == FROM_MEMORY
    (issued,) = await shop.do(phone.phone, ListIssuances())
    await shop.do(CASHIER[0], UseIssuance(issued.id))
    await shop.work_off()
    assert await trips(phone.say(shop.http, "nonsense")) >= BEGUN_AFTER_ALL


async def test_a_step_that_another_process_heard_counts(shop: TeaHouse, phone: Handset) -> None:
    """Ours remembers the session as it was before."""
    before = dict(shop.rt.sessions._kept)
    await phone.pick(shop.http, "Balance")
    shop.rt.sessions._kept |= before
    assert "Scone" in await phone.pick(shop.http, "Rewards")


async def test_the_same_step_at_once_is_heard_once(shop: TeaHouse, phone: Handset) -> None:
    phone.text += "*" + number_of(phone.screen, "Balance")
    answers = await asyncio.gather(*(phone.post(shop.http) for _ in range(8)))
    assert len(set(answers)) == 1
    assert "400 pts" in answers[0]
    assert "Scone" in await phone.pick(shop.http, "Rewards")


async def test_a_step_that_comes_again_is_answered_as_before(shop: TeaHouse) -> None:
    """On a carrier that sends the latest input only, where it reads like the next one."""
    number = f"+263{next(_PHONES)}"
    await shop.join(number, 400)
    phone = Phone(number)
    await phone.dial(shop, "")
    shown = await phone.pick(shop, "Balance")
    assert await phone.post(shop) == shown
    assert await phone.post(shop) == shown


async def test_staff_begin_every_step(shop: TeaHouse) -> None:
    """What there is to approve changes with every customer."""
    handset = shop.handset(CASHIER[0])
    await handset.dial(shop.http)
    await handset.start_over(shop.http)
    assert await trips(handset.say(shop.http, "nonsense")) == 2


async def test_a_step_that_changes_something_begins(shop: TeaHouse, phone: Handset) -> None:
    """At once, with nothing loaded before: begin, the code they have, commit."""
    assert await trips(phone.pick(shop.http, "My code")) == 3
