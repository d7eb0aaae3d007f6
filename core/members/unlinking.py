"""A manager takes a link apart again: within 30 days, the newest first, as far as it still goes.

Points go back as far as they are there: those that came, and those given back since for rewards
that the other membership had paid for; when they are spent then others, since which lot a
redemption took is the order's doing. What expired would have expired anyway, and what was undone
at the till does not come back. Called through core.service.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.changes import (
    AddressMoved,
    BelongingsMoved,
    Change,
    LinkUndone,
    MemberMerged,
)
from core.errors import CustomerNotFound, LinkChanged, LinkUndoImpossible, NotAllowed
from core.facts import Caller, Lot, Member, Programme
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from core.ledger.merging import move_lots
from core.links import Link, Linked
from core.members.callers import refuse_self, staff_of
from core.members.link_commands import LastLink, LinkUndoneRef, ShowLastLink, UndoLink
from core.members.merging import carry, lifetime
from core.members.notices import tell
from core.members.records import moved
from core.ports import Customer, Decision, Stamp, UnitOfWork

UNDO_FOR: Final = timedelta(days=30)


async def show_last_link(uow: UnitOfWork, command: ShowLastLink) -> Decision[LastLink]:
    """What would be undone, and how much would go back."""
    linked = await _undoable(uow, command.member_id)
    other = linked.other
    phones = [each.value for each in linked.link.addresses if each.kind == "msisdn"]
    return Decision(
        LastLink(
            link_id=linked.link.id,
            name=other.member.name if other else "",
            phone=phones[0] if phones else None,
            at=linked.link.at,
            merged=other is not None,
            points=linked.link.points + _refunded(linked),
            back=_returning(linked, uow.now).points,
        )
    )


async def undo_link(uow: UnitOfWork, command: UndoLink) -> Decision[LinkUndoneRef]:
    """Undo the link that was shown, when it would still come to the same."""
    linked = await _undoable(uow, command.member_id)
    returning = _returning(linked, uow.now)
    if (linked.link.id, returning.points) != (command.link_id, command.back):
        raise LinkChanged
    return decide_undo_link(uow.caller, linked, uow)


def decide_undo_link(caller: Caller, linked: Linked, stamp: Stamp) -> Decision[LinkUndoneRef]:
    """Addresses go back to whose they were, or to nobody; points and what they paid for too."""
    link, kept = linked.link, linked.customer
    points = _returning(linked, stamp.now).points
    parted = _part(caller.programme, linked, linked.other, stamp) if linked.other else ()
    undone = LinkUndone(id=link.id, staff_id=staff_of(caller).id, points=points, at=stamp.now)
    told: tuple[Change, ...] = ()
    for member in (kept.member, linked.other.member if linked.other else None):
        told += tell(stamp, member, "unlinked", points=points, ref=stamp.ref) if member else ()
    own = () if linked.other else (moved(kept.member),)
    changes = (*parted, *own, *_addresses(linked, stamp), undone, *told)
    return Decision(LinkUndoneRef(points, stamp.ref), changes)


@dataclass(frozen=True, slots=True)
class _Returning:
    """The lots to take the points from that go back, in their order, and how many points."""

    lots: Sequence[Lot]
    points: int


def _returning(linked: Linked, now: datetime) -> _Returning:
    due = (*linked.moved, *linked.refunded)
    owed = sum(lot.amount for lot in due if lot.expires_at is None or lot.expires_at > now)
    refunded = {lot.id for lot in linked.refunded}
    others = sorted(algebra.live(linked.others, now), key=lambda lot: lot.id not in refunded)
    lots = [*algebra.live(linked.moved, now), *others]
    there = sum(lot.remaining for lot in lots)
    return _Returning(lots, min(max(owed - linked.reversed_points, 0), there))


def _refunded(linked: Linked) -> int:
    return sum(lot.amount for lot in linked.refunded)


async def _undoable(uow: UnitOfWork, member_id: UUID) -> Linked:
    if staff_of(uow.caller).role != "manager":
        raise NotAllowed
    linked = await uow.load.linked(member_id)
    if linked is None:
        raise LinkUndoImpossible(reason="none")
    if linked.customer.member.status != "active":
        raise CustomerNotFound
    refuse_self(uow.caller, linked.customer)
    if uow.now - linked.link.at > UNDO_FOR:
        raise LinkUndoImpossible(reason="late")
    if not linked.addresses:
        raise LinkUndoImpossible(reason="gone")
    return linked


def _part(
    programme: Programme, linked: Linked, other: Customer, stamp: Stamp
) -> tuple[Change, ...]:
    """The other membership as it was, with what is still there of what it brought."""
    link, kept = linked.link, linked.customer
    source = Account(kept.wallet, programme, stamp)
    target = Account(other.wallet, programme, stamp)
    returning = _returning(linked, stamp.now)
    move_lots(source, target, returning.lots, returning.points, link.id)
    carry(
        source,
        target,
        _left(link.lifetime_earned - linked.reversed_points, kept.wallet.lifetime_earned),
        _left(link.lifetime_spent - _refunded(linked), kept.wallet.lifetime_spent),
        _left(link.visits - linked.reversed_visits, kept.wallet.visits),
    )
    return (
        *source.changes(),
        *target.changes(),
        moved(_parted(programme, kept.member, other.member, link, lifetime(source))),
        MemberMerged(id=other.member.id, version=other.member.version, into=None),
        BelongingsMoved(was=kept.member.id, member_id=other.member.id, accounts=linked.accounts),
    )


def _left(came: int, there: int) -> int:
    return max(min(came, there), 0)


def _parted(
    programme: Programme, kept: Member, other: Member, link: Link, lifetime_earned: int
) -> Member:
    """The member without the other: the tier of before, or what their own points reach by now; no
    PIN of the other's. Notices stay off where either wanted none, until the member says so."""
    tiers = (programme.tier(link.tier_id), programme.tier_reached(lifetime_earned))
    own = max((tier for tier in tiers if tier), key=lambda tier: tier.threshold, default=None)
    return replace(
        kept,
        tier_id=own.id if own else kept.tier_id,
        joined_at=link.joined_at,
        pin_hash=None if kept.pin_hash == other.pin_hash else kept.pin_hash,
    )


def _addresses(linked: Linked, stamp: Stamp) -> tuple[AddressMoved, ...]:
    return tuple(
        AddressMoved(
            kind=address.kind,
            value=address.value,
            was=linked.customer.member.id,
            member_id=linked.other.member.id if linked.other else None,
            at=stamp.now,
        )
        for address in linked.addresses
    )
