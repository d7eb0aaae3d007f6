"""PINs: how one is checked, set and reset (security.md 17).

Called through core.service, and by rewards before points are spent. The hasher is slow, so a PIN
is only hashed when nothing else refuses the command.
"""

from dataclasses import dataclass, replace

from core.changes import CounterMoved
from core.errors import (
    CustomerNotFound,
    NotAllowed,
    PinLocked,
    PinNotSet,
    PinRequired,
    PinWeak,
    PinWrong,
)
from core.facts import Counter
from core.members import tries
from core.members.callers import member_of, refuse_self, staff_of
from core.members.commands import CheckPinLock, ForgetPin, ResetPin, SetPin, SignInStaff
from core.members.notices import tell
from core.members.records import moved
from core.members.weak_pins import typed_pin, weak
from core.ports import Decision, UnitOfWork
from core.values import Secret


@dataclass(frozen=True, slots=True)
class Checked:
    """A PIN was right (refusal None) or wrong; the counter's move goes with either."""

    refusal: PinWrong | PinLocked | None
    changes: tuple[CounterMoved, ...]


async def check_pin(
    uow: UnitOfWork, stored: str, typed: Secret | None, counter: Counter
) -> Checked:
    """Check a PIN against its hash. Raises PinRequired without one, PinLocked while locked."""
    tries.refuse_locked(counter, uow.now)
    if typed is None:
        raise PinRequired
    if await uow.hasher.matches(typed_pin(typed), stored):
        return Checked(None, tries.forgiven(counter))
    refusal, count = tries.wrong_pin(counter, uow.now)
    return Checked(refusal, (count,))


async def set_pin(uow: UnitOfWork, command: SetPin) -> Decision[None]:
    """Set the caller's PIN, or change it when the old one is right."""
    member, pin = member_of(uow.caller), typed_pin(command.pin)
    if weak(pin.value):
        raise PinWeak
    counter = await uow.load.counter("pin", str(member.id))
    forgiven = tries.forgiven(counter)
    if member.pin_hash is not None:
        checked = await check_pin(uow, member.pin_hash, command.old, counter)
        if checked.refusal:
            return Decision(checked.refusal, checked.changes)
    pin_hash = await uow.hasher.hash(pin)
    return Decision(None, (moved(replace(member, pin_hash=pin_hash)), *forgiven))


async def check_pin_lock(uow: UnitOfWork, command: CheckPinLock) -> Decision[None]:
    """Raise PinLocked while wrong PINs keep the caller's from being heard."""
    counter = await uow.load.counter("pin", str(member_of(uow.caller).id))
    tries.refuse_locked(counter, uow.now)
    return Decision(None)


async def forget_pin(uow: UnitOfWork, command: ForgetPin) -> Decision[str]:
    """Give the caller a reference for the manager; nothing changes until they are met."""
    if member_of(uow.caller).pin_hash is None:
        raise PinNotSet
    return Decision(uow.ref)


async def reset_pin(uow: UnitOfWork, command: ResetPin) -> Decision[str]:
    """Take a member's PIN away; its wrong tries are forgiven when a new one is set."""
    if staff_of(uow.caller).role != "manager":
        raise NotAllowed
    customer = await uow.load.customer(command.member_id)
    if customer is None or customer.member.status != "active":
        raise CustomerNotFound
    refuse_self(uow.caller, customer)
    if customer.member.pin_hash is None:
        raise PinNotSet
    notice = tell(uow, customer.member, "pin_reset", ref=uow.ref)
    return Decision(uow.ref, (moved(replace(customer.member, pin_hash=None)), *notice))


async def sign_in_staff(uow: UnitOfWork, command: SignInStaff) -> Decision[None]:
    """Check the staff's own PIN."""
    staff = staff_of(uow.caller)
    if staff.pin_hash is None:
        raise PinNotSet
    counter = await uow.load.counter("staff_pin", str(staff.id))
    checked = await check_pin(uow, staff.pin_hash, command.pin, counter)
    return Decision(checked.refusal, checked.changes)
