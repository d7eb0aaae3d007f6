"""Balance and history, as a member sees them."""

import pytest

from core.earning.commands import RecordPurchase
from core.errors import NotAMember
from core.ledger.commands import ShowBalance, ShowHistory
from core.members.commands import Leave
from tests.core.cafe import CASHIER, OMAR, RUDO, cafe, jod, joined


async def test_a_balance_says_what_comes_next() -> None:
    shop = cafe(lot_days=72)
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
    balance = await shop.ask(RUDO, ShowBalance())
    assert shop.trips == 2
    assert (balance.available, balance.held, balance.pending) == (250, 0, 0)
    assert (balance.tier, balance.next_tier, balance.to_next) == ("Bronze", "Silver", 250)
    assert balance.next_expiry is not None
    assert balance.next_expiry.points == 250
    assert balance.next_expiry.at.isoformat() == "2027-01-31T20:59:59+00:00"


async def test_at_the_top_nothing_comes_next() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(150_000)))
    balance = await shop.ask(RUDO, ShowBalance())
    assert (balance.tier, balance.next_tier, balance.to_next) == ("Gold", None, 0)


async def test_a_programme_without_tiers_has_none() -> None:
    shop = cafe(tiers=())
    await joined(shop)
    balance = await shop.ask(RUDO, ShowBalance())
    assert (balance.tier, balance.next_tier, balance.to_next) == ("", None, 0)


async def test_history_goes_back_page_by_page() -> None:
    shop = cafe()
    member_id = await joined(shop)
    for amount in (1_000, 2_000, 3_000):
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(amount)))
    first = await shop.ask(RUDO, ShowHistory(limit=2))
    assert [line.points for line in first] == [30, 20]
    rest = await shop.ask(RUDO, ShowHistory(before=first[-1].id, limit=2))
    assert [(line.points, line.detail) for line in rest] == [(10, "1.000 JOD")]


async def test_only_members_have_a_balance() -> None:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, Leave())
    for sender in (RUDO, OMAR):
        with pytest.raises(NotAMember):
            await shop.ask(sender, ShowBalance())
        with pytest.raises(NotAMember):
            await shop.ask(sender, ShowHistory())
