"""How a change of a member is written down. Called by every decision that changes one."""

from core.changes import MemberMoved
from core.facts import Member


def moved(member: Member) -> MemberMoved:
    """The move to these values of a member, from the version they were loaded with."""
    return MemberMoved(
        id=member.id,
        version=member.version,
        name=member.name,
        language=member.language,
        status=member.status,
        tier_id=member.tier_id,
        joined_at=member.joined_at,
        left_at=member.left_at,
        notices=member.notices,
        pin_hash=member.pin_hash,
    )
