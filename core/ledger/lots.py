"""Lots: points that were earned together and expire together. Called by holds, expiry and earning.

Points leave by the lot that expires soonest, then by the oldest. What a hold or transfer took is
kept as uses, so that exactly that can be given back (domain.md, pitfalls 5 to 7).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from core.changes import LotAdded, LotMoved, LotRestored, LotUsed
from core.days import end_of_day
from core.facts import Lot, LotUse
from core.ledger.accounts import Account

GRACE_DAYS: Final = 7
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def live(lots: Iterable[Lot], now: datetime) -> list[Lot]:
    """The lots that can be spent now, in the order in which they are."""
    return sorted(
        _left(lots, now), key=lambda lot: (lot.expires_at or _NEVER, lot.created_at, lot.id)
    )


def spendable(lots: Iterable[Lot], now: datetime) -> int:
    """Points in live lots: what a redemption may use, whatever the sweep has not booked yet."""
    return sum([lot.remaining for lot in _left(lots, now)])


def _left(lots: Iterable[Lot], now: datetime) -> list[Lot]:
    return [lot for lot in lots if lot.remaining and (lot.expires_at or _NEVER) > now]


def add(account: Account, transfer_id: UUID, amount: int, days: int | None) -> None:
    """A new lot of points that came by this transfer; it lasts `days` days, or for ever."""
    now, timezone = account.stamp.now, account.programme.timezone
    account.rows.append(
        LotAdded(
            id=account.stamp.new_id(),
            account_id=account.wallet.id,
            transfer_id=transfer_id,
            amount=amount,
            created_at=now,
            expires_at=None if days is None else end_of_day(now, days, timezone),
        )
    )


def take(
    account: Account,
    lots: Sequence[Lot],
    amount: int,
    *,
    hold_id: UUID | None = None,
    transfer_id: UUID | None = None,
) -> None:
    """Take the amount out of these lots, in their order, for a hold or a transfer."""
    for lot in lots:
        part = min(lot.remaining, amount)
        if part:
            amount -= part
            use = LotUsed(
                id=account.stamp.new_id(),
                lot_id=lot.id,
                amount=part,
                hold_id=hold_id,
                transfer_id=transfer_id,
            )
            account.rows += [use, LotMoved(id=lot.id, remaining=-part)]
    assert amount == 0, "the guard and the taking must look at the same lots"


@dataclass(frozen=True, slots=True)
class Homeless:
    """Points given back that cannot return to their lots: `dead` of lots that have expired, and
    parts of lots that are another account's since their member was merged."""

    dead: int = 0
    elsewhere: tuple[tuple[LotUse, int], ...] = ()


def give_back(account: Account, uses: Iterable[LotUse], amount: int) -> Homeless:
    """Put the amount back where it came from, the longest-living lot first.

    Lots that have expired meanwhile are never revived, and no lot of another account is touched:
    the caller must give those points new ones (`renew`, `add_like`).
    """
    dead, elsewhere = 0, []
    for use in sorted(uses, key=lambda use: (use.lot_expires_at or _NEVER, use.id), reverse=True):
        part = min(use.amount - use.restored, amount)
        amount -= part
        if not part or (use.lot_expires_at or _NEVER) <= account.stamp.now:
            dead += part
        elif use.account_id not in (None, account.wallet.id):
            elsewhere.append((use, part))
        else:
            restored = LotRestored(id=use.id, restored=part)
            account.rows += [restored, LotMoved(id=use.lot_id, remaining=part)]
    assert amount == 0, "more is given back than was taken"
    return Homeless(dead, tuple(elsewhere))


def add_like(account: Account, transfer_id: UUID, use: LotUse, amount: int) -> None:
    """A new lot for points of another account's lot, with that lot's expiry."""
    account.rows.append(
        LotAdded(
            id=account.stamp.new_id(),
            account_id=account.wallet.id,
            transfer_id=transfer_id,
            amount=amount,
            created_at=account.stamp.now,
            expires_at=use.lot_expires_at,
            origin_id=use.lot_id,
        )
    )


def renew(account: Account, dead: int, detail: str) -> None:
    """Give points whose lots expired under an open hold some days of grace in a new lot.

    They expire and are granted anew: the balance stays, the books say why.
    """
    if dead:
        account.debit("expire", dead, to="breakage", detail=detail)
        transfer_id = account.credit("refund", dead, source="breakage", detail=detail)
        add(account, transfer_id, dead, GRACE_DAYS)
