"""Points going out: set aside by a hold and settled later, or spent at once; and coming back.

A hold is open until it is posted (wholly or in part), voided or expired, exactly once. It counts
against the balance from the start (domain.md C1, pitfalls 8 to 12). Called by rewards.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.changes import HoldAdded, HoldMoved
from core.errors import HoldClosed, NotEnoughPoints
from core.facts import Hold, Lot, LotUse
from core.ledger import lots as algebra
from core.ledger.accounts import Account


def require(lots: Sequence[Lot], amount: int, now: datetime) -> int:
    """Answer what can be spent when it is at least the amount; else raise NotEnoughPoints."""
    available = algebra.spendable(lots, now)
    if available < amount:
        raise NotEnoughPoints(required=amount, available=available, missing=amount - available)
    return available


def hold(account: Account, lots: Sequence[Lot], amount: int, expires_at: datetime) -> UUID:
    """Set points aside until staff decide; answers the hold's id. Raises NotEnoughPoints."""
    require(lots, amount, account.stamp.now)
    hold_id = account.stamp.new_id()
    account.held += amount
    account.rows.append(
        HoldAdded(
            id=hold_id,
            account_id=account.wallet.id,
            amount=amount,
            expires_at=expires_at,
            at=account.stamp.now,
        )
    )
    algebra.take(account, algebra.live(lots, account.stamp.now), amount, hold_id=hold_id)
    return hold_id


def spend(account: Account, lots: Sequence[Lot], amount: int, detail: str) -> UUID:
    """Spend points at once; answers the transfer's id. Raises NotEnoughPoints."""
    require(lots, amount, account.stamp.now)
    transfer_id = account.debit("redeem", amount, to="redeemed", detail=detail)
    account.lifetime_spent += amount
    live = algebra.live(lots, account.stamp.now)
    algebra.take(account, live, amount, transfer_id=transfer_id)
    return transfer_id


def post(
    account: Account, held: Hold, uses: Sequence[LotUse], amount: int, detail: str = ""
) -> None:
    """Spend this much of an open hold and give the rest back.

    Raises HoldClosed when it was settled before, or its end has passed.
    """
    assert 0 < amount <= held.amount, "a post spends something, and no more than was held"
    _close(account, held, "posted", amount)
    account.debit("redeem", amount, to="redeemed", detail=detail, hold_id=held.id)
    account.lifetime_spent += amount
    _return(account, uses, held.amount - amount, detail)


def void(account: Account, held: Hold, uses: Sequence[LotUse], detail: str = "") -> None:
    """Give an open hold back, to the lots it came from. Raises HoldClosed."""
    _close(account, held, "voided", 0)
    _return(account, uses, held.amount, detail)


def expire(account: Account, held: Hold, uses: Sequence[LotUse], detail: str = "") -> None:
    """Void a hold whose end has passed. Raises HoldClosed when it was settled before."""
    assert held.expires_at <= account.stamp.now, "a hold expires at its end, not before"
    _close(account, held, "expired", 0)
    _return(account, uses, held.amount, detail)


def refund(
    account: Account, uses: Sequence[LotUse], amount: int, detail: str, spent_by: UUID
) -> None:
    """Undo a spending: the points return to the lots they came from, or to a new one.
    `spent_by`: the transfer that took them, perhaps from another account since merged."""
    transfer_id = account.credit(
        "refund", amount, source="redeemed", detail=detail, reverses=spent_by
    )
    account.lifetime_spent -= amount
    homeless = algebra.give_back(account, uses, amount)
    for use, part in homeless.elsewhere:
        algebra.add_like(account, transfer_id, use, part)
    if homeless.dead:
        algebra.add(account, transfer_id, homeless.dead, algebra.GRACE_DAYS)


def _close(
    account: Account, held: Hold, state: Literal["posted", "voided", "expired"], posted: int
) -> None:
    if held.state != "open":
        raise HoldClosed(state=held.state)
    if state == "posted" and held.expires_at <= account.stamp.now:
        raise HoldClosed(state="expired")
    account.held -= held.amount
    account.rows.append(HoldMoved(id=held.id, state=state, posted_amount=posted))


def _return(account: Account, uses: Sequence[LotUse], amount: int, detail: str) -> None:
    homeless = algebra.give_back(account, uses, amount)
    assert not homeless.elsewhere, "a hold takes lots of its own account"
    algebra.renew(account, homeless.dead, detail)
