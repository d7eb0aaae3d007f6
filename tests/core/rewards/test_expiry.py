"""Issuances past their end: reserved ones give points back, issued ones by their reward's rule."""

import pytest

from core.earning.commands import RecordPurchase
from core.rewards.commands import Approve, ExpireIssuance, Redeem, Reject, UseIssuance
from tests.core.books import audit, system_sums
from tests.core.cafe import CAKE, CASHIER, COFFEE, RUDO, STRANGER, TEA, cafe, jod, joined
from tests.core.memory import Shop


async def shop_with_points(**programme: object) -> Shop:
    shop = cafe(**programme)
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
    return shop


async def test_a_reserved_one_gives_points_and_stock_back() -> None:
    shop = await shop_with_points()
    issuance_id = (await shop.ask(RUDO, Redeem(COFFEE.id))).issuance_id
    assert await shop.ask(STRANGER, ExpireIssuance(issuance_id)) == 0
    shop.pass_time(days=8)
    assert await shop.ask(STRANGER, ExpireIssuance(issuance_id)) == 1
    assert shop.tables.issuances[issuance_id].state == "expired"
    assert [hold.state for hold in shop.tables.holds.values()] == ["expired"]
    assert (shop.wallet_at(RUDO).available, shop.tables.stock[COFFEE.id]) == (250, 5)
    told = list(shop.tables.notices.values())[-1]
    assert (told.kind, told.params["points"], told.params["available"]) == ("lapsed", 100, 250)
    assert await shop.ask(STRANGER, ExpireIssuance(issuance_id)) == 0
    assert shop.last == ()
    audit(shop.tables)


@pytest.mark.parametrize(("approved", "points"), [(False, 0), (True, 0)])
async def test_an_issued_one_keeps_the_points_by_default(approved: bool, points: int) -> None:
    shop = await shop_with_points()
    reward = COFFEE if approved else TEA
    issuance_id = (await shop.ask(RUDO, Redeem(reward.id))).issuance_id
    if approved:
        await shop.ask(CASHIER, Approve(issuance_id))
    spent = system_sums(shop.tables)["redeemed"]
    shop.pass_time(days=32)
    assert await shop.ask(STRANGER, ExpireIssuance(issuance_id)) == 1
    assert system_sums(shop.tables)["redeemed"] == spent == reward.points
    assert list(shop.tables.notices.values())[-1].params["points"] == points
    assert shop.tables.stock[COFFEE.id] == 5
    audit(shop.tables)


async def test_an_issued_one_refunds_where_its_reward_says_so() -> None:
    shop = await shop_with_points()
    issuance_id = (await shop.ask(RUDO, Redeem(CAKE.id))).issuance_id
    assert shop.tables.stock[CAKE.id] == 0
    shop.pass_time(days=32)
    await shop.ask(STRANGER, ExpireIssuance(issuance_id))
    wallet, (lot,) = shop.wallet_at(RUDO), shop.tables.lots.values()
    assert (wallet.posted, wallet.lifetime_spent, lot.remaining) == (250, 0, 250)
    assert shop.tables.stock[CAKE.id] == 1
    audit(shop.tables)


async def test_a_refund_into_an_expired_lot_gets_grace() -> None:
    shop = await shop_with_points(lot_days=20)
    issuance_id = (await shop.ask(RUDO, Redeem(CAKE.id))).issuance_id
    shop.pass_time(days=32)
    await shop.ask(STRANGER, ExpireIssuance(issuance_id))
    dead, grace = shop.tables.lots.values()
    assert (dead.remaining, grace.remaining) == (50, 200)
    audit(shop.tables)


async def test_what_is_settled_does_not_expire() -> None:
    shop = await shop_with_points()
    used = (await shop.ask(RUDO, Redeem(TEA.id))).issuance_id
    await shop.ask(CASHIER, UseIssuance(used))
    refused = (await shop.ask(RUDO, Redeem(COFFEE.id))).issuance_id
    await shop.ask(CASHIER, Reject(refused, "No"))
    shop.pass_time(days=40)
    for issuance_id in (used, refused, STRANGER_ID):
        assert await shop.ask(STRANGER, ExpireIssuance(issuance_id)) == 0


STRANGER_ID = TEA.id
