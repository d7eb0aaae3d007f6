"""Holds: posted wholly or in part, voided, expired, once (domain.md, pitfalls 5 to 12)."""

from collections.abc import Callable
from functools import partial

import pytest

from core.errors import HoldClosed, NotEnoughPoints
from core.facts import Hold, Lot, LotUse
from core.ledger import holds
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from tests.core.books import audit, system_sums
from tests.core.cafe import RUDO, cafe, joined
from tests.core.memory import MemoryWork, Shop


class Bench:
    """A member with lots of 40 (a year), 30 (10 days) and 30 (20 days): 100 points in all."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def act(self, step: Callable[[Account], object]) -> None:
        """Do one step on the account and commit it."""
        work = self.shop.begin(RUDO)
        account = self.account(work)
        step(account)
        work.record(*account.changes())
        self.shop.commit(work)
        audit(self.shop.tables)

    def account(self, work: MemoryWork) -> Account:
        return Account(self.shop.wallet_at(RUDO), self.shop.programme, work)

    def hold(self, amount: int) -> None:
        until = self.shop.now.replace(hour=20)
        self.act(lambda account: holds.hold(account, self.lots, amount, until))

    @property
    def lots(self) -> tuple[Lot, ...]:
        return tuple(self.shop.tables.lots.values())

    @property
    def remaining(self) -> list[int]:
        return [lot.remaining for lot in self.lots]

    @property
    def held(self) -> Hold:
        return list(self.shop.tables.holds.values())[-1]

    @property
    def uses(self) -> list[LotUse]:
        rows = [use for use in self.shop.tables.uses.values() if use.hold_id == self.held.id]
        lots = self.shop.tables.lots
        return [
            LotUse(
                id=use.id,
                lot_id=use.lot_id,
                amount=use.amount,
                restored=use.restored,
                lot_expires_at=lots[use.lot_id].expires_at,
            )
            for use in rows
        ]


@pytest.fixture
async def bench() -> Bench:
    shop = cafe()
    await joined(shop)
    bench = Bench(shop)
    for points, days in ((40, 365), (30, 10), (30, 20)):
        bench.act(partial(earn, points=points, days=days))
    return bench


def earn(account: Account, points: int, days: int) -> None:
    transfer_id = account.credit("earn", points, source="issuance")
    account.lifetime_earned += points
    algebra.add(account, transfer_id, points, days)


async def test_a_hold_takes_the_soonest_to_expire(bench: Bench) -> None:
    bench.hold(50)
    assert bench.remaining == [40, 0, 10]
    assert bench.shop.wallet_at(RUDO).available == 50
    assert bench.shop.wallet_at(RUDO).posted == 100


async def test_a_hold_counts_against_the_next_one(bench: Bench) -> None:
    bench.hold(70)
    with pytest.raises(NotEnoughPoints) as refused:
        bench.hold(31)
    assert refused.value.params == {"required": 31, "available": 30, "missing": 1}
    bench.hold(30)
    assert bench.remaining == [0, 0, 0]


async def test_post_spends_all_that_was_held(bench: Bench) -> None:
    bench.hold(50)
    bench.act(lambda account: holds.post(account, bench.held, bench.uses, 50, "Coffee"))
    wallet = bench.shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.held, wallet.lifetime_spent) == (50, 0, 50)
    assert (bench.held.state, bench.held.posted_amount) == ("posted", 50)
    assert bench.remaining == [40, 0, 10]
    assert system_sums(bench.shop.tables)["redeemed"] == 50


async def test_a_part_is_posted_and_the_rest_returns_to_the_longest_living(bench: Bench) -> None:
    bench.hold(80)
    assert bench.remaining == [20, 0, 0]
    bench.act(lambda account: holds.post(account, bench.held, bench.uses, 35))
    wallet = bench.shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.held, wallet.available) == (65, 0, 65)
    assert bench.remaining == [40, 0, 25]
    assert bench.held.posted_amount == 35


async def test_void_restores_exactly(bench: Bench) -> None:
    before = bench.remaining
    bench.hold(77)
    bench.act(lambda account: holds.void(account, bench.held, bench.uses))
    assert bench.remaining == before
    assert bench.held.state == "voided"
    assert bench.shop.wallet_at(RUDO).available == 100


async def test_a_hold_settles_once(bench: Bench) -> None:
    bench.hold(50)
    bench.act(lambda account: holds.post(account, bench.held, bench.uses, 50))
    for step in (
        lambda account: holds.post(account, bench.held, bench.uses, 50),
        lambda account: holds.void(account, bench.held, bench.uses),
    ):
        with pytest.raises(HoldClosed) as refused:
            bench.act(step)
        assert refused.value.params == {"state": "posted"}
    bench.hold(10)
    bench.act(lambda account: holds.void(account, bench.held, bench.uses))
    with pytest.raises(HoldClosed) as refused:
        bench.act(lambda account: holds.post(account, bench.held, bench.uses, 10))
    assert refused.value.params == {"state": "voided"}


async def test_after_its_end_a_hold_is_only_given_back(bench: Bench) -> None:
    bench.hold(50)
    bench.shop.pass_time(days=1)
    with pytest.raises(HoldClosed) as refused:
        bench.act(lambda account: holds.post(account, bench.held, bench.uses, 50))
    assert refused.value.params == {"state": "expired"}
    bench.act(lambda account: holds.expire(account, bench.held, bench.uses))
    assert bench.held.state == "expired"
    assert bench.remaining == [40, 30, 30]


async def test_a_hold_does_not_expire_before_its_end(bench: Bench) -> None:
    bench.hold(50)
    with pytest.raises(AssertionError):
        bench.act(lambda account: holds.expire(account, bench.held, bench.uses))


async def test_a_lot_that_expired_meanwhile_is_not_revived(bench: Bench) -> None:
    """Its points get a new lot with a week of grace; the others return (pitfalls 5 and 6)."""
    bench.hold(50)
    bench.shop.pass_time(days=12)
    bench.act(lambda account: holds.void(account, bench.held, bench.uses, "Coffee"))
    assert bench.remaining == [40, 0, 30, 30]
    grace = bench.lots[-1]
    assert grace.expires_at is not None
    assert grace.expires_at.isoformat() == "2026-12-09T20:59:59+00:00"
    moves = list(bench.shop.tables.transfers.values())[-2:]
    assert [(move.code, move.amount) for move in moves] == [("expire", 30), ("refund", 30)]
    assert bench.shop.wallet_at(RUDO).available == 100


async def test_a_lot_at_its_very_end_is_dead(bench: Bench) -> None:
    bench.hold(30)
    end = bench.lots[1].expires_at
    assert end is not None
    bench.shop.now = end
    bench.act(lambda account: holds.void(account, bench.held, bench.uses))
    assert bench.remaining == [40, 0, 30, 30]


async def test_points_spent_at_once_come_back_by_a_refund(bench: Bench) -> None:
    bench.act(lambda account: holds.spend(account, bench.lots, 60, "Tea"))
    assert bench.remaining == [40, 0, 0]
    spent = [use for use in bench.shop.tables.uses.values() if use.transfer_id]
    ends = {lot.id: lot.expires_at for lot in bench.lots}
    uses = [
        LotUse(id=use.id, lot_id=use.lot_id, amount=use.amount, lot_expires_at=ends[use.lot_id])
        for use in spent
    ]
    bench.shop.pass_time(days=12)
    (spent_by,) = {use.transfer_id for use in spent if use.transfer_id}
    bench.act(lambda account: holds.refund(account, uses, 60, "Tea", spent_by))
    assert bench.remaining == [40, 0, 30, 30]
    refunds = [t for t in bench.shop.tables.transfers.values() if t.code == "refund"]
    assert [(t.debit, t.amount, t.reverses) for t in refunds] == [("redeemed", 60, spent_by)]
    wallet = bench.shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.lifetime_spent) == (100, 0)


async def test_two_transfers_of_one_commit_have_running_balances(bench: Bench) -> None:
    bench.act(lambda account: _both(account, bench.lots))
    rows = list(bench.shop.tables.transfers.values())[-2:]
    assert [row.balance_after for row in rows] == [90, 95]
    assert len({row.account_version for row in rows}) == 1


def _both(account: Account, lots: tuple[Lot, ...]) -> None:
    holds.spend(account, lots, 10, "")
    earn(account, 5, 30)
