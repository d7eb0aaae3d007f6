"""Goods handed over: issued → redeemed, on staff's phone or the customer's.

Called through core.service.
"""

from core.changes import Change, CodeUsed, IssuanceMoved
from core.errors import IssuanceUnknown, NotStaff, PinNotSet, SelfAward
from core.facts import Caller, Staff
from core.members import tries
from core.members.callers import member_of, staff_of
from core.members.notices import tell
from core.members.pins import check_pin
from core.ports import Decision, Settlement, Stamp, UnitOfWork
from core.rewards.commands import Settled, UseHere, UseIssuance
from core.rewards.settle import not_own, settled
from core.rewards.states import require_state


async def use_issuance(uow: UnitOfWork, command: UseIssuance) -> Decision[Settled]:
    """Staff hand it over after they looked its code up."""
    staff = staff_of(uow.caller)
    found = await uow.load.settlement(command.issuance_id)
    settlement = not_own(uow.caller, require_state(found, "issued", uow.now))
    reward = settlement.issuance.reward_name
    told = tell(uow, settlement.member, "used", reward=reward, ref=uow.ref)
    changes = (*_used(uow, settlement, staff), *told)
    return Decision(settled(settlement, "redeemed", uow), changes)


async def use_here(uow: UnitOfWork, command: UseHere) -> Decision[Settled]:
    """A cashier confirms on the member's own phone; no notice, since both are looking at it.

    Wrong numbers and PINs are counted for the member, whose phone it is: nobody locks a cashier
    out from afar.
    """
    member = member_of(uow.caller)
    counted = await uow.load.counter_signing(command.issuance_id, command.staff_number)
    signing, counter = counted.found, counted.tries
    if signing is None or signing.settlement.issuance.member_id != member.id:
        raise IssuanceUnknown
    settlement = require_state(signing.settlement, "issued", uow.now)
    tries.refuse_locked(counter, uow.now)
    if signing.staff is None:
        _, count = tries.wrong_pin(counter, uow.now)
        return Decision(NotStaff(), (count,))
    stored = _pin_of(uow.caller, signing.staff)
    checked = await check_pin(uow, stored, command.pin, counter)
    if checked.refusal:
        return Decision(checked.refusal, checked.changes)
    changes = (*_used(uow, settlement, signing.staff), *checked.changes)
    return Decision(settled(settlement, "redeemed", uow), changes)


def _pin_of(caller: Caller, staff: Staff) -> str:
    if staff.phone == caller.address.value or (caller.staff and caller.staff.id == staff.id):
        raise SelfAward
    if staff.pin_hash is None:
        raise PinNotSet
    return staff.pin_hash


def _used(stamp: Stamp, settlement: Settlement, staff: Staff) -> tuple[Change, ...]:
    moved = IssuanceMoved(
        id=settlement.issuance.id, was="issued", state="redeemed", at=stamp.now, staff_id=staff.id
    )
    code = settlement.code
    return (moved, CodeUsed(id=code.id, at=stamp.now)) if code else (moved,)
