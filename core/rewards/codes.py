"""Till codes: six random digits on a customer's phone for the cashier (security.md 20).

A member's own code says who (5 minutes), an issuance's says what (until the issuance ends). They
are unique among the tenant's live ones, which storage enforces. Called through core.service.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.changes import CodeAdded
from core.errors import CodeNotUnderstood
from core.facts import Issuance, TillCode
from core.members import tries
from core.members.callers import member_of, staff_of
from core.members.customers import read_till_code, refuse_used, unknown_code
from core.ports import Decision, Stamp, UnitOfWork
from core.rewards.commands import LookUpCode, ShowMyCode
from core.rewards.states import require_state

DIGITS: Final = 6
OWN_CODE_FOR: Final = timedelta(minutes=5)


def issuance_code(
    stamp: Stamp, member_id: UUID, issuance_id: UUID, expires_at: datetime
) -> CodeAdded:
    """A code for the till that lives as long as its issuance."""
    return CodeAdded(
        id=stamp.new_id(),
        kind="issuance",
        member_id=member_id,
        issuance_id=issuance_id,
        code=stamp.digits(DIGITS),
        at=stamp.now,
        expires_at=expires_at,
    )


async def show_my_code(uow: UnitOfWork, command: ShowMyCode) -> Decision[TillCode]:
    """The member's live code again, or a new one."""
    member = member_of(uow.caller)
    own = await uow.load.own_code(member.id)
    if own is not None and own.used_at is None and own.expires_at > uow.now:
        return Decision(own)
    added = CodeAdded(
        id=uow.new_id(),
        kind="member",
        member_id=member.id,
        issuance_id=None,
        code=uow.digits(DIGITS),
        at=uow.now,
        expires_at=uow.now + OWN_CODE_FOR,
    )
    shown = TillCode(
        id=added.id,
        kind="member",
        member_id=member.id,
        issuance_id=None,
        code=added.code,
        expires_at=added.expires_at,
    )
    return Decision(shown, (added,))


async def look_up_code(uow: UnitOfWork, command: LookUpCode) -> Decision[Issuance]:
    """What a customer's code is for; wrong ones are counted for the staff who types them."""
    staff, typed = staff_of(uow.caller), read_till_code(command.code)
    if typed is None:
        raise CodeNotUnderstood
    counted = await uow.load.settlement_by_code(typed, staff.id)
    tries.refuse_many(counted.tries, uow.now)
    settlement = counted.found
    if settlement is None or settlement.code is None:
        return unknown_code(counted.tries, uow.now)
    refuse_used(settlement.code)
    return Decision(require_state(settlement, "issued", uow.now).issuance)
