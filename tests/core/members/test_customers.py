"""Finding customers and shops by what people type."""

import pytest

from core.errors import (
    CodeNotUnderstood,
    CodeUnknown,
    CustomerNotFound,
    NotStaff,
    PhoneNotUnderstood,
    TooManyTries,
)
from core.members.commands import EnterCode, FindCustomer, Leave
from core.rewards.commands import LookUpCode, ShowMyCode
from tests.core.cafe import CASHIER, MANAGER, OMAR, RUDO, STRANGER, cafe, joined


@pytest.mark.parametrize(
    "typed", ["0791234567", "+962 79 123 4567", "00962791234567", "962791234567"]
)
async def test_a_customer_is_found_by_phone(typed: str) -> None:
    shop = cafe()
    member_id = await joined(shop)
    found = await shop.ask(CASHIER, FindCustomer(typed))
    assert (found.member_id, found.name, found.phone, found.tier, found.available) == (
        member_id,
        "Rudo",
        RUDO.value,
        "Bronze",
        0,
    )
    assert (found.code_id, shop.last, shop.trips) == (None, (), 3)


@pytest.mark.parametrize("write", ["{0}", "{1} {2}", "{1}-{2}", " {0} "])
async def test_a_customer_is_found_by_code(write: str) -> None:
    shop = cafe()
    member_id = await joined(shop, STRANGER)
    code = (await shop.ask(STRANGER, ShowMyCode())).code
    found = await shop.ask(CASHIER, FindCustomer(write.format(code, code[:3], code[3:])))
    assert (found.member_id, found.phone, shop.trips) == (member_id, None, 3)


async def test_who_left_is_not_found() -> None:
    shop = cafe()
    await joined(shop)
    code = (await shop.ask(RUDO, ShowMyCode())).code
    await shop.ask(RUDO, Leave())
    for typed in (RUDO.value, code, OMAR.value):
        with pytest.raises(CustomerNotFound):
            await shop.ask(CASHIER, FindCustomer(typed))


async def test_only_staff_look_for_customers() -> None:
    shop = cafe()
    await joined(shop)
    with pytest.raises(NotStaff):
        await shop.ask(RUDO, FindCustomer(OMAR.value))
    with pytest.raises(PhoneNotUnderstood):
        await shop.ask(CASHIER, FindCustomer("12345"))


async def test_ten_wrong_codes_an_hour_for_each_staff() -> None:
    """Customers' and issuances' codes count together; a full window refuses right ones too."""
    shop = cafe()
    await joined(shop)
    right = (await shop.ask(RUDO, ShowMyCode())).code
    wrong = "000000" if right != "000000" else "000001"
    for left in range(9, 4, -1):
        with pytest.raises(CodeUnknown) as refused:
            await shop.ask(CASHIER, FindCustomer(wrong))
        assert refused.value.params == {"left": left}
    for left in range(4, -1, -1):
        with pytest.raises(CodeUnknown) as refused:
            await shop.ask(CASHIER, LookUpCode(wrong))
        assert refused.value.params == {"left": left}
    with pytest.raises(TooManyTries):
        await shop.ask(CASHIER, FindCustomer(right))
    assert (await shop.ask(MANAGER, FindCustomer(right))).name == "Rudo"
    shop.pass_time(hours=1)
    with pytest.raises(CodeUnknown) as refused:
        await shop.ask(CASHIER, FindCustomer(right))
    assert refused.value.params == {"left": 9}


async def test_the_hour_begins_with_the_first_wrong_code() -> None:
    shop = cafe()
    lefts = []
    for minutes in (0, 30, 29, 1):
        shop.pass_time(minutes=minutes)
        with pytest.raises(CodeUnknown) as refused:
            await shop.ask(CASHIER, FindCustomer("000000"))
        lefts.append(refused.value.params["left"])
    assert lefts == [9, 8, 7, 9]


async def test_a_right_code_does_not_buy_new_tries() -> None:
    shop = cafe()
    await joined(shop)
    right = (await shop.ask(RUDO, ShowMyCode())).code
    wrong = "000000" if right != "000000" else "000001"
    for left in (9, 8):
        with pytest.raises(CodeUnknown) as refused:
            await shop.ask(CASHIER, FindCustomer(wrong))
        assert refused.value.params == {"left": left}
        await shop.ask(CASHIER, FindCustomer(right))


@pytest.mark.parametrize("typed", ["beans", "BEANS", " Beans "])
async def test_a_join_code_leads_to_its_shop(typed: str) -> None:
    shop = cafe()
    target = await shop.ask(STRANGER, EnterCode(typed))
    assert (target.name, target.dial, shop.last, shop.trips) == ("Beans", "*123*46#", (), 3)


async def test_wrong_join_codes_are_counted_for_their_address() -> None:
    shop = cafe()
    for left in range(9, -1, -1):
        with pytest.raises(CodeUnknown) as refused:
            await shop.ask(STRANGER, EnterCode("peas"))
        assert refused.value.params == {"left": left}
    with pytest.raises(TooManyTries):
        await shop.ask(STRANGER, EnterCode("beans"))
    assert (await shop.ask(RUDO, EnterCode("beans"))).name == "Beans"
    assert STRANGER.value not in str(list(shop.tables.counters))


@pytest.mark.parametrize("typed", ["", "a", "-beans", "be_ans", "b" * 41, "beans\n!", "' OR 1=1"])
async def test_what_is_no_code_is_not_counted(typed: str) -> None:
    shop = cafe()
    with pytest.raises(CodeNotUnderstood):
        await shop.ask(STRANGER, EnterCode(typed))
    assert shop.tables.counters == {}
