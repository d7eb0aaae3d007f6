"""A reserved issuance is approved, rejected or cancelled. Called through core.service.

The states are domain.md C2's. Staff decide about others' issuances only, members about their own.
"""

from core.changes import Change, IssuanceMoved, StockMoved
from core.days import end_of_day
from core.errors import IssuanceUnknown, SelfAward
from core.facts import Caller, IssuanceState, Staff
from core.ledger import holds
from core.ledger.accounts import Account
from core.members.callers import member_of, staff_of
from core.members.notices import tell
from core.ports import Decision, Settlement, Stamp, UnitOfWork
from core.rewards.codes import issuance_code
from core.rewards.commands import Approve, CancelIssuance, Reject, Settled
from core.rewards.states import require_state


async def approve(uow: UnitOfWork, command: Approve) -> Decision[Settled]:
    """Staff let a member have their reward."""
    staff = staff_of(uow.caller)
    found = await uow.load.settlement(command.issuance_id)
    settlement = not_own(uow.caller, require_state(found, "reserved", uow.now))
    return decide_approve(settlement, uow.caller, staff, uow)


async def reject(uow: UnitOfWork, command: Reject) -> Decision[Settled]:
    """Staff say no; the member is told why."""
    staff = staff_of(uow.caller)
    found = await uow.load.settlement(command.issuance_id)
    settlement = not_own(uow.caller, require_state(found, "reserved", uow.now))
    account = Account(settlement.wallet, uow.caller.programme, uow)
    changes = given_back(account, settlement, "rejected", staff=staff, reason=command.reason)
    told = tell(
        uow,
        settlement.member,
        "rejected",
        reward=settlement.issuance.reward_name,
        reason=command.reason,
        points=settlement.issuance.points,
        available=account.available,
        ref=uow.ref,
    )
    return Decision(settled(settlement, "rejected", uow), (*changes, *told))


async def cancel_issuance(uow: UnitOfWork, command: CancelIssuance) -> Decision[Settled]:
    """A member changes their mind before staff have decided."""
    member = member_of(uow.caller)
    found = await uow.load.settlement(command.issuance_id)
    if found is None or found.issuance.member_id != member.id:
        raise IssuanceUnknown
    settlement = require_state(found, "reserved", uow.now)
    account = Account(settlement.wallet, uow.caller.programme, uow)
    changes = given_back(account, settlement, "cancelled")
    return Decision(settled(settlement, "cancelled", uow), changes)


def decide_approve(
    settlement: Settlement, caller: Caller, staff: Staff, stamp: Stamp
) -> Decision[Settled]:
    """reserved → issued: the held points are spent, a till code is made, the member is told."""
    issuance, programme = settlement.issuance, caller.programme
    reward = programme.reward(issuance.reward_id)
    assert reward is not None, "rewards are never deleted"
    account = Account(settlement.wallet, programme, stamp)
    if settlement.hold:
        amount, detail = settlement.hold.amount, issuance.reward_name
        holds.post(account, settlement.hold, settlement.uses, amount, detail)
    until = end_of_day(stamp.now, reward.valid_days, programme.timezone)
    moved = IssuanceMoved(
        id=issuance.id,
        was="reserved",
        state="issued",
        at=stamp.now,
        expires_at=until,
        staff_id=staff.id,
    )
    code = issuance_code(stamp, issuance.member_id, issuance.id, until)
    told = tell(
        stamp,
        settlement.member,
        "ready",
        reward=issuance.reward_name,
        issuance_id=str(issuance.id),
        until=until.isoformat(),
        ref=stamp.ref,
    )
    paid = account.changes() if settlement.hold else ()
    return Decision(settled(settlement, "issued", stamp), (*paid, moved, code, *told))


def given_back(
    account: Account,
    settlement: Settlement,
    state: IssuanceState,
    *,
    staff: Staff | None = None,
    reason: str | None = None,
) -> tuple[Change, ...]:
    """From reserved to an end without goods: points to their lots, stock back, state moved."""
    issuance, held, stamp = settlement.issuance, settlement.hold, account.stamp
    if held is not None:
        close = holds.expire if state == "expired" else holds.void
        close(account, held, settlement.uses, issuance.reward_name)
    moved = IssuanceMoved(
        id=issuance.id,
        was="reserved",
        state=state,
        at=stamp.now,
        staff_id=staff.id if staff else None,
        reason=reason,
    )
    return (*(account.changes() if held else ()), moved, *stock_back(settlement))


def stock_back(settlement: Settlement) -> tuple[Change, ...]:
    """What the issuance took from the stock goes back on the shelf."""
    issuance = settlement.issuance
    return (StockMoved(reward_id=issuance.reward_id, available=1),) if issuance.stocked else ()


def not_own(caller: Caller, settlement: Settlement) -> Settlement:
    """The settlement, unless it is the caller's own: raises SelfAward."""
    if caller.member is not None and caller.member.id == settlement.issuance.member_id:
        raise SelfAward
    return settlement


def settled(settlement: Settlement, state: IssuanceState, stamp: Stamp) -> Settled:
    """What is answered when an issuance moved on."""
    return Settled(settlement.issuance.reward_name, settlement.member.name, state, stamp.ref)
