"""Points for a reward: guards in order, held or issued at once, the PIN."""

from dataclasses import replace
from uuid import UUID

import pytest

from core.changes import AccountMoved, CodeAdded, CounterMoved, HoldAdded, TransferAdded
from core.earning.commands import RecordPurchase
from core.errors import (
    LoyaltyError,
    NotAMember,
    NotEnoughPoints,
    PinLocked,
    PinRequired,
    PinWrong,
    PriceChanged,
    RewardInactive,
    RewardUnknown,
    SoldOut,
    TierTooLow,
)
from core.members.commands import Leave, SetPin
from core.rewards.commands import ListIssuances, Redeem
from core.service import execute
from core.values import Secret
from tests.core.books import audit
from tests.core.cafe import (
    BREAKFAST,
    CAKE,
    CASHIER,
    COFFEE,
    OLD,
    OMAR,
    RUDO,
    TEA,
    WATER,
    cafe,
    jod,
    joined,
)
from tests.core.memory import Shop
from tests.core.tables import Stale

RIGHT, WRONG = Secret("48215"), Secret("48216")


async def shop_with_points(points: int = 250) -> Shop:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(points * 100)))
    return shop


async def test_another_price_than_the_confirmed_one_is_refused() -> None:
    shop = await shop_with_points()
    dearer = replace(TEA, points=80)
    shop.programme = replace(shop.programme, rewards=(dearer,))
    with pytest.raises(PriceChanged) as refused:
        await shop.ask(RUDO, Redeem(TEA.id, points=60))
    assert (refused.value.params, shop.last) == ({"points": 80}, ())
    assert (await shop.ask(RUDO, Redeem(TEA.id, points=80))).available == 170


async def test_without_approval_it_is_issued_at_once() -> None:
    shop = await shop_with_points()
    redeemed = await shop.ask(RUDO, Redeem(TEA.id))
    assert shop.trips == 3
    assert (redeemed.state, redeemed.available) == ("issued", 190)
    assert redeemed.expires_at.isoformat() == "2026-12-20T20:59:59+00:00"
    assert not [change for change in shop.last if isinstance(change, HoldAdded)]
    (transfer,) = [change for change in shop.last if isinstance(change, TransferAdded)]
    assert (transfer.code, transfer.credit, transfer.detail) == ("redeem", "redeemed", "Mint Tea")
    (code,) = [change for change in shop.last if isinstance(change, CodeAdded)]
    assert (code.code, code.expires_at) == (redeemed.code, redeemed.expires_at)
    assert len(code.code) == 6
    (issuance,) = await shop.ask(RUDO, ListIssuances())
    assert (issuance.code, issuance.state, issuance.ref) == (code.code, "issued", redeemed.ref)
    wallet = shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.held, wallet.lifetime_spent) == (190, 0, 60)
    audit(shop.tables)


async def test_with_approval_it_waits_a_week() -> None:
    shop = await shop_with_points()
    redeemed = await shop.ask(RUDO, Redeem(COFFEE.id))
    assert redeemed.expires_at.isoformat() == "2026-11-27T20:59:59+00:00"
    (hold,) = shop.tables.holds.values()
    assert hold.expires_at == redeemed.expires_at
    audit(shop.tables)


async def test_a_free_reward_moves_no_points() -> None:
    shop = cafe(rewards=(replace(WATER, approval=True), replace(WATER, id=UUID(int=99))))
    await joined(shop)
    waiting = await shop.ask(RUDO, Redeem(WATER.id))
    assert waiting.state == "reserved"
    assert not [change for change in shop.last if isinstance(change, AccountMoved)]
    at_once = await shop.ask(RUDO, Redeem(UUID(int=99)))
    assert (at_once.state, at_once.available) == ("issued", 0)
    audit(shop.tables)


async def test_guards_stand_in_order() -> None:
    """Membership, reward, tier, PIN, points, stock: the first that fails is said."""
    shop = await shop_with_points(150)
    await shop.ask(RUDO, SetPin(RIGHT))
    shop.tables.stock[CAKE.id] = 0

    async def refused(command: Redeem) -> LoyaltyError:
        with pytest.raises(LoyaltyError) as caught:
            await shop.ask(RUDO, command)
        return caught.value

    assert isinstance(await refused(Redeem(UUID(int=404))), RewardUnknown)
    assert isinstance(await refused(Redeem(OLD.id)), RewardInactive)
    low = await refused(Redeem(BREAKFAST.id))
    assert isinstance(low, TierTooLow)
    assert low.params == {"tier": "Gold"}
    assert isinstance(await refused(Redeem(CAKE.id)), PinRequired)
    assert isinstance(await refused(Redeem(CAKE.id, WRONG)), PinWrong)
    poor = await refused(Redeem(CAKE.id, RIGHT))
    assert isinstance(poor, NotEnoughPoints)
    assert poor.params == {"required": 200, "available": 150, "missing": 50}
    await shop.ask(CASHIER, RecordPurchase(shop.member(RUDO).id, jod(5_000)))
    assert isinstance(await refused(Redeem(CAKE.id, RIGHT)), SoldOut)
    assert shop.wallet_at(RUDO).available == 200
    await shop.ask(RUDO, Leave())
    assert isinstance(await refused(Redeem(CAKE.id, RIGHT)), NotAMember)
    with pytest.raises(NotAMember):
        await shop.ask(OMAR, Redeem(TEA.id))


async def test_a_wrong_pin_is_counted_and_nothing_else_happens() -> None:
    shop = await shop_with_points()
    await shop.ask(RUDO, SetPin(RIGHT))
    for left in (2, 1):
        with pytest.raises(PinWrong) as refused:
            await shop.ask(RUDO, Redeem(TEA.id, WRONG))
        assert refused.value.params == {"left": left}
        assert [type(change) for change in shop.last] == [CounterMoved]
    with pytest.raises(PinLocked):
        await shop.ask(RUDO, Redeem(TEA.id, WRONG))
    with pytest.raises(PinLocked):
        await shop.ask(RUDO, Redeem(TEA.id, RIGHT))
    shop.pass_time(minutes=15)
    await shop.ask(RUDO, Redeem(TEA.id, RIGHT))
    assert shop.tables.counters["pin", str(shop.member(RUDO).id)].n == 0


async def test_a_right_pin_forgives_even_when_points_are_missing() -> None:
    shop = await shop_with_points(10)
    await shop.ask(RUDO, SetPin(RIGHT))
    with pytest.raises(PinWrong):
        await shop.ask(RUDO, Redeem(TEA.id, WRONG))
    with pytest.raises(NotEnoughPoints):
        await shop.ask(RUDO, Redeem(TEA.id, RIGHT))
    assert shop.tables.counters["pin", str(shop.member(RUDO).id)].n == 0


async def test_two_redemptions_in_a_race_spend_the_points_once() -> None:
    """Two parallel redemptions with enough for one: one ok, one NotEnoughPoints (pitfall 9)."""
    shop = await shop_with_points(100)
    late = shop.begin(RUDO)
    await execute(late, Redeem(TEA.id))
    await shop.ask(RUDO, Redeem(TEA.id))
    with pytest.raises(Stale):
        shop.commit(late)
    with pytest.raises(NotEnoughPoints):
        await shop.ask(RUDO, Redeem(TEA.id))
    audit(shop.tables)


async def test_the_last_piece_in_a_race_goes_to_one() -> None:
    shop = await shop_with_points()
    omar = await joined(shop, OMAR, "Omar")
    await shop.ask(CASHIER, RecordPurchase(omar, jod(25_000)))
    late = shop.begin(OMAR)
    await execute(late, Redeem(CAKE.id))
    await shop.ask(RUDO, Redeem(CAKE.id))
    with pytest.raises(Stale):
        shop.commit(late)
    with pytest.raises(SoldOut):
        await shop.ask(OMAR, Redeem(CAKE.id))
    assert shop.wallet_at(OMAR).available == 250
