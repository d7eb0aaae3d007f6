"""How each fact shows in the tables: cases of test_commit_changes.py."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.changes import (
    AccountAdded,
    AddressAdded,
    Change,
    CodeAdded,
    ConsentGiven,
    HoldAdded,
    IssuanceAdded,
    LinkAdded,
    LotAdded,
    LotUsed,
    MemberAdded,
    NoticeAdded,
    PurchaseAdded,
    TransferAdded,
)
from tests.shops import ids, own_digits
from tests.storage.world import LATER, NOW, World

C = TypeVar("C", bound=Change)
Columns = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[C]):
    """A change, the row where it shows, and what stands there after it. `broken`: the same move
    under a condition that does not hold; None where a move has no condition."""

    change: C
    table: str
    key: Columns
    row: Columns
    broken: C | None = None


def member_added(w: World) -> Case[MemberAdded]:
    change = MemberAdded(id=ids.uuid7(), name="Tariro", language="sn", tier_id=None, joined_at=NOW)
    row: Columns = {"name": "Tariro", "language": "sn", "tier_id": None, "joined_at": NOW}
    row |= {"version": 1, "status": "active", "left_at": None, "pin_hash": None}
    row |= {"notices": ["earn", "reward", "expiry"]}
    return Case(change=change, table="member", key={"id": change.id}, row=row)


def address_added(w: World) -> Case[AddressAdded]:
    kind, value = w.address.kind, w.address.value
    return Case(
        change=AddressAdded(kind=kind, value=value, member_id=w.member, at=NOW),
        table="member_address",
        key={"kind": kind, "value": value},
        row={"member_id": w.member, "at": NOW},
    )


def consent_given(w: World) -> Case[ConsentGiven]:
    row: Columns = {
        "member_id": w.member,
        "purpose": "join",
        "granted": True,
        "wording": "v1",
        "at": NOW,
    }
    change = ConsentGiven(id=ids.uuid7(), **row)
    return Case(change=change, table="consent", key={"id": change.id}, row=row)


def account_added(w: World) -> Case[AccountAdded]:
    change = AccountAdded(id=ids.uuid7(), member_id=w.guest)
    row: Columns = {
        "member_id": w.guest,
        "version": 1,
        "posted": 0,
        "held": 0,
        "pending": 0,
        "visits": 0,
    }
    return Case(change=change, table="account", key={"id": change.id}, row=row)


def transfer_added(w: World) -> Case[TransferAdded]:
    row: Columns = {"code": "redeem", "amount": 40, "balance_after": 60, "account_version": 2}
    row |= {"ref": "K7F3QD2", "at": NOW, "hold_id": w.hold, "reverses": None, "detail": "Mug"}
    row |= {"linked_id": w.link}
    change = TransferAdded(id=ids.uuid7(), debit=w.account, credit="redeemed", **row)
    row |= {"debit": str(w.account), "credit": "redeemed"}
    return Case(change=change, table="transfer", key={"id": change.id}, row=row)


def lot_added(w: World) -> Case[LotAdded]:
    row: Columns = {"account_id": w.account, "transfer_id": w.transfer, "amount": 7}
    row |= {"created_at": NOW, "expires_at": LATER, "origin_id": w.lot}
    change = LotAdded(id=ids.uuid7(), **row)
    return Case(change=change, table="lot", key={"id": change.id}, row={**row, "remaining": 7})


def lot_used(w: World) -> Case[LotUsed]:
    row: Columns = {"lot_id": w.lot, "amount": 7, "hold_id": w.hold, "transfer_id": w.transfer}
    change = LotUsed(id=ids.uuid7(), **row)
    return Case(change=change, table="lot_use", key={"id": change.id}, row={**row, "restored": 0})


def hold_added(w: World) -> Case[HoldAdded]:
    row: Columns = {"account_id": w.account, "amount": 7, "expires_at": LATER, "at": NOW}
    change = HoldAdded(id=ids.uuid7(), **row)
    row |= {"state": "open", "posted_amount": 0}
    return Case(change=change, table="hold", key={"id": change.id}, row=row)


def purchase_added(w: World) -> Case[PurchaseAdded]:
    row: Columns = {
        "member_id": w.member,
        "staff_id": w.staff,
        "amount_minor": 5000,
        "currency": "USD",
    }
    row |= {"points": 75, "transfer_id": w.transfer, "receipt_no": w.ref, "store": "Avondale"}
    row |= {"source": "staff", "ref": w.ref, "at": NOW}
    change = PurchaseAdded(id=ids.uuid7(), **row)
    row |= {"reversed_at": None}
    return Case(change=change, table="purchase", key={"id": change.id}, row=row)


def issuance_added(w: World) -> Case[IssuanceAdded]:
    row: Columns = {
        "ref": ids.ref(),
        "member_id": w.member,
        "reward_id": w.reward,
        "reward_name": "Mug",
    }
    row |= {"points": 50, "state": "issued", "hold_id": None, "transfer_id": w.transfer}
    row |= {"stocked": True, "reserved_at": NOW, "issued_at": NOW, "expires_at": LATER}
    change = IssuanceAdded(id=ids.uuid7(), **row)
    row |= {"redeemed_at": None, "closed_at": None, "staff_id": None, "reason": None}
    return Case(change=change, table="issuance", key={"id": change.id}, row=row)


def code_added(w: World) -> Case[CodeAdded]:
    row: Columns = {"kind": "issuance", "member_id": w.member, "issuance_id": w.issuance}
    row |= {"at": NOW, "expires_at": LATER}
    change = CodeAdded(id=ids.uuid7(), code=own_digits(6), **row)
    return Case(change=change, table="till_code", key={"id": change.id}, row=row)


def notice_added(w: World) -> Case[NoticeAdded]:
    params: Columns = {"points": 75, "name": "Cafe “Aroma”"}
    row: Columns = {"member_id": w.member, "kind": "earned", "params": params, "at": NOW}
    change = NoticeAdded(id=ids.uuid7(), **row)
    row |= {"state": "waiting", "seen_at": None}
    return Case(change=change, table="notice", key={"id": change.id}, row=row)


def link_added(w: World) -> Case[LinkAdded]:
    row: Columns = {
        "member_id": w.member,
        "other_id": w.guest,
        "ref": w.ref,
        "points": 40,
        "lifetime_earned": 90,
        "lifetime_spent": 50,
        "visits": 3,
        "tier_id": None,
        "joined_at": NOW,
        "at": LATER,
    }
    change = LinkAdded(id=ids.uuid7(), addresses=(w.address,), **row)
    row |= {"addresses": [{"kind": w.address.kind, "value": w.address.value}]}
    row |= {"undone_at": None, "undone_by": None, "undone_points": None}
    return Case(change=change, table="member_link", key={"id": change.id}, row=row)
