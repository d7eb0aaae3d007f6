"""Undoing one's own award within 15 minutes."""

from dataclasses import replace

import pytest

from core.earning.commands import RecordPurchase, ShowToday, UndoPurchase
from core.errors import DuplicateReceipt, NotEnoughPoints, NotStaff, UndoTooLate
from core.rewards.commands import Redeem
from tests.core.books import audit, system_sums
from tests.core.cafe import BRONZE, CASHIER, MANAGER, RUDO, SILVER, TEA, cafe, jod, joined
from tests.core.memory import Shop


async def awarded(amount_minor: int = 60_000) -> tuple[Shop, UndoPurchase]:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(amount_minor)))
    (purchase_id,) = shop.tables.purchases
    return shop, UndoPurchase(purchase_id)


async def test_an_undone_award_leaves_nothing_but_its_trace() -> None:
    """Points, visit, lifetime and the tier it had lifted to; the entries stay, and a notice."""
    shop, undo = await awarded()
    assert shop.member(RUDO).tier_id == SILVER.id
    undone = await shop.ask(CASHIER, undo)
    assert (undone.name, undone.points) == ("Rudo", 600)
    wallet = shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.lifetime_earned, wallet.visits) == (0, 0, 0)
    assert shop.member(RUDO).tier_id == BRONZE.id
    earn, reverse = shop.tables.transfers.values()
    assert (reverse.code, reverse.reverses, reverse.amount) == ("reverse", earn.id, 600)
    assert system_sums(shop.tables)["issuance"] == 0
    told = list(shop.tables.notices.values())[-1]
    assert (told.kind, told.params["points"]) == ("undone", 600)
    audit(shop.tables)


async def test_it_is_undone_once() -> None:
    shop, undo = await awarded()
    await shop.ask(CASHIER, undo)
    with pytest.raises(UndoTooLate):
        await shop.ask(CASHIER, undo)


async def test_a_visit_without_points_can_be_undone() -> None:
    shop, undo = await awarded(99)
    await shop.ask(CASHIER, undo)
    assert shop.wallet_at(RUDO).visits == 0
    audit(shop.tables)


async def test_after_fifteen_minutes_it_stays() -> None:
    shop, undo = await awarded()
    shop.pass_time(minutes=15)
    before = shop.tables
    await shop.ask(CASHIER, undo)
    shop.tables = before
    shop.pass_time(seconds=1)
    with pytest.raises(UndoTooLate):
        await shop.ask(CASHIER, undo)


async def test_only_ones_own() -> None:
    shop, undo = await awarded()
    with pytest.raises(UndoTooLate):
        await shop.ask(MANAGER, undo)
    with pytest.raises(NotStaff):
        await shop.ask(RUDO, undo)
    with pytest.raises(UndoTooLate):
        await shop.ask(CASHIER, UndoPurchase(next(iter(shop.tables.members))))


async def test_points_that_were_spent_cannot_be_taken_back() -> None:
    shop, undo = await awarded()
    await shop.ask(RUDO, Redeem(TEA.id))
    with pytest.raises(NotEnoughPoints) as refused:
        await shop.ask(CASHIER, undo)
    assert refused.value.params == {"required": 600, "available": 540, "missing": 60}


async def test_what_was_spent_meanwhile_leaves_the_other_lots() -> None:
    """The points of the award went first, since older ones live longer; they are there still."""
    shop = cafe(lot_days=None)
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(30_000)))
    shop.programme = replace(shop.programme, lot_days=30)
    shop.pass_time(days=1)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(10_000)))
    await shop.ask(RUDO, Redeem(TEA.id))
    old, made = shop.tables.lots.values()
    assert (old.remaining, made.remaining) == (300, 40)
    undone = await shop.ask(CASHIER, UndoPurchase(list(shop.tables.purchases)[-1]))
    assert (undone.points, shop.wallet_at(RUDO).posted) == (100, 240)
    assert [lot.remaining for lot in shop.tables.lots.values()] == [240, 0]
    audit(shop.tables)


async def test_points_that_ended_take_nothing_back() -> None:
    """A lot past its end, not booked yet, is nothing that the award could be taken from."""
    shop = cafe(lot_days=1)
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(30_000)))
    shop.pass_time(days=3)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(10_000)))
    await shop.ask(RUDO, Redeem(TEA.id))
    with pytest.raises(NotEnoughPoints) as refused:
        await shop.ask(CASHIER, UndoPurchase(list(shop.tables.purchases)[-1]))
    assert refused.value.params == {"required": 100, "available": 40, "missing": 60}


async def test_a_receipt_can_be_awarded_again_after_an_undo() -> None:
    shop = cafe()
    member_id = await joined(shop)
    award = RecordPurchase(member_id, jod(10_000), again=True, receipt_no="A1")
    await shop.ask(CASHIER, award)
    with pytest.raises(DuplicateReceipt):
        await shop.ask(CASHIER, award)
    (first,) = shop.tables.purchases
    await shop.ask(CASHIER, UndoPurchase(first))
    assert (await shop.ask(CASHIER, award)).points == 100
    with pytest.raises(DuplicateReceipt):
        await shop.ask(CASHIER, award)


async def test_a_tier_that_was_there_before_stays() -> None:
    """Only what the undone award lifted is taken back."""
    shop, _ = await awarded()
    member_id = shop.member(RUDO).id
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000)))
    second = list(shop.tables.purchases)[-1]
    await shop.ask(CASHIER, UndoPurchase(second))
    assert shop.member(RUDO).tier_id == SILVER.id
    audit(shop.tables)


async def test_an_undone_purchase_is_not_a_repeated_one() -> None:
    shop, undo = await awarded()
    await shop.ask(CASHIER, undo)
    member_id = shop.member(RUDO).id
    assert (await shop.ask(CASHIER, RecordPurchase(member_id, jod(60_000)))).points == 600


async def test_today_counts_since_the_local_midnight() -> None:
    shop, _ = await awarded()
    today = await shop.ask(CASHIER, ShowToday())
    assert (today.awards, today.amount_minor, today.points, today.joins) == (1, 60_000, 600, 1)
    assert [purchase.points for purchase in today.mine] == [600]
    assert (await shop.ask(MANAGER, ShowToday())).mine == ()
    shop.pass_time(hours=12, minutes=30)
    assert (await shop.ask(CASHIER, ShowToday())).awards == 0
    with pytest.raises(NotStaff):
        await shop.ask(RUDO, ShowToday())
