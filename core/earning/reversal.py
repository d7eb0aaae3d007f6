"""Taking an award back: a reverse transfer, never a deletion. Called through core.service."""

from datetime import timedelta
from typing import Final

from core.changes import PurchaseReversed
from core.earning import tiers
from core.earning.commands import Undone, UndoPurchase
from core.errors import NotEnoughPoints, UndoTooLate
from core.facts import Caller, Lot
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from core.members.callers import staff_of
from core.members.notices import tell
from core.ports import Decision, Reversal, Stamp, UnitOfWork
from core.values import Money

UNDO_FOR: Final = timedelta(minutes=15)


async def undo_purchase(uow: UnitOfWork, command: UndoPurchase) -> Decision[Undone]:
    """Load what the award made, decide."""
    staff_of(uow.caller)
    return decide_undo(uow.caller, await uow.load.reversal(command.purchase_id), uow)


def decide_undo(caller: Caller, reversal: Reversal | None, stamp: Stamp) -> Decision[Undone]:
    """The points leave the lot they made, with the visit and the lifetime points.

    What was spent out of that lot since leaves the member's other live lots: which lot a
    redemption took is the order's doing (soonest end first), not a sign that points are missing.
    """
    purchase = _guarded(caller, reversal, stamp).purchase
    assert reversal is not None, "the guard let nothing else pass"
    member, wallet = reversal.member, reversal.wallet
    account = Account(wallet, caller.programme, stamp, visits=-1)
    amount = str(Money(purchase.amount_minor, purchase.currency))
    if purchase.points:
        transfer_id = account.debit(
            "reverse",
            purchase.points,
            to="issuance",
            detail=amount,
            reverses=reversal.transfer_id,
        )
        account.lifetime_earned -= purchase.points
        lots = _takeable(reversal, stamp)
        algebra.take(account, lots, purchase.points, transfer_id=transfer_id)
    told = tell(
        stamp,
        member,
        "undone",
        points=purchase.points,
        available=account.available,
        amount=amount,
        ref=stamp.ref,
    )
    before = wallet.lifetime_earned
    lowered = tiers.taken_back(caller.programme, member, before, before - purchase.points)
    reversed_ = PurchaseReversed(id=purchase.id, at=stamp.now)
    changes = (*account.changes(), reversed_, *lowered, *told)
    return Decision(Undone(member.name, purchase.points, stamp.ref), changes)


def _guarded(caller: Caller, reversal: Reversal | None, stamp: Stamp) -> Reversal:
    staff = staff_of(caller)
    if reversal is None or reversal.purchase.staff_id != staff.id or reversal.purchase.reversed:
        raise UndoTooLate
    purchase = reversal.purchase
    if stamp.now - purchase.at > UNDO_FOR:
        raise UndoTooLate
    left = sum(lot.remaining for lot in _takeable(reversal, stamp))
    if left < purchase.points:
        raise NotEnoughPoints(
            required=purchase.points, available=left, missing=purchase.points - left
        )
    return reversal


def _takeable(reversal: Reversal, stamp: Stamp) -> list[Lot]:
    """The lot that the purchase made, then the member's other live ones."""
    made = reversal.lot
    if made is None:
        return []
    others = [lot for lot in reversal.lots if lot.id != made.id]
    return [made, *algebra.live(others, stamp.now)]
