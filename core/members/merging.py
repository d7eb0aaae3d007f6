"""Two memberships of one person become one. Pure; called by linking (domain.md, pitfall 41).

The survivor gets the other's points with their lots, its lifetime points, visits, addresses, and
everything that can still be used: rewards with their codes, purchases that may be undone, waiting
notices. What was written stays where it was written: the other account keeps its history and ends
at nothing. The stricter consent wins; the tier is never lower than either's.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.changes import (
    AddressMoved,
    BelongingsMoved,
    Change,
    ConsentGiven,
    CounterMoved,
    LinkAdded,
    MemberMerged,
)
from core.facts import Caller, Member, Programme, Wallet
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from core.ledger.expiry import break_lots
from core.ledger.merging import move_lots
from core.links import Linking
from core.members import tries
from core.members.records import moved
from core.ports import Stamp


def movable(linking: Linking, now: datetime) -> int:
    """Points of the caller's that a merge would move: those that have not expired."""
    return algebra.spendable(linking.lots, now)


def merge(caller: Caller, linking: Linking, stamp: Stamp) -> tuple[tuple[Change, ...], int]:
    """All that makes the caller's membership the shown member's; answers how many points moved."""
    own, wallet, kept = caller.member, linking.wallet, linking.shown
    assert own is not None, "who types the code has a membership here"
    assert wallet is not None, "a member always has an account"
    assert not wallet.held, "the guard let nothing wait"
    link_id = stamp.new_id()
    source = Account(wallet, caller.programme, stamp)
    target = Account(kept.wallet, caller.programme, stamp)
    live = algebra.live(linking.lots, stamp.now)
    points = movable(linking, stamp.now)
    # What has expired is breakage of the account it expired in, booked or not.
    break_lots(source, [lot for lot in linking.lots if lot not in live])
    move_lots(source, target, live, points, link_id)
    carry(source, target, wallet.lifetime_earned, wallet.lifetime_spent, wallet.visits)
    changes: tuple[Change, ...] = (
        *source.changes(),
        *target.changes(),
        moved(united(caller.programme, kept.member, own, lifetime(target))),
        MemberMerged(id=own.id, version=own.version, into=kept.member.id),
        *_addresses(linking, own, stamp),
        BelongingsMoved(was=own.id, member_id=kept.member.id, accounts=None),
        *_withdrawn(linking, stamp),
        *_counters(linking),
        _link(link_id, linking, own, wallet, points, stamp),
    )
    return changes, points


def lifetime(account: Account) -> int:
    """Lifetime points after what was decided so far."""
    return account.wallet.lifetime_earned + account.lifetime_earned


def carry(source: Account, target: Account, earned: int, spent: int, visits: int) -> None:
    """What counts towards tiers and reports goes along."""
    for account, sign in ((source, -1), (target, 1)):
        account.lifetime_earned += sign * earned
        account.lifetime_spent += sign * spent
        account.visits += sign * visits


def united(programme: Programme, kept: Member, other: Member, lifetime_earned: int) -> Member:
    """The surviving member as both: the higher tier or what the sum reaches, the notices that both
    want, the earlier joining; a name or a PIN of the other's where there was none."""
    tiers = [programme.tier(kept.tier_id), programme.tier(other.tier_id)]
    reached = [tier for tier in (*tiers, programme.tier_reached(lifetime_earned)) if tier]
    best = max(reached, key=lambda tier: tier.threshold, default=None)
    return replace(
        kept,
        name=kept.name or other.name,
        tier_id=best.id if best else kept.tier_id,
        joined_at=min(kept.joined_at, other.joined_at),
        notices=tuple(kind for kind in kept.notices if kind in other.notices),
        pin_hash=kept.pin_hash or other.pin_hash,
    )


def _addresses(linking: Linking, own: Member, stamp: Stamp) -> tuple[AddressMoved, ...]:
    return tuple(
        AddressMoved(
            kind=address.kind,
            value=address.value,
            was=own.id,
            member_id=linking.shown.member.id,
            at=stamp.now,
        )
        for address in linking.addresses
    )


def _withdrawn(linking: Linking, stamp: Stamp) -> tuple[ConsentGiven, ...]:
    return tuple(
        ConsentGiven(
            id=stamp.new_id(),
            member_id=linking.shown.member.id,
            purpose=purpose,
            granted=False,
            wording="Withdrawn in the membership that was linked.",
            at=stamp.now,
        )
        for purpose in linking.withdrawn
    )


def _counters(linking: Linking) -> tuple[CounterMoved, ...]:
    """Wrong tries add up, so that linking forgives none; those of PINs do not: they were right."""
    return tries.added(linking.use_here, linking.own_use_here)


def _link(
    link_id: UUID, linking: Linking, own: Member, wallet: Wallet, points: int, stamp: Stamp
) -> LinkAdded:
    kept = linking.shown.member
    return LinkAdded(
        id=link_id,
        member_id=kept.id,
        other_id=own.id,
        ref=stamp.ref,
        points=points,
        lifetime_earned=wallet.lifetime_earned,
        lifetime_spent=wallet.lifetime_spent,
        visits=wallet.visits,
        tier_id=kept.tier_id,
        joined_at=kept.joined_at,
        addresses=linking.addresses,
        at=stamp.now,
    )
