"""Who is asking, and that nobody acts for themselves."""

from dataclasses import replace

import pytest

from core.errors import NotAMember, NotStaff, SelfAward
from core.members.callers import member_of, refuse_self, staff_of, wallet_of
from core.ports import Customer
from tests.core.cafe import CASHIER, OMAR, RUDO, cafe, joined


async def test_a_customer_may_be_the_staff_by_person_or_by_phone() -> None:
    shop = cafe()
    await joined(shop, RUDO)
    await joined(shop, CASHIER, "Huda")
    caller = shop.caller(CASHIER)
    own = Customer(member=shop.member(CASHIER), wallet=shop.wallet_at(CASHIER), phone=None)
    with pytest.raises(SelfAward):
        refuse_self(caller, own)
    other = Customer(member=shop.member(RUDO), wallet=shop.wallet_at(RUDO), phone=RUDO.value)
    refuse_self(caller, other)
    with pytest.raises(SelfAward):
        refuse_self(caller, replace(other, phone=CASHIER.value))
    refuse_self(replace(caller, staff=None), replace(other, phone=CASHIER.value))


@pytest.mark.parametrize("status", ["left", "blocked"])
async def test_only_the_active_are_members(status: str) -> None:
    shop = cafe()
    await joined(shop)
    caller = shop.caller(RUDO)
    assert member_of(caller).id == wallet_of(caller).member_id
    member = replace(shop.member(RUDO), status=status)  # type: ignore[arg-type]
    for stranger in (replace(caller, member=member), shop.caller(OMAR)):
        with pytest.raises(NotAMember):
            wallet_of(stranger)
    with pytest.raises(NotStaff):
        staff_of(caller)
