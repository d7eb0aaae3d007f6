"""How often each kind of turn asks the database (docs/architecture.md, Trip budget)."""

from dataclasses import dataclass

import pytest

from gateway.jobs import HANDLERS
from storage.database import Trips
from tests.e2e.carriers import Handset, number_of
from tests.gateway.teahouse import CASHIER, MANAGER, TeaHouse

MEMBER = "+263772000001"


@dataclass(slots=True)
class Counted:
    """A phone whose requests are counted: `trips` are those of the last one."""

    shop: TeaHouse
    phone: Handset
    trips: int = 0

    async def dial(self) -> str:
        with Trips() as trips:
            await self.phone.dial(self.shop.http)
        self.trips = trips.count
        return self.phone.screen

    async def say(self, typed: str) -> str:
        with Trips() as trips:
            await self.phone.say(self.shop.http, typed)
        self.trips = trips.count
        return self.phone.screen

    async def retry(self) -> str:
        with Trips() as trips:
            await self.phone.post(self.shop.http)
        self.trips = trips.count
        return self.phone.screen

    async def pick(self, label: str) -> str:
        """By what the screen says, on whichever page that is."""
        while not (number := number_of(self.phone.screen[4:], label)):
            assert "98 " in self.phone.screen, f"{label!r} is not on {self.phone.screen!r}"
            kept = bool(self.shop.rt.sessions._kept)
            await self.say("98")
            assert self.trips == (1 if kept else 2), "a page is turned without asking anything"
        return await self.say(number)

    async def sign_in(self, pin: str) -> None:
        await self.dial()
        await self.phone.start_over(self.shop.http)
        await self.pick("Staff")
        await self.say(pin)


def counted(shop: TeaHouse, number: str) -> Counted:
    return Counted(shop, shop.handset(number))


@pytest.fixture(scope="module")
async def member(shop: TeaHouse) -> str:
    """A member with points and a history. What is kept in memory was loaded by now."""
    await shop.join(MEMBER, 400)
    await counted(shop, MEMBER).dial()
    return MEMBER


@pytest.fixture
async def phone(shop: TeaHouse, member: str) -> Counted:
    """The member's phone at home, in a session of its own."""
    phone = counted(shop, member)
    shop.later(minutes=11)
    await phone.dial()
    return phone


async def test_dialling_is_begin_and_commit(phone: Counted) -> None:
    assert phone.trips == 2


async def test_a_known_sessions_menu_and_balance_are_commit_alone(phone: Counted) -> None:
    assert "pts" in await phone.pick("Balance")
    assert phone.trips == 1
    await phone.say("0")
    assert phone.trips == 1
    await phone.say("no such thing")
    assert phone.trips == 1
    await phone.pick("Settings")
    assert phone.trips == 1


async def test_another_processs_session_takes_begin_too(shop: TeaHouse, phone: Counted) -> None:
    shop.rt.sessions._kept.clear()
    assert "pts" in await phone.pick("Balance")
    assert phone.trips == 2


@pytest.mark.parametrize(
    ("label", "shown"), [("History", "Purchase"), ("Rewards", "Scone"), ("My rewards", "ewards")]
)
async def test_other_reads_take_one_more(
    shop: TeaHouse, label: str, shown: str, phone: Counted
) -> None:
    assert shown in await phone.pick(label)
    assert phone.trips == 2
    shop.rt.sessions._kept.clear()
    await phone.say("0")
    shop.rt.sessions._kept.clear()
    assert shown in await phone.pick(label)
    assert phone.trips == 3


async def test_a_retry_is_begin_alone(phone: Counted) -> None:
    first = await phone.pick("History")
    assert await phone.retry() == first
    assert phone.trips == 1


async def test_a_request_of_a_session_that_is_over_is_begin_alone(phone: Counted) -> None:
    for _ in range(3):
        await phone.say("no")
    assert phone.phone.screen.startswith("END ")
    await phone.say("1")
    assert phone.trips == 1


async def test_joining(shop: TeaHouse, member: str) -> None:
    phone = counted(shop, "+263772000002")
    await phone.dial()
    assert phone.trips == 2
    await phone.pick("Join")
    await phone.pick("Agree")
    assert "Welcome Rudo" in await phone.say("Rudo")
    assert phone.trips <= 3


async def test_redeeming(phone: Counted) -> None:
    await phone.pick("Rewards")
    await phone.pick("Scone")
    assert phone.trips == 2
    assert "show this code" in await phone.pick("Yes")
    assert phone.trips <= 3


async def test_staff_at_work(shop: TeaHouse, phone: Counted) -> None:
    """Approving, awarding by number, and a customer's own code at the till."""
    await phone.pick("Rewards")
    await phone.pick("Pot of Tea")
    assert "is reserved" in await phone.pick("Yes")
    assert phone.trips <= 3
    manager = counted(shop, MANAGER[0])
    await manager.sign_in(MANAGER[1])
    assert manager.trips <= 3
    await manager.pick("Approve")
    assert manager.trips == 3
    await manager.pick("Pot of Tea")
    assert "Ref" in await manager.pick("Approve")
    assert manager.trips <= 3
    await manager.say("00")
    await manager.pick("Staff")
    await manager.pick("Award")
    await manager.say(MEMBER)
    assert manager.trips <= 3
    await manager.say("12")
    assert manager.trips <= 3
    assert "Done." in await manager.pick("Yes")
    assert manager.trips <= 3


async def test_awarding_by_the_customers_code(shop: TeaHouse, phone: Counted) -> None:
    shown = await phone.pick("My code")
    assert phone.trips <= 3
    code = "".join(c for c in shown.partition("\n")[2] if c.isdigit())[:6]
    cashier = counted(shop, CASHIER[0])
    await cashier.sign_in(CASHIER[1])
    await cashier.pick("Award")
    assert "Amount" in await cashier.say(code), code
    assert cashier.trips <= 4
    await cashier.say("7")
    assert "Done." in await cashier.pick("Yes")
    assert cashier.trips <= 4


async def test_handing_a_reward_over(shop: TeaHouse, phone: Counted) -> None:
    """By its code at the till."""
    await phone.pick("Rewards")
    await phone.pick("Scone")
    shown = await phone.pick("Yes")
    code = shown.partition("till: ")[2][:7]
    cashier = counted(shop, CASHIER[0])
    await cashier.sign_in(CASHIER[1])
    await cashier.pick("Use a code")
    assert "Hand Scone to Rudo?" in await cashier.say(code)
    assert cashier.trips <= 4
    assert "Used: Scone" in await cashier.pick("Yes")
    assert cashier.trips <= 4


async def test_the_door_stores_a_message_in_one(shop: TeaHouse, member: str) -> None:
    for door in (shop.whatsapp, shop.sms):
        await door.text(shop.http, member, "hi")
        with Trips() as trips:
            await door.text(shop.http, member, "balance")
        assert trips.count == 1
    await shop.work_off()


async def test_answering_a_stored_message(shop: TeaHouse, member: str) -> None:
    """The message is loaded; the turn itself is begin and commit."""
    await shop.chat(member, "hi")
    await shop.whatsapp.text(shop.http, member, "balance")
    (job,) = await shop.rt.jobs.claim()
    with Trips() as trips:
        await HANDLERS[job.kind](shop.rt, job)
    await shop.rt.jobs.done(job)
    assert trips.count == 3
    assert "pts" in (await shop.work_off())[0]
