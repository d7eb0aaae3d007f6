"""PINs: easy ones, wrong ones, locks and resets (security.md 17)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.errors import (
    CustomerNotFound,
    LoyaltyError,
    NotAllowed,
    NotAMember,
    NotStaff,
    PinLocked,
    PinNotSet,
    PinRequired,
    PinWeak,
    PinWrong,
    SelfAward,
)
from core.members.commands import ForgetPin, Leave, ResetPin, SetPin, SignInStaff
from core.members.weak_pins import COMMON, weak
from core.values import Secret
from tests.core.cafe import CASHIER, MANAGER, OMAR, RUDO, cafe, joined
from tests.core.memory import Shop

RIGHT, WRONG, NEW = Secret("48215"), Secret("48216"), Secret("90417")


async def shop_with_pin() -> Shop:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, SetPin(RIGHT))
    return shop


@pytest.mark.parametrize(
    "pin",
    [
        *("0000", "77777", "1234", "4321", "56789", "98765", "8901", "1212", "12121", "1122"),
        *("11223", "1987", "2031", "2580", "24680", "123", "123456", "12a4", "", "²222", "48 21"),
        "48215\n",
    ],
)
def test_easy_pins_are_weak(pin: str) -> None:
    assert weak(pin)


def all_pins(digits: int) -> Iterator[str]:
    return (f"{number:0{digits}}" for number in range(10**digits))


def test_at_least_a_hundred_are_refused_and_nearly_all_are_not() -> None:
    assert len(COMMON) >= 100
    for digits, share in ((4, 0.95), (5, 0.98)):
        good = [pin for pin in all_pins(digits) if not weak(pin)]
        assert 10**digits * share < len(good) <= 10**digits - 100
    assert not weak(RIGHT.value)


async def test_a_pin_is_set_and_changed_with_the_old_one() -> None:
    shop = await shop_with_pin()
    assert shop.member(RUDO).pin_hash == "hash of 48215"
    with pytest.raises(PinRequired):
        await shop.ask(RUDO, SetPin(NEW))
    with pytest.raises(PinWrong) as refused:
        await shop.ask(RUDO, SetPin(NEW, old=WRONG))
    assert refused.value.params == {"left": 2}
    await shop.ask(RUDO, SetPin(NEW, old=RIGHT))
    assert shop.member(RUDO).pin_hash == "hash of 90417"
    assert shop.tables.counters["pin", str(shop.member(RUDO).id)].n == 0


async def test_arabic_digits_are_the_same_pin() -> None:
    shop = await shop_with_pin()
    await shop.ask(RUDO, SetPin(NEW, old=Secret("٤٨٢١٥")))
    await shop.ask(RUDO, SetPin(Secret("۴۸۲۱۵"), old=NEW))
    assert shop.member(RUDO).pin_hash == "hash of 48215"


async def test_a_weak_pin_changes_nothing_and_costs_no_hash() -> None:
    shop = await shop_with_pin()
    hashed = shop.hasher.hashed
    with pytest.raises(PinWeak):
        await shop.ask(RUDO, SetPin(Secret("1234"), old=RIGHT))
    assert (shop.last, shop.hasher.hashed) == ((), hashed)


async def test_three_wrong_lock_for_a_quarter_six_for_a_day_ten_for_good() -> None:
    shop = await shop_with_pin()
    outcomes = []
    for _ in range(10):
        with pytest.raises((PinWrong, PinLocked)) as refused:
            await shop.ask(RUDO, SetPin(NEW, old=WRONG))
        outcomes.append(next(iter(refused.value.params.values())))
        lock = refused.value.params.get("until")
        if isinstance(refused.value, PinLocked) and lock:
            await still_locked(shop)
            shop.now = lock  # type: ignore[assignment]
    quarter, day = outcomes[2], outcomes[5]
    assert outcomes == [2, 1, quarter, 2, 1, day, 3, 2, 1, None]
    assert day == quarter + timedelta(hours=24)  # type: ignore[operator]
    shop.pass_time(days=400)
    await still_locked(shop)


async def still_locked(shop: Shop) -> None:
    """While it is locked even the right PIN is refused, nothing is counted, nothing hashed."""
    hashed, shop_now = shop.hasher.hashed, shop.now
    with pytest.raises(PinLocked):
        await shop.ask(RUDO, SetPin(NEW, old=RIGHT))
    assert (shop.last, shop.hasher.hashed, shop.now) == ((), hashed, shop_now)


async def test_a_right_pin_forgives_the_wrong_ones() -> None:
    shop = await shop_with_pin()
    for _ in range(4):
        for left in (2, 1):
            with pytest.raises(PinWrong) as refused:
                await shop.ask(RUDO, SetPin(NEW, old=WRONG))
            assert refused.value.params == {"left": left}
        await shop.ask(RUDO, SetPin(RIGHT, old=RIGHT))


async def test_a_manager_resets_what_a_member_forgot() -> None:
    shop = await shop_with_pin()
    for _ in range(2):
        with pytest.raises(PinWrong):
            await shop.ask(RUDO, SetPin(NEW, old=WRONG))
    assert await shop.ask(RUDO, ForgetPin())
    member_id = shop.member(RUDO).id
    await shop.ask(MANAGER, ResetPin(member_id))
    assert shop.member(RUDO).pin_hash is None
    (notice,) = shop.tables.notices.values()
    assert (notice.kind, notice.member_id) == ("pin_reset", member_id)
    with pytest.raises(PinNotSet):
        await shop.ask(RUDO, ForgetPin())
    await shop.ask(RUDO, SetPin(NEW))
    assert shop.tables.counters["pin", str(member_id)].n == 0


async def refused_reset(shop: Shop, refusal: type[LoyaltyError], sender: object = None) -> None:
    who = MANAGER if sender is None else sender
    with pytest.raises(refusal):
        await shop.ask(who, ResetPin(shop.member(RUDO).id))  # type: ignore[arg-type]


async def test_who_may_not_reset() -> None:
    shop = await shop_with_pin()
    await refused_reset(shop, NotStaff, OMAR)
    await refused_reset(shop, NotAllowed, CASHIER)
    await shop.ask(MANAGER, ResetPin(shop.member(RUDO).id))
    await refused_reset(shop, PinNotSet)
    await shop.ask(RUDO, Leave())
    await refused_reset(shop, CustomerNotFound)
    own = await joined(shop, MANAGER, "Sami")
    with pytest.raises(SelfAward):
        await shop.ask(MANAGER, ResetPin(own))


async def test_staff_prove_who_they_are() -> None:
    shop = cafe()
    await shop.ask(CASHIER, SignInStaff(Secret("52741")))
    with pytest.raises(PinWrong):
        await shop.ask(CASHIER, SignInStaff(WRONG))
    with pytest.raises(PinNotSet):
        await shop.ask(MANAGER, SignInStaff(WRONG))
    with pytest.raises(NotStaff):
        await shop.ask(RUDO, SignInStaff(RIGHT))
    assert shop.tables.counters["staff_pin", str(shop.staff[0].id)].n == 1
    with pytest.raises(NotAMember):
        await shop.ask(OMAR, SetPin(RIGHT))
