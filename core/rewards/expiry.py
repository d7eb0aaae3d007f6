"""Issuances past their end. Called by the schedule through core.service.

A reserved one gives its points back. An issued one gives them back only when its reward says so
(domain.md C2); its goods go back on the shelf either way.
"""

from core.changes import Change, IssuanceMoved
from core.ledger import holds
from core.ledger.accounts import Account
from core.members.notices import tell
from core.ports import Decision, Settlement, UnitOfWork
from core.rewards.commands import ExpireIssuance
from core.rewards.settle import given_back, stock_back


async def expire_issuance(uow: UnitOfWork, command: ExpireIssuance) -> Decision[int]:
    """Expire it if it is open and due; answers 1, or 0 when there was nothing to do."""
    settlement = await uow.load.settlement(command.issuance_id)
    if settlement is None or settlement.issuance.expires_at > uow.now:
        return Decision(0)
    account = Account(settlement.wallet, uow.caller.programme, uow)
    if settlement.issuance.state == "reserved":
        changes, points = given_back(account, settlement, "expired"), settlement.issuance.points
    elif settlement.issuance.state == "issued":
        changes, points = _lapse(account, settlement)
    else:
        return Decision(0)
    told = tell(
        uow,
        settlement.member,
        "lapsed",
        reward=settlement.issuance.reward_name,
        points=points,
        available=account.available,
        ref=uow.ref,
    )
    return Decision(1, (*changes, *told))


def _lapse(account: Account, settlement: Settlement) -> tuple[tuple[Change, ...], int]:
    """issued → expired; answers the changes, and how many points were returned."""
    issuance = settlement.issuance
    reward = account.programme.reward(issuance.reward_id)
    points = issuance.points if reward and reward.refund_on_expiry else 0
    if points:
        assert settlement.spent_by is not None, "what was issued for points spent them"
        holds.refund(account, settlement.uses, points, issuance.reward_name, settlement.spent_by)
    moved = IssuanceMoved(id=issuance.id, was="issued", state="expired", at=account.stamp.now)
    return (*(account.changes() if points else ()), moved, *stock_back(settlement)), points
