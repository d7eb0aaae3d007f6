"""Till codes: six random digits that stand on one phone and are typed on another (security.md 20).

They are unique among the tenant's live ones, which storage enforces. Used by the commands that
show one.
"""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from core.changes import CodeAdded
from core.facts import TillCode
from core.members.callers import member_of
from core.ports import Decision, Stamp, UnitOfWork

DIGITS: Final = 6


def new_code(
    stamp: Stamp,
    kind: Literal["member", "issuance", "link"],
    member_id: UUID,
    expires_at: datetime,
    issuance_id: UUID | None = None,
) -> CodeAdded:
    """A new code of the member's, for this issuance if it is for one."""
    return CodeAdded(
        id=stamp.new_id(),
        kind=kind,
        member_id=member_id,
        issuance_id=issuance_id,
        code=stamp.digits(DIGITS),
        at=stamp.now,
        expires_at=expires_at,
    )


async def own_code(
    uow: UnitOfWork, kind: Literal["member", "link"], lasting: timedelta
) -> Decision[TillCode]:
    """The calling member's live code of this kind again, or a new one."""
    member = member_of(uow.caller)
    own = await uow.load.own_code(member.id, kind)
    if own is not None and own.used_at is None and own.expires_at > uow.now:
        return Decision(own)
    added = new_code(uow, kind, member.id, uow.now + lasting)
    shown = TillCode(
        id=added.id,
        kind=kind,
        member_id=member.id,
        issuance_id=None,
        code=added.code,
        expires_at=added.expires_at,
    )
    return Decision(shown, (added,))
