"""Breakage: points that are over. Called by the schedule, and by a return after too long.

When points can be spent is decided by their lot's expiry; the sweep only books what is over.
"""

from collections.abc import Sequence

from core.facts import Lot
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from core.ledger.commands import ExpirePoints
from core.members.notices import tell
from core.ports import Decision, DueLots, UnitOfWork


async def expire_points(uow: UnitOfWork, command: ExpirePoints) -> Decision[int]:
    """Book the lots of up to `limit` members; answers how many lots."""
    due = await uow.load.due_lots(limit=command.limit)
    decisions = [_expire(uow, one) for one in due]
    changes = tuple(change for one in decisions for change in one.changes)
    return Decision(sum(one.result for one in decisions if isinstance(one.result, int)), changes)


def _expire(uow: UnitOfWork, due: DueLots) -> Decision[int]:
    over = [lot for lot in due.lots if lot.remaining and lot.expires_at]
    over = [lot for lot in over if lot.expires_at and lot.expires_at <= uow.now]
    account = Account(due.wallet, uow.caller.programme, uow)
    points = break_lots(account, over)
    if not points:
        return Decision(0)
    notice = tell(
        uow, due.member, "points_expired", points=points, available=account.available, ref=uow.ref
    )
    return Decision(len(over), (*account.changes(), *notice))


def break_lots(account: Account, lots: Sequence[Lot]) -> int:
    """Move what these lots still hold to breakage; answers how many points that is."""
    points = sum(lot.remaining for lot in lots)
    if points:
        transfer_id = account.debit("expire", points, to="breakage")
        algebra.take(account, lots, points, transfer_id=transfer_id)
    return points
