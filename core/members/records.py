"""How a change of a member is written down. Called by every decision that changes one."""

import unicodedata
from typing import Final

from core.changes import MemberMoved
from core.facts import Member

NAME_MAX_CHARS: Final = 40


def clean_name(typed: str) -> str:
    """A name as kept: no control or direction characters, single spaces, at most 40 characters.

    Everything else people are called is left as it is: O'Neill, `=Tendai`, Arabic, accents.
    """
    shown = (" " if c.isspace() else c for c in typed)
    kept = "".join(c for c in shown if not unicodedata.category(c).startswith("C"))
    return " ".join(kept.split())[:NAME_MAX_CHARS].rstrip()


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
