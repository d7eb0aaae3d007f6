"""How staff find a customer, and customers a shop: numbers and codes people type.

Called through core.service. Wrong codes are counted for who types them (security.md 19, 20).
"""

import re
from datetime import datetime
from typing import Any, Final

from core.errors import CodeAlreadyUsed, CodeNotUnderstood, CodeUnknown, CustomerNotFound
from core.facts import Counter, Programme, Staff, TillCode
from core.members import tries
from core.members.callers import staff_of
from core.members.commands import EnterCode, FindCustomer, Found
from core.ports import Customer, Decision, JoinTarget, UnitOfWork
from core.values import Address, ascii_digits, parse_phone

_SPACES: Final = re.compile(r"[ -]")
_TILL_CODE: Final = re.compile(r"[0-9]{6}\Z")
_JOIN_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,39}\Z")


def read_till_code(typed: str) -> str | None:
    """The six digits of a till code, with or without spaces in it; None when it is none."""
    digits = _SPACES.sub("", ascii_digits(typed))
    return digits if _TILL_CODE.match(digits) else None


def refuse_used(code: TillCode) -> None:
    """Raise CodeAlreadyUsed for a code that was; one that merely ran out is unknown."""
    if code.used_at is not None:
        raise CodeAlreadyUsed(at=code.used_at)


async def find_customer(uow: UnitOfWork, command: FindCustomer) -> Decision[Found]:
    """Find by six digits when it is six digits, else by phone in the tenant's region."""
    staff = staff_of(uow.caller)
    code = read_till_code(command.typed)
    if code is not None:
        return await _find_by_code(uow, staff, code)
    phone = parse_phone(command.typed, uow.caller.programme.region)
    customer = await uow.load.customer_by_address(Address("msisdn", phone))
    return Decision(_found(uow.caller.programme, customer))


async def _find_by_code(uow: UnitOfWork, staff: Staff, typed: str) -> Decision[Found]:
    counted = await uow.load.customer_by_code(typed, staff.id)
    tries.refuse_many(counted.tries, uow.now)
    code = counted.found.code if counted.found else None
    if code is not None:
        refuse_used(code)
        if code.expires_at > uow.now:
            return Decision(_found(uow.caller.programme, counted.found))
    return unknown_code(counted.tries, uow.now)


def unknown_code(counter: Counter, now: datetime, most: int = tries.WINDOW_TRIES) -> Decision[Any]:
    """Refuse a wrong code and count it."""
    left, count = tries.wrong_code(counter, now, most)
    return Decision(CodeUnknown(left=left), (count,))


def _found(programme: Programme, customer: Customer | None) -> Found:
    if customer is None or customer.member.status != "active":
        raise CustomerNotFound
    member, code = customer.member, customer.code
    tier = programme.tier(member.tier_id)
    return Found(
        member_id=member.id,
        name=member.name,
        phone=customer.phone,
        tier=tier.name if tier else "",
        available=customer.wallet.available,
        code_id=code.id if code else None,
        linked=customer.linked,
    )


async def enter_code(uow: UnitOfWork, command: EnterCode) -> Decision[JoinTarget]:
    """A join code, in any case and however spaced, leads to its shop.

    Wrong ones are counted for the address that types them.
    """
    code = "-".join(ascii_digits(command.code).casefold().split())
    if not _JOIN_CODE.match(code):
        raise CodeNotUnderstood
    counted = await uow.load.tenant_by_join_code(code)
    tries.refuse_many(counted.tries, uow.now)
    if counted.found is None:
        return unknown_code(counted.tries, uow.now)
    return Decision(counted.found)
