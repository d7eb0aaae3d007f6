"""The documents' own examples, to the point (domain.md 4-10 to 4-15)."""

from dataclasses import replace

import pytest

from core.changes import AccountMoved, HoldAdded, TransferAdded
from core.earning.commands import RecordPurchase
from core.errors import IssuanceClosed, SoldOut
from core.ledger.commands import ShowBalance, ShowHistory
from core.rewards.commands import Approve, ListReserved, LookUpCode, Redeem, UseIssuance
from tests.core.books import audit, system_sums
from tests.core.cafe import CASHIER, COFFEE, GOLD, OMAR, RUDO, SILVER, cafe, jod, joined


async def test_50_jod_at_silver_earns_750() -> None:
    """50 JOD × 10 = 500 × 1.5 = 750; a visit; the tier checked; "You earned 750 points!"."""
    shop = cafe()
    member_id = await joined(shop)
    silver = replace(shop.member(RUDO), tier_id=SILVER.id)
    shop.tables.members[member_id] = silver
    earned = await shop.ask(CASHIER, RecordPurchase(member_id, jod(50_000)))
    assert (earned.points, earned.available, earned.upgraded_to) == (750, 750, None)
    wallet = shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.held, wallet.lifetime_earned, wallet.visits) == (750, 0, 750, 1)
    (transfer,) = [change for change in shop.last if isinstance(change, TransferAdded)]
    assert (transfer.debit, transfer.credit, transfer.amount) == ("issuance", wallet.id, 750)
    (notice,) = shop.tables.notices.values()
    assert (notice.kind, notice.member_id) == ("earned", member_id)
    assert notice.params == {
        "points": 750,
        "available": 750,
        "amount": "50.000 JOD",
        "to_next": 750,
        "next_tier": "Gold",
        "ref": earned.ref,
    }
    audit(shop.tables)


async def test_the_tier_after_the_purchase_is_checked() -> None:
    """Bronze multiplies the purchase that reaches Silver; Silver multiplies the next (4-11)."""
    shop = cafe()
    member_id = await joined(shop)
    first = await shop.ask(CASHIER, RecordPurchase(member_id, jod(50_000)))
    assert (first.points, first.upgraded_to) == (500, "Silver")
    second = await shop.ask(CASHIER, RecordPurchase(member_id, jod(50_000), again=True))
    assert (second.points, second.upgraded_to) == (750, None)
    kinds = [notice.kind for notice in shop.tables.notices.values()]
    assert kinds == ["earned", "upgraded", "earned"]
    third = await shop.ask(CASHIER, RecordPurchase(member_id, jod(1_000_000)))
    assert (third.points, third.upgraded_to) == (15_000, "Gold")
    assert shop.member(RUDO).tier_id == GOLD.id
    audit(shop.tables)


async def test_free_coffee_from_held_to_used() -> None:
    """Free Coffee: −100 held at once, staff approve, then used (4-13, 4-14, 4-15; C1, C2)."""
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))

    redeemed = await shop.ask(RUDO, Redeem(COFFEE.id))
    assert (redeemed.state, redeemed.code, redeemed.available) == ("reserved", None, 150)
    (hold,) = [change for change in shop.last if isinstance(change, HoldAdded)]
    assert hold.amount == 100
    assert not [change for change in shop.last if isinstance(change, TransferAdded)]
    balance = await shop.ask(RUDO, ShowBalance())
    assert (balance.available, balance.held) == (150, 100)
    assert shop.tables.stock[COFFEE.id] == 4
    audit(shop.tables)

    (waiting,) = await shop.ask(CASHIER, ListReserved())
    assert (waiting.id, waiting.ref) == (redeemed.issuance_id, redeemed.ref)
    approved = await shop.ask(CASHIER, Approve(waiting.id))
    assert (approved.member_name, approved.reward_name, approved.state) == (
        "Rudo",
        "Free Coffee",
        "issued",
    )
    (moved,) = [change for change in shop.last if isinstance(change, AccountMoved)]
    assert (moved.posted, moved.held, moved.lifetime_spent) == (-100, -100, 100)
    assert system_sums(shop.tables)["redeemed"] == 100
    balance = await shop.ask(RUDO, ShowBalance())
    assert (balance.available, balance.held) == (150, 0)
    ready = list(shop.tables.notices.values())[-1]
    assert ready.kind == "ready"
    assert ready.params["issuance_id"] == str(waiting.id)
    (code,) = shop.tables.codes.values()
    assert code.code not in str(ready.params)
    audit(shop.tables)

    found = await shop.ask(CASHIER, LookUpCode(f"{code.code[:3]} {code.code[3:]}"))
    assert found.id == waiting.id
    used = await shop.ask(CASHIER, UseIssuance(found.id))
    assert used.state == shop.tables.issuances[waiting.id].state == "redeemed"
    with pytest.raises(IssuanceClosed) as refused:
        await shop.ask(CASHIER, UseIssuance(found.id))
    assert refused.value.params == {"state": "redeemed"}
    lines = await shop.ask(RUDO, ShowHistory())
    assert [(line.code, line.points, line.detail) for line in lines] == [
        ("redeem", -100, "Free Coffee"),
        ("earn", 250, "25.000 JOD"),
    ]
    audit(shop.tables)


async def test_the_last_one_has_one_winner() -> None:
    """Two members in a race for the last coffee: one has it, the other keeps all points."""
    shop = cafe()
    shop.tables.stock[COFFEE.id] = 1
    for sender in (RUDO, OMAR):
        member_id = await joined(shop, sender)
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(20_000)))
    await shop.ask(RUDO, Redeem(COFFEE.id))
    with pytest.raises(SoldOut):
        await shop.ask(OMAR, Redeem(COFFEE.id))
    assert shop.wallet_at(OMAR).available == 200
    assert shop.tables.stock[COFFEE.id] == 0
    audit(shop.tables)
