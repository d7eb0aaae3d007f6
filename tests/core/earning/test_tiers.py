"""Tiers go up by lifetime points, and never down by spending."""

from dataclasses import replace

from core.earning import tiers
from core.earning.commands import RecordPurchase
from core.members import records
from core.rewards.commands import Redeem
from tests.core.cafe import BRONZE, CAKE, CASHIER, GOLD, RUDO, SILVER, cafe, jod, joined

PROGRAMME = cafe().programme


async def test_spending_keeps_the_tier() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(50_000)))
    await shop.ask(RUDO, Redeem(CAKE.id))
    assert shop.wallet_at(RUDO).available == 300
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000)))
    assert shop.member(RUDO).tier_id == SILVER.id


async def test_the_highest_tier_reached_is_taken() -> None:
    shop = cafe()
    await joined(shop)
    member = shop.member(RUDO)
    assert member.tier_id == BRONZE.id
    assert tiers.upgrade(PROGRAMME, member, 499) is None
    assert tiers.upgrade(PROGRAMME, member, 500) == SILVER
    assert tiers.upgrade(PROGRAMME, member, 1_500) == GOLD
    gold = replace(member, tier_id=GOLD.id)
    assert tiers.upgrade(PROGRAMME, gold, 600) is None
    assert tiers.upgrade(replace(PROGRAMME, tiers=()), member, 600) is None


async def test_undoing_takes_no_tier_that_other_thresholds_gave() -> None:
    """Gold was given when it was easier to reach: 600 points do not explain it, nor do 100."""
    shop = cafe()
    await joined(shop)
    silver = replace(shop.member(RUDO), tier_id=SILVER.id)
    assert tiers.taken_back(PROGRAMME, replace(silver, tier_id=GOLD.id), 600, 100) == ()
    assert tiers.taken_back(PROGRAMME, silver, 600, 500) == ()
    (moved,) = tiers.taken_back(PROGRAMME, silver, 600, 100)
    assert moved == records.moved(replace(silver, tier_id=BRONZE.id))


async def test_a_member_of_before_there_were_tiers_stands_at_the_first() -> None:
    shop = cafe()
    await joined(shop)
    member = replace(shop.member(RUDO), tier_id=None)
    assert tiers.standing(PROGRAMME, member) == BRONZE
    assert tiers.upgrade(PROGRAMME, member, 500) == SILVER
