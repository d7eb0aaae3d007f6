"""Breakage is booked by the sweep; what can be spent never waits for it."""

from datetime import timedelta

import pytest

from core.earning.commands import RecordPurchase
from core.errors import NotEnoughPoints
from core.ledger.commands import ExpirePoints, ShowBalance
from core.rewards.commands import ListRewards, Redeem
from tests.core.books import audit, system_sums
from tests.core.cafe import CASHIER, COFFEE, OMAR, RUDO, STRANGER, TEA, cafe, jod, joined
from tests.core.memory import Shop


async def with_points(shop: Shop) -> None:
    for sender in (RUDO, OMAR):
        member_id = await joined(shop, sender)
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(11_000)))


async def test_points_past_their_end_are_neither_shown_nor_spent() -> None:
    shop = cafe(lot_days=30)
    await with_points(shop)
    shop.pass_time(days=31)
    balance = await shop.ask(RUDO, ShowBalance())
    assert (balance.available, balance.next_expiry) == (0, None)
    tea = next(one for one in await shop.ask(RUDO, ListRewards()) if one.reward_id == TEA.id)
    assert tea.missing == 60
    with pytest.raises(NotEnoughPoints) as refused:
        await shop.ask(RUDO, Redeem(TEA.id))
    assert refused.value.params == {"required": 60, "available": 0, "missing": 60}


async def test_the_sweep_books_breakage_once() -> None:
    shop = cafe(lot_days=30)
    await with_points(shop)
    assert await shop.ask(STRANGER, ExpirePoints(limit=10)) == 0
    shop.pass_time(days=31)
    assert await shop.ask(STRANGER, ExpirePoints(limit=10)) == 2
    audit(shop.tables)
    assert system_sums(shop.tables)["breakage"] == 220
    assert shop.wallet_at(RUDO).posted == 0
    assert await shop.ask(STRANGER, ExpirePoints(limit=10)) == 0
    told = [n for n in shop.tables.notices.values() if n.kind == "points_expired"]
    assert [(n.params["points"], n.params["available"]) for n in told] == [(110, 0), (110, 0)]


async def test_a_lot_is_over_at_its_end_not_before() -> None:
    shop = cafe(lot_days=30)
    await with_points(shop)
    (end,) = {lot.expires_at for lot in shop.tables.lots.values()}
    assert end is not None
    shop.now = end - timedelta(seconds=1)
    assert await shop.ask(STRANGER, ExpirePoints(limit=10)) == 0
    shop.now = end
    assert await shop.ask(STRANGER, ExpirePoints(limit=10)) == 2


async def test_the_sweep_takes_as_many_members_as_asked() -> None:
    shop = cafe(lot_days=30)
    await with_points(shop)
    shop.pass_time(days=31)
    assert await shop.ask(STRANGER, ExpirePoints()) == 1
    assert await shop.ask(STRANGER, ExpirePoints()) == 1
    audit(shop.tables)


async def test_held_points_do_not_expire() -> None:
    """The hold took them out of their lot: the hold wins (domain.md, pitfall 6)."""
    shop = cafe(lot_days=3)
    await with_points(shop)
    await shop.ask(RUDO, Redeem(COFFEE.id))
    shop.pass_time(days=4)
    await shop.ask(STRANGER, ExpirePoints(limit=10))
    wallet = shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.held) == (100, 100)
    audit(shop.tables)


async def test_points_without_an_end_stay() -> None:
    shop = cafe(lot_days=None)
    await with_points(shop)
    shop.pass_time(days=4_000)
    assert await shop.ask(STRANGER, ExpirePoints(limit=10)) == 0
    assert (await shop.ask(RUDO, ShowBalance())).available == 110
