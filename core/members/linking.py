"""A code shown on one phone and typed on the other makes both one member's (domain.md, C25).

The member whose code it is stays; whoever types it joins them, with their own membership if there
is one (`merging`). Who could read the code can still not take anybody's points: the PIN of either
membership is asked where it is set. Called through core.service.
"""

from datetime import timedelta
from typing import Final

from core.changes import (
    AddressAdded,
    Change,
    CodeUsed,
    ConsentGiven,
    LinkAdded,
)
from core.errors import (
    CodeNotUnderstood,
    CodeUnknown,
    LinkChanged,
    LoyaltyError,
    NotAMember,
    OwnLinkCode,
    RewardWaiting,
)
from core.facts import Caller, Member, TillCode
from core.links import Linking
from core.members import tries
from core.members.customers import read_till_code, refuse_used, unknown_code
from core.members.link_commands import (
    LinkPhone,
    LinkPreview,
    LookUpLink,
    PhoneLinked,
    ShowLinkCode,
)
from core.members.merging import merge, movable
from core.members.notices import tell
from core.members.pins import check_pin
from core.members.records import moved
from core.members.till_codes import own_code
from core.ports import Decision, Stamp, UnitOfWork

CODE_FOR: Final = timedelta(minutes=10)
TRIES: Final = 5
"""Wrong link codes that a member, or an address that is nobody's, may type in an hour."""

WORDING: Final = "Linked by a code of the member's own."


async def show_link_code(uow: UnitOfWork, command: ShowLinkCode) -> Decision[TillCode]:
    """The member's live code again, or a new one."""
    return await own_code(uow, "link", CODE_FOR)


async def look_up_link(uow: UnitOfWork, command: LookUpLink) -> Decision[LinkPreview]:
    """Whose code it is, masked; wrong ones are counted for who types them."""
    _refuse_former(uow.caller)
    typed = read_till_code(command.code)
    if typed is None:
        raise CodeNotUnderstood
    counted = await uow.load.linking(typed)
    tries.refuse_many(counted.tries, uow.now, TRIES)
    linking = counted.found
    if linking is None or not _shows(linking, uow):
        return unknown_code(counted.tries, uow.now, TRIES)
    _guard(uow.caller, linking)
    own, shown = uow.caller.member, linking.shown
    return Decision(
        LinkPreview(
            code_id=linking.code.id,
            name=mask_name(shown.member.name),
            phone=shown.phone,
            merges=own is not None,
            points=movable(linking, uow.now),
            pin=shown.member.pin_hash is not None,
            own_pin=own is not None and own.pin_hash is not None,
        )
    )


async def link_phone(uow: UnitOfWork, command: LinkPhone) -> Decision[PhoneLinked]:
    """Guard again by what is there now, check the PINs, decide."""
    _refuse_former(uow.caller)
    linking = await uow.load.linking_by_id(command.code_id)
    if linking is None or not _shows(linking, uow):
        raise CodeUnknown
    _guard(uow.caller, linking)
    if command.merges != (uow.caller.member is not None):
        raise LinkChanged
    refusal, counted = await _check_pins(uow, command, linking)
    if refusal:
        return Decision(refusal, counted)
    decision = decide_link(uow.caller, linking, uow)
    return Decision(decision.result, (*decision.changes, *counted))


def decide_link(caller: Caller, linking: Linking, stamp: Stamp) -> Decision[PhoneLinked]:
    """The caller's address, or all that their membership has, becomes the member's."""
    used = CodeUsed(id=linking.code.id, at=stamp.now)
    member = linking.shown.member
    told = tell(stamp, member, "linked", ref=stamp.ref)
    if caller.member is None:
        changes, points = _address(caller, member, stamp), 0
    else:
        changes, points = merge(caller, linking, stamp)
    done = PhoneLinked(
        name=mask_name(member.name),
        points=points,
        available=linking.shown.wallet.available + points,
        ref=stamp.ref,
    )
    return Decision(done, (*changes, used, *told))


def mask_name(name: str) -> str:
    """`Ru***`: enough to know one's own, too little to learn another's."""
    return f"{name[:2].strip()}***" if len(name) > 2 else f"{name[:1]}***" if name else ""


def _refuse_former(caller: Caller) -> None:
    """Who left or was blocked joins first: their consent is withdrawn, and no code revives it."""
    if caller.member is not None and caller.member.status != "active":
        raise NotAMember


def _shows(linking: Linking, uow: UnitOfWork) -> bool:
    """Whether the code still links to somebody. Raises CodeAlreadyUsed."""
    refuse_used(linking.code)
    return linking.code.expires_at > uow.now and linking.shown.member.status == "active"


def _guard(caller: Caller, linking: Linking) -> None:
    if caller.member is not None and caller.member.id == linking.shown.member.id:
        raise OwnLinkCode
    if linking.waiting or (linking.wallet is not None and linking.wallet.held):
        # Its points are held in the account that would be closed; staff decide about it first.
        raise RewardWaiting


async def _check_pins(
    uow: UnitOfWork, command: LinkPhone, linking: Linking
) -> tuple[LoyaltyError | None, tuple[Change, ...]]:
    """The caller's own PIN, then the other member's; a wrong one is counted where it belongs."""
    own = uow.caller.member
    forgiven: tuple[Change, ...] = ()
    asked = [(linking.shown.member, command.pin, linking.pin)]
    if own is not None:
        asked.insert(0, (own, command.own_pin, linking.own_pin))
    for member, typed, counter in asked:
        if member.pin_hash is not None:
            checked = await check_pin(uow, member.pin_hash, typed, counter)
            if checked.refusal:
                return checked.refusal, checked.changes
            forgiven += checked.changes
    return None, forgiven


def _address(caller: Caller, member: Member, stamp: Stamp) -> tuple[Change, ...]:
    """An address that was nobody's. The member's own row moves on, so that nobody leaves, is
    blocked or merged at the same time."""
    address = caller.address
    return (
        AddressAdded(kind=address.kind, value=address.value, member_id=member.id, at=stamp.now),
        ConsentGiven(
            id=stamp.new_id(),
            member_id=member.id,
            purpose="membership",
            granted=True,
            wording=WORDING,
            at=stamp.now,
        ),
        moved(member),
        LinkAdded(
            id=stamp.new_id(),
            member_id=member.id,
            other_id=None,
            ref=stamp.ref,
            points=0,
            lifetime_earned=0,
            lifetime_spent=0,
            visits=0,
            tier_id=member.tier_id,
            joined_at=member.joined_at,
            addresses=(address,),
            at=stamp.now,
        ),
    )
