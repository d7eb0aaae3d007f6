"""Which issuances there are, for their member and for staff. Called through core.service."""

from core.facts import Issuance
from core.members.callers import member_of, staff_of
from core.ports import Decision, UnitOfWork
from core.rewards.commands import ListIssuances, ListReserved


async def list_issuances(uow: UnitOfWork, command: ListIssuances) -> Decision[tuple[Issuance, ...]]:
    """The caller's own; an open one past its end is not offered any more."""
    member = member_of(uow.caller)
    found = await uow.load.issuances(member.id, is_open=command.is_open)
    return Decision(tuple(i for i in found if not command.is_open or i.expires_at > uow.now))


async def list_reserved(uow: UnitOfWork, command: ListReserved) -> Decision[tuple[Issuance, ...]]:
    """What waits for the shop, at most 50 at once."""
    staff_of(uow.caller)
    found = await uow.load.reserved(limit=max(1, min(command.limit, 50)))
    return Decision(tuple(issuance for issuance in found if issuance.expires_at > uow.now))
