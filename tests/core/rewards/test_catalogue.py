"""What is offered to whom, in which order."""

from dataclasses import replace

from core.earning.commands import RecordPurchase
from core.members.commands import Leave
from core.rewards.commands import ListRewards
from tests.core.cafe import (
    BREAKFAST,
    CAKE,
    CASHIER,
    COFFEE,
    GOLD,
    OMAR,
    RUDO,
    TEA,
    cafe,
    jod,
    joined,
)


async def test_within_reach_first_then_points_then_name() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(45_000)))
    offers = await shop.ask(RUDO, ListRewards())
    assert shop.trips == 3
    assert [(offer.name, offer.missing, offer.tier) for offer in offers] == [
        ("Water", 0, None),
        ("Mint Tea", 0, None),
        ("Free Coffee", 0, None),
        ("Cake", 0, None),
        ("Breakfast", 0, "Gold"),
    ]
    assert [offer.stock for offer in offers] == [None, None, 5, 1, None]
    assert [offer.approval for offer in offers] == [False, False, True, False, False]


async def test_what_is_sold_out_or_too_dear_comes_after() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(9_000)))
    shop.tables.stock[CAKE.id] = 0
    offers = await shop.ask(RUDO, ListRewards())
    assert [(offer.name, offer.missing) for offer in offers] == [
        ("Water", 0),
        ("Mint Tea", 0),
        ("Free Coffee", 10),
        ("Cake", 110),
        ("Breakfast", 210),
    ]
    shop.tables.stock = {}
    assert [offer.stock for offer in await shop.ask(RUDO, ListRewards())][2:4] == [0, 0]


async def test_what_is_sold_out_is_out_of_reach() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(45_000)))
    shop.tables.stock[COFFEE.id] = 0
    names = [offer.name for offer in await shop.ask(RUDO, ListRewards())]
    assert names == ["Water", "Mint Tea", "Cake", "Free Coffee", "Breakfast"]


async def test_the_tier_needed_is_named_only_below_it() -> None:
    shop = cafe()
    member_id = await joined(shop)
    shop.tables.members[member_id] = replace(shop.member(RUDO), tier_id=GOLD.id)
    offers = {offer.reward_id: offer for offer in await shop.ask(RUDO, ListRewards())}
    assert offers[BREAKFAST.id].tier is None


async def test_strangers_see_everything_as_missing() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(45_000)))
    await shop.ask(RUDO, Leave())
    for sender in (RUDO, OMAR):
        offers = await shop.ask(sender, ListRewards())
        assert [offer.missing for offer in offers] == [0, 60, 100, 200, 300]
        assert offers[-1].tier == "Gold"


async def test_a_programme_without_stock_is_not_asked_for_it() -> None:
    shop = cafe(rewards=(TEA,))
    await joined(shop)
    assert [offer.stock for offer in await shop.ask(RUDO, ListRewards())] == [None]
    assert shop.trips == 2
