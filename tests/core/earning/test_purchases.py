"""Awarding: guards in order, zero points, codes, notices."""

from dataclasses import replace
from uuid import UUID

import pytest

from core.changes import LotAdded, TransferAdded
from core.earning.commands import QuotePurchase, RecordPurchase
from core.errors import (
    AmountNotUnderstood,
    AmountTooLarge,
    CodeAlreadyUsed,
    CustomerNotFound,
    DuplicateReceipt,
    NotStaff,
    QuoteChanged,
    RepeatedPurchase,
    SelfAward,
)
from core.members.commands import ChangeNotices, FindCustomer, Leave
from core.rewards.commands import ShowMyCode
from core.values import Money
from tests.core.books import audit
from tests.core.cafe import CASHIER, MANAGER, OMAR, RUDO, SILVER, cafe, jod, joined
from tests.core.memory import Shop


async def shop_with_rudo() -> tuple[Shop, UUID]:
    shop = cafe()
    return shop, await joined(shop)


async def test_a_quote_is_what_the_award_gives() -> None:
    shop, member_id = await shop_with_rudo()
    shop.tables.members[member_id] = replace(shop.member(RUDO), tier_id=SILVER.id)
    quote = await shop.ask(CASHIER, QuotePurchase(member_id, jod(33_335)))
    assert (quote.points, quote.tier, shop.last) == (500, "Silver", ())
    earned = await shop.ask(CASHIER, RecordPurchase(member_id, jod(33_335)))
    assert earned.points == 500
    assert shop.trips == 3


async def test_other_points_than_the_confirmed_ones_are_refused() -> None:
    """Also before the same purchase is found to be a repeated one: the number is asked first."""
    shop, member_id = await shop_with_rudo()
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000), quoted=10))
    shop.tables.members[member_id] = replace(shop.member(RUDO), tier_id=SILVER.id)
    with pytest.raises(QuoteChanged) as refused:
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000), quoted=10))
    assert (refused.value.params, shop.last) == ({"points": 15}, ())
    again = RecordPurchase(member_id, jod(1_000), again=True, quoted=15)
    assert (await shop.ask(CASHIER, again)).points == 15


async def test_a_purchase_of_no_points_is_still_a_visit() -> None:
    shop, member_id = await shop_with_rudo()
    earned = await shop.ask(CASHIER, RecordPurchase(member_id, jod(99)))
    assert (earned.points, shop.wallet_at(RUDO).visits) == (0, 1)
    assert not [change for change in shop.last if isinstance(change, TransferAdded | LotAdded)]
    (purchase,) = shop.tables.purchases.values()
    assert (purchase.points, purchase.amount_minor) == (0, 99)
    audit(shop.tables)


async def test_only_staff_award() -> None:
    shop, member_id = await shop_with_rudo()
    for sender in (RUDO, OMAR):
        with pytest.raises(NotStaff):
            await shop.ask(sender, RecordPurchase(member_id, jod(1_000)))
        with pytest.raises(NotStaff):
            await shop.ask(sender, QuotePurchase(member_id, jod(1_000)))


async def test_a_customer_must_be_an_active_member() -> None:
    shop, member_id = await shop_with_rudo()
    await shop.ask(RUDO, Leave())
    for unknown in (member_id, UUID(int=404)):
        with pytest.raises(CustomerNotFound):
            await shop.ask(CASHIER, RecordPurchase(unknown, jod(1_000)))


async def test_nobody_awards_themselves() -> None:
    """Neither as the member who is calling nor by a second address on the same phone."""
    shop = cafe()
    own = await joined(shop, CASHIER, "Huda")
    with pytest.raises(SelfAward):
        await shop.ask(CASHIER, RecordPurchase(own, jod(1_000)))
    with pytest.raises(SelfAward):
        await shop.ask(CASHIER, QuotePurchase(own, jod(1_000)))
    shop.staff[1] = replace(shop.staff[1], phone=CASHIER.value)
    shop.staff.reverse()
    with pytest.raises(SelfAward):
        await shop.ask(CASHIER, RecordPurchase(own, jod(1_000)))


async def test_amounts_have_a_limit_and_a_currency() -> None:
    shop, member_id = await shop_with_rudo()
    with pytest.raises(AmountTooLarge) as refused:
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000_001)))
    assert refused.value.params == {"limit": jod(1_000_000)}
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000_000)))
    for wrong in (jod(0), jod(-5), Money(500, "USD")):
        with pytest.raises(AmountNotUnderstood):
            await shop.ask(CASHIER, RecordPurchase(member_id, wrong))


async def test_the_same_again_within_five_minutes_is_asked_about() -> None:
    shop, member_id = await shop_with_rudo()
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000)))
    shop.pass_time(minutes=3)
    with pytest.raises(RepeatedPurchase) as refused:
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000)))
    assert refused.value.params == {"minutes": 3}
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_001)))
    await shop.ask(MANAGER, RecordPurchase(member_id, jod(5_000)))
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000), again=True))
    shop.pass_time(minutes=6)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000)))
    assert shop.wallet_at(RUDO).visits == 5


async def test_a_receipt_counts_once_a_store() -> None:
    shop, member_id = await shop_with_rudo()
    award = RecordPurchase(member_id, jod(5_000), receipt_no="A-17", store="Abdali", again=True)
    await shop.ask(CASHIER, award)
    with pytest.raises(DuplicateReceipt):
        await shop.ask(CASHIER, award)
    await shop.ask(CASHIER, replace(award, store="Rainbow St"))
    for _ in range(2):
        await shop.ask(CASHIER, replace(award, receipt_no="", store=""))
    assert [p.receipt_no for p in shop.tables.earned_by.values()] == ["A-17", "A-17", None, None]


async def test_a_till_code_finds_its_member_and_is_used_up() -> None:
    shop, member_id = await shop_with_rudo()
    shown = await shop.ask(RUDO, ShowMyCode())
    found = await shop.ask(CASHIER, FindCustomer(shown.code))
    assert (found.member_id, found.code_id) == (member_id, shown.id)
    award = RecordPurchase(member_id, jod(5_000), code_id=found.code_id, again=True)
    await shop.ask(CASHIER, award)
    assert shop.tables.codes[shown.id].used_at == shop.now
    with pytest.raises(CodeAlreadyUsed) as refused:
        await shop.ask(CASHIER, award)
    assert refused.value.params == {"at": shop.now}
    with pytest.raises(CodeAlreadyUsed):
        await shop.ask(CASHIER, FindCustomer(shown.code))


async def test_a_code_of_someone_else_is_refused() -> None:
    shop, member_id = await shop_with_rudo()
    await joined(shop, OMAR, "Omar")
    shown = await shop.ask(OMAR, ShowMyCode())
    with pytest.raises(CodeAlreadyUsed):
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000), code_id=shown.id))


async def test_a_code_that_ran_out_while_the_cashier_typed_still_counts() -> None:
    shop, member_id = await shop_with_rudo()
    shown = await shop.ask(RUDO, ShowMyCode())
    shop.pass_time(minutes=6)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000), code_id=shown.id))
    assert shop.tables.codes[shown.id].used_at is None


async def test_who_does_not_want_to_hear_of_points_does_not() -> None:
    shop, member_id = await shop_with_rudo()
    await shop.ask(RUDO, ChangeNotices(("reward",)))
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(200_000)))
    assert shop.tables.notices == {}


async def test_a_repeated_key_awards_once() -> None:
    shop, member_id = await shop_with_rudo()
    award = RecordPurchase(member_id, jod(5_000))
    first = await shop.ask(CASHIER, award, key="k1")
    tables = shop.tables
    assert await shop.ask(CASHIER, award, key="k1") == first
    assert shop.tables is tables
