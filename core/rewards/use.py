"""Goods handed over: issued → redeemed, on staff's phone or the customer's.

Called through core.service.
"""

from datetime import datetime

from core.changes import Change, CodeUsed, IssuanceMoved
from core.errors import (
    IssuanceUnknown,
    LoyaltyError,
    PinLocked,
    PinNotSet,
    PinWrong,
    SelfAward,
    SigningWrong,
)
from core.facts import Caller, Counter, Staff
from core.members import tries
from core.members.callers import member_of, staff_of
from core.members.notices import tell
from core.members.weak_pins import typed_pin
from core.ports import CounterSigning, Decision, Settlement, Stamp, UnitOfWork
from core.rewards.commands import Settled, UseHere, UseIssuance
from core.rewards.settle import not_own, settled
from core.rewards.states import require_state
from core.values import Secret


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

    Wrong numbers and PINs are counted for the member, whose phone it is, and, so that nobody
    guesses through many phones, for the staff as well. Neither locks a cashier's own phone.
    """
    member = member_of(uow.caller)
    counted = await uow.load.counter_signing(command.issuance_id, command.staff_number)
    signing, counter = counted.found, counted.tries
    if signing is None or signing.settlement.issuance.member_id != member.id:
        raise IssuanceUnknown
    settlement = require_state(signing.settlement, "issued", uow.now)
    tries.refuse_locked(counter, uow.now)
    staff = await _signer(uow, signing, command.pin)
    if staff is None:
        return Decision(*_wrong(signing, counter, uow.now))
    changes = (*_used(uow, settlement, staff), *tries.forgiven(counter))
    return Decision(settled(settlement, "redeemed", uow), changes)


async def _signer(uow: UnitOfWork, signing: CounterSigning, typed: Secret) -> Staff | None:
    """The staff who proved to be one. Raises SelfAward, PinNotSet, PinLocked."""
    pin, staff = typed_pin(typed), signing.staff
    if staff is None:
        # It takes as long as a wrong PIN, so that nobody learns which numbers there are.
        await uow.hasher.hash(pin)
        return None
    stored = _pin_of(uow.caller, staff)
    if signing.staff_tries and tries.full(signing.staff_tries, uow.now):
        raise PinLocked(until=signing.staff_tries.until)
    return staff if await uow.hasher.matches(pin, stored) else None


def _wrong(
    signing: CounterSigning, counter: Counter, now: datetime
) -> tuple[LoyaltyError, tuple[Change, ...]]:
    """One refusal for a wrong number and a wrong PIN, with what counts it."""
    refusal, count = tries.wrong_pin(counter, now)
    said = SigningWrong(**refusal.params) if isinstance(refusal, PinWrong) else refusal
    if signing.staff_tries is None:
        return said, (count,)
    _, staff_count = tries.wrong_code(signing.staff_tries, now)
    return said, (count, staff_count)


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
