"""Tiers: reached by lifetime points, never lost by spending. Called by purchases and reversal."""

from dataclasses import replace

from core.changes import Change
from core.facts import Member, Programme, Tier
from core.members.notices import tell
from core.members.records import moved
from core.ports import Stamp


def standing(programme: Programme, member: Member) -> Tier | None:
    """The member's tier: the one kept, or the first for a member of before there were tiers."""
    return programme.tier(member.tier_id) or programme.tier_reached(0)


def upgrade(programme: Programme, member: Member, lifetime_earned: int) -> Tier | None:
    """The tier above the member's own that these lifetime points reach; the highest, or None."""
    own, reached = standing(programme, member), programme.tier_reached(lifetime_earned)
    if reached is None or (own and reached.threshold <= own.threshold):
        return None
    return reached


def upgraded(stamp: Stamp, member: Member, tier: Tier | None) -> tuple[Change, ...]:
    """What goes with an upgrade: the member's move and a notice."""
    if tier is None:
        return ()
    told = tell(stamp, member, "upgraded", tier=tier.name, multiplier_pct=tier.multiplier_pct)
    return (moved(replace(member, tier_id=tier.id)), *told)


def taken_back(programme: Programme, member: Member, before: int, after: int) -> tuple[Change, ...]:
    """The member's move when an undone award had lifted them: only a tier that the lifetime points
    before the undoing explain is taken back, and only as far as those after it say."""
    reached, left = programme.tier_reached(before), programme.tier_reached(after)
    if reached is None or reached.id != member.tier_id or left is None or left.id == reached.id:
        return ()
    return (moved(replace(member, tier_id=left.id)),)
