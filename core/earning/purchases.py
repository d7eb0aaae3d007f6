"""Awarding a purchase: `RecordPurchase` is the one way in; rules will come behind the same call.

Called through core.service. The tier that multiplies is the one before the purchase; the tier
reached is looked up after it (domain.md 4-10, pitfalls 23 and 24).
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.changes import Change, CodeUsed, PurchaseAdded
from core.earning import tiers
from core.earning.commands import Earned, Quote, QuotePurchase, RecordPurchase
from core.earning.programme import points_for
from core.errors import (
    AmountNotUnderstood,
    AmountTooLarge,
    CodeAlreadyUsed,
    CustomerNotFound,
    DuplicateReceipt,
    QuoteChanged,
    RepeatedPurchase,
)
from core.facts import Caller, Member, TillCode
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from core.members.callers import refuse_self, staff_of
from core.members.notices import tell
from core.ports import Award, Customer, Decision, Stamp, UnitOfWork
from core.values import Money

AGAIN_MINUTES: Final = 5


async def quote_purchase(uow: UnitOfWork, command: QuotePurchase) -> Decision[Quote]:
    """What the purchase would earn now, behind the same guards on who and how much."""
    staff_of(uow.caller)
    customer = await uow.load.customer(command.member_id)
    member = _guarded(uow.caller, customer, command.amount).member
    programme = uow.caller.programme
    tier = tiers.standing(programme, member)
    points = points_for(programme, command.amount, tier)
    return Decision(Quote(points, tier.name if tier else ""))


async def record_purchase(uow: UnitOfWork, command: RecordPurchase) -> Decision[Earned]:
    """Load in one trip, decide."""
    staff_of(uow.caller)
    award = await uow.load.award(
        command.member_id,
        amount_minor=command.amount.minor,
        since=uow.now - timedelta(minutes=AGAIN_MINUTES),
        receipt=(command.receipt_no, command.store) if command.receipt_no else None,
        code_id=command.code_id,
    )
    return decide_purchase(uow.caller, award, command, uow)


def decide_purchase(
    caller: Caller, award: Award | None, command: RecordPurchase, stamp: Stamp
) -> Decision[Earned]:
    """Points in a new lot, a visit, the tier checked, notices; a visit counts without points."""
    customer = _guarded(caller, award.customer if award else None, command.amount)
    assert award is not None, "a customer came with it"
    member, programme = customer.member, caller.programme
    points = points_for(programme, command.amount, tiers.standing(programme, member))
    if command.quoted not in (None, points):
        raise QuoteChanged(points=points)
    _refuse_twice(award, command, stamp.now)
    account = Account(customer.wallet, programme, stamp, visits=1)
    transfer_id = _earn(account, points, str(command.amount)) if points else None
    reached = tiers.upgrade(programme, member, customer.wallet.lifetime_earned + points)
    changes: tuple[Change, ...] = (
        *account.changes(),
        _purchase(caller, command, stamp, points, transfer_id),
        *_code_used(award.code, stamp.now),
        *_earned_notice(account, member, command.amount, reached.id if reached else None),
        *tiers.upgraded(stamp, member, reached),
    )
    name = reached.name if reached else None
    return Decision(Earned(member.name, points, account.available, name, stamp.ref), changes)


def _guarded(caller: Caller, customer: Customer | None, amount: Money) -> Customer:
    """The customer, when the caller may award them this amount."""
    if customer is None or customer.member.status != "active":
        raise CustomerNotFound
    refuse_self(caller, customer)
    programme = caller.programme
    if amount.currency != programme.currency or amount.minor <= 0:
        raise AmountNotUnderstood
    if amount.minor > programme.purchase_max_minor:
        raise AmountTooLarge(limit=Money(programme.purchase_max_minor, programme.currency))
    return customer


def _refuse_twice(award: Award, command: RecordPurchase, now: datetime) -> None:
    if award.repeated is not None and not command.again:
        raise RepeatedPurchase(minutes=max(1, (now - award.repeated.at) // timedelta(minutes=1)))
    if award.receipt_known:
        raise DuplicateReceipt
    if command.code_id is None:
        return
    if award.code is None:
        raise CodeAlreadyUsed(at=None)
    if award.code.used_at is not None:
        raise CodeAlreadyUsed(at=award.code.used_at)


def _earn(account: Account, points: int, detail: str) -> UUID:
    transfer_id = account.credit("earn", points, source="issuance", detail=detail)
    account.lifetime_earned += points
    algebra.add(account, transfer_id, points, account.programme.lot_days)
    return transfer_id


def _purchase(
    caller: Caller, command: RecordPurchase, stamp: Stamp, points: int, transfer_id: UUID | None
) -> PurchaseAdded:
    return PurchaseAdded(
        id=stamp.new_id(),
        member_id=command.member_id,
        staff_id=caller.staff.id if caller.staff else None,
        amount_minor=command.amount.minor,
        currency=command.amount.currency,
        points=points,
        transfer_id=transfer_id,
        receipt_no=command.receipt_no or None,
        store=command.store or None,
        source=command.source,
        ref=stamp.ref,
        at=stamp.now,
    )


def _code_used(code: TillCode | None, now: datetime) -> tuple[Change, ...]:
    """Use the till code up; one that ran out while the cashier typed is dead without that."""
    if code is None or code.expires_at <= now:
        return ()
    return (CodeUsed(id=code.id, at=now),)


def _earned_notice(
    account: Account, member: Member, amount: Money, reached_id: UUID | None
) -> tuple[Change, ...]:
    programme, lifetime = account.programme, account.wallet.lifetime_earned
    tier = programme.tier(reached_id) or tiers.standing(programme, member)
    above = programme.tier_after(tier)
    return tell(
        account.stamp,
        member,
        "earned",
        points=account.posted,
        available=account.available,
        amount=str(amount),
        to_next=max(above.threshold - lifetime - account.lifetime_earned, 0) if above else 0,
        next_tier=above.name if above else None,
        ref=account.stamp.ref,
    )
