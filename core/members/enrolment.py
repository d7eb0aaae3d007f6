"""Joining, leaving and coming back. Called through core.service.

A membership that was left keeps its points for the programme's rejoin_days; after that they are
breakage, booked when the person comes back. The join bonus is given once in a lifetime.
"""

from dataclasses import replace
from datetime import timedelta

from core.changes import (
    AccountAdded,
    AddressAdded,
    AddressListed,
    Change,
    ConsentGiven,
    MemberAdded,
)
from core.errors import AlreadyAMember
from core.facts import Lot, Member, Wallet
from core.ledger import lots as algebra
from core.ledger.accounts import Account
from core.ledger.expiry import break_lots
from core.members.callers import member_of
from core.members.commands import Enrol, Enrolled, Leave
from core.members.records import clean_name, moved
from core.members.settings import spoken
from core.ports import Decision, UnitOfWork


async def enrol(uow: UnitOfWork, command: Enrol) -> Decision[Enrolled]:
    """A new membership, or the one that was left."""
    member, wallet = uow.caller.member, uow.caller.wallet
    if member is None:
        return _join(uow, command)
    if member.status != "left":
        raise AlreadyAMember
    assert wallet is not None, "a member always has an account"
    listed = await _listed(uow, member, listed=True)
    forfeited = () if _kept(uow, member) else await uow.load.lots(wallet.id)
    return _return(uow, command, member, wallet, forfeited, listed)


async def leave(uow: UnitOfWork, command: Leave) -> Decision[str]:
    """Close the membership; nothing is given up yet, and open rewards run on to their end."""
    member = member_of(uow.caller)
    left = moved(replace(member, status="left", left_at=uow.now))
    consent = _consent(uow, member, "", granted=False)
    return Decision(uow.ref, (left, consent, *await _listed(uow, member, listed=False)))


async def _listed(uow: UnitOfWork, member: Member, *, listed: bool) -> tuple[Change, ...]:
    """All addresses of a member lead to the shop, or none does any more."""
    return tuple(
        AddressListed(kind=each.kind, value=each.value, member_id=member.id, listed=listed)
        for each in await uow.load.addresses(member.id)
    )


def _kept(uow: UnitOfWork, member: Member) -> bool:
    kept_for = timedelta(days=uow.caller.programme.rejoin_days)
    return member.left_at is None or uow.now <= member.left_at + kept_for


def _join(uow: UnitOfWork, command: Enrol) -> Decision[Enrolled]:
    programme, address = uow.caller.programme, uow.caller.address
    tier = programme.tier_reached(programme.join_bonus)
    member = Member(
        id=uow.new_id(),
        version=1,
        name=clean_name(command.name),
        language=spoken(programme, command.language),
        status="active",
        tier_id=tier.id if tier else None,
        joined_at=uow.now,
    )
    account = Account(Wallet(id=uow.new_id(), member_id=member.id, version=1), programme, uow)
    changes: list[Change] = [
        MemberAdded(
            id=member.id,
            name=member.name,
            language=member.language,
            tier_id=member.tier_id,
            joined_at=member.joined_at,
        ),
        AddressAdded(kind=address.kind, value=address.value, member_id=member.id, at=uow.now),
        _consent(uow, member, command.wording, granted=True),
        AccountAdded(id=account.wallet.id, member_id=member.id),
        *_bonus(account),
    ]
    bonus = programme.join_bonus
    return Decision(Enrolled(member.name, bonus, bonus, False, uow.ref), tuple(changes))


def _bonus(account: Account) -> tuple[Change, ...]:
    programme = account.programme
    if not programme.join_bonus:
        return ()
    transfer_id = account.credit("bonus", programme.join_bonus, source="issuance")
    account.lifetime_earned += programme.join_bonus
    algebra.add(account, transfer_id, programme.join_bonus, programme.lot_days)
    return account.changes()


def _return(
    uow: UnitOfWork,
    command: Enrol,
    member: Member,
    wallet: Wallet,
    forfeited: tuple[Lot, ...],
    listed: tuple[Change, ...],
) -> Decision[Enrolled]:
    name = clean_name(command.name) or member.name
    back = replace(
        member,
        name=name,
        language=spoken(uow.caller.programme, command.language),
        status="active",
        left_at=None,
    )
    account = Account(wallet, uow.caller.programme, uow)
    broken = account.changes() if break_lots(account, forfeited) else ()
    consent = _consent(uow, member, command.wording, granted=True)
    changes = (moved(back), consent, *listed, *broken)
    return Decision(Enrolled(name, 0, account.available, True, uow.ref), changes)


def _consent(uow: UnitOfWork, member: Member, wording: str, *, granted: bool) -> ConsentGiven:
    return ConsentGiven(
        id=uow.new_id(),
        member_id=member.id,
        purpose="membership",
        granted=granted,
        wording=wording,
        at=uow.now,
    )
