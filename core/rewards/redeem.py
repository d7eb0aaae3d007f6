"""Points for a reward. Called through core.service (domain.md 4-13 and C1).

With approval the points, and the stock, are held until staff decide; without, the reward is
issued with its till code in the same commit.
"""

from datetime import datetime

from core.changes import Change, IssuanceAdded, StockMoved
from core.days import end_of_day
from core.errors import NotEnoughPoints, PriceChanged, SoldOut
from core.facts import Caller, Reward
from core.ledger import holds
from core.ledger.accounts import Account
from core.members.callers import member_of, wallet_of
from core.members.pins import Checked, check_pin
from core.ports import Decision, Redemption, Stamp, UnitOfWork
from core.rewards.catalogue import offered
from core.rewards.codes import issuance_code
from core.rewards.commands import Redeem, Redeemed


async def redeem(uow: UnitOfWork, command: Redeem) -> Decision[Redeemed]:
    """Guard by what is known, load the rest in one trip, check the PIN, decide."""
    member = member_of(uow.caller)
    reward = offered(uow.caller, uow.caller.programme.reward(command.reward_id))
    if command.points not in (None, reward.points):
        raise PriceChanged(points=reward.points)
    redemption = await uow.load.redemption(reward.id)
    checked = Checked(None, ())
    if member.pin_hash is not None:
        checked = await check_pin(uow, member.pin_hash, command.pin, redemption.pin)
    if checked.refusal:
        return Decision(checked.refusal, checked.changes)
    try:
        decision = decide_redeem(uow.caller, reward, redemption, uow)
    except (NotEnoughPoints, SoldOut) as refusal:
        return Decision(refusal, checked.changes)
    return Decision(decision.result, (*decision.changes, *checked.changes))


def decide_redeem(
    caller: Caller, reward: Reward, redemption: Redemption, stamp: Stamp
) -> Decision[Redeemed]:
    """Points and stock are there: take both. Raises NotEnoughPoints, SoldOut."""
    available = holds.require(redemption.lots, reward.points, stamp.now)
    if reward.stocked and not redemption.stock:
        raise SoldOut
    account = Account(wallet_of(caller), caller.programme, stamp)
    days = caller.programme.reserve_days if reward.approval else reward.valid_days
    until = end_of_day(stamp.now, days, caller.programme.timezone)
    issuance = _issuance(account, reward, redemption, until)
    code = None if reward.approval else issuance_code(stamp, issuance.member_id, issuance.id, until)
    changes: tuple[Change, ...] = (
        *(account.changes() if reward.points else ()),
        issuance,
        *((code,) if code else ()),
        *((StockMoved(reward_id=reward.id, available=-1),) if reward.stocked else ()),
    )
    redeemed = Redeemed(
        issuance_id=issuance.id,
        reward_name=reward.name,
        state=issuance.state,
        code=code.code if code else None,
        expires_at=until,
        available=available - reward.points,
        ref=stamp.ref,
    )
    return Decision(redeemed, changes)


def _issuance(
    account: Account, reward: Reward, redemption: Redemption, until: datetime
) -> IssuanceAdded:
    """The issuance, with its points held (approval) or spent at once; a free one moves none."""
    stamp, lots, hold_id, transfer_id = account.stamp, redemption.lots, None, None
    if reward.points and reward.approval:
        hold_id = holds.hold(account, lots, reward.points, until)
    elif reward.points:
        transfer_id = holds.spend(account, lots, reward.points, reward.name)
    return IssuanceAdded(
        id=stamp.new_id(),
        ref=stamp.ref,
        member_id=account.wallet.member_id,
        reward_id=reward.id,
        reward_name=reward.name,
        points=reward.points,
        state="reserved" if reward.approval else "issued",
        hold_id=hold_id,
        transfer_id=transfer_id,
        stocked=reward.stocked,
        reserved_at=stamp.now,
        issued_at=None if reward.approval else stamp.now,
        expires_at=until,
    )
