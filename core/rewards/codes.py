"""Codes for the cashier: a member's own says who (5 minutes), an issuance's says what (until the
issuance ends; security.md 20). Called through core.service.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.changes import CodeAdded
from core.errors import CodeNotUnderstood
from core.facts import Issuance, TillCode
from core.members import tries
from core.members.callers import staff_of
from core.members.customers import read_till_code, refuse_used, unknown_code
from core.members.till_codes import new_code, own_code
from core.ports import Decision, Stamp, UnitOfWork
from core.rewards.commands import LookUpCode, ShowMyCode
from core.rewards.states import require_state

OWN_CODE_FOR: Final = timedelta(minutes=5)


def issuance_code(
    stamp: Stamp, member_id: UUID, issuance_id: UUID, expires_at: datetime
) -> CodeAdded:
    """A code for the till that lives as long as its issuance."""
    return new_code(stamp, "issuance", member_id, expires_at, issuance_id)


async def show_my_code(uow: UnitOfWork, command: ShowMyCode) -> Decision[TillCode]:
    """The member's live code again, or a new one."""
    return await own_code(uow, "member", OWN_CODE_FOR)


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
