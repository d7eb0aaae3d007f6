"""The order in which points leave, and where they return to."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.changes import LotAdded, LotMoved, LotUsed
from core.facts import Lot, Wallet
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from tests.core.cafe import NOON, RUDO, cafe
from tests.core.memory import Shop

WALLET = Wallet(id=UUID(int=5), member_id=UUID(int=6), version=3, posted=100)


def lot(number: int, remaining: int, expires_in: int | None, age: int = 0) -> Lot:
    return Lot(
        id=UUID(int=number),
        account_id=WALLET.id,
        amount=max(remaining, 1),
        remaining=remaining,
        created_at=NOON - timedelta(days=age),
        expires_at=None if expires_in is None else NOON + timedelta(seconds=expires_in),
    )


LOTS = (
    lot(1, 10, None, age=90),
    lot(2, 10, 500, age=1),
    lot(3, 10, 500, age=2),
    lot(4, 10, 100),
    lot(5, 10, 0),
    lot(6, 0, 50),
    lot(7, 10, -1),
    lot(8, 10, None, age=91),
)


def account(shop: Shop) -> Account:
    return Account(WALLET, shop.programme, shop.begin(RUDO))


def test_the_soonest_to_expire_leaves_first_then_the_oldest() -> None:
    order = [one.id.int for one in algebra.live(LOTS, NOON)]
    assert order == [4, 3, 2, 8, 1]


def test_a_lot_at_its_end_is_not_spendable() -> None:
    assert algebra.spendable(LOTS, NOON) == 50
    assert algebra.spendable(LOTS, NOON - timedelta(seconds=1)) == 60


def test_taking_goes_through_the_lots_and_stops_in_one() -> None:
    book = account(cafe())
    algebra.take(book, algebra.live(LOTS, NOON), 25, hold_id=UUID(int=77))
    used = [(row.lot_id.int, row.amount) for row in book.rows if isinstance(row, LotUsed)]
    moved = [(row.id.int, row.remaining) for row in book.rows if isinstance(row, LotMoved)]
    assert used == [(4, 10), (3, 10), (2, 5)]
    assert moved == [(4, -10), (3, -10), (2, -5)]


def test_taking_more_than_there_is_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        algebra.take(account(cafe()), algebra.live(LOTS, NOON), 51, hold_id=UUID(int=77))


def test_a_new_lot_ends_with_its_local_day_or_never() -> None:
    book = account(cafe())
    algebra.add(book, UUID(int=70), 5, 30)
    algebra.add(book, UUID(int=71), 5, None)
    ends = [str(row.expires_at) for row in book.rows if isinstance(row, LotAdded)]
    assert ends == ["2026-12-20 20:59:59+00:00", "None"]
