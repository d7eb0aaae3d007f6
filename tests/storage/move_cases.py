"""How each move shows in the tables, and when it is refused: cases of test_commit_changes.py."""

from dataclasses import replace
from datetime import timedelta

from core.changes import (
    AccountMoved,
    AddressListed,
    AddressMoved,
    AddressStopped,
    BelongingsMoved,
    CodeUsed,
    CounterMoved,
    HoldMoved,
    IssuanceMoved,
    LinkUndone,
    LotMoved,
    LotRestored,
    MemberMerged,
    MemberMoved,
    NoticeMoved,
    PurchaseReversed,
    StockMoved,
)
from storage.crypto import address_hash
from tests.shops import VAULT, ids
from tests.storage.fact_cases import Case, Columns
from tests.storage.world import LATER, NOW, World


def account_moved(w: World) -> Case[AccountMoved]:
    change = AccountMoved(
        id=w.account,
        version=1,
        posted=-40,
        held=-40,
        lifetime_earned=3,
        lifetime_spent=40,
        visits=1,
    )
    row: Columns = {"version": 2, "posted": 60, "held": 0, "lifetime_earned": 103}
    row |= {"lifetime_spent": 40, "visits": 1}
    broken = replace(change, version=2)
    return Case(change=change, table="account", key={"id": w.account}, row=row, broken=broken)


def lot_moved(w: World) -> Case[LotMoved]:
    change = LotMoved(id=w.lot, remaining=-60)
    broken = replace(change, remaining=-61)
    row: Columns = {"remaining": 0}
    return Case(change=change, table="lot", key={"id": w.lot}, row=row, broken=broken)


def lot_restored(w: World) -> Case[LotRestored]:
    change = LotRestored(id=w.use, restored=40)
    broken = replace(change, restored=41)
    row: Columns = {"restored": 40}
    return Case(change=change, table="lot_use", key={"id": w.use}, row=row, broken=broken)


def hold_moved(w: World) -> Case[HoldMoved]:
    change = HoldMoved(id=w.hold, state="posted", posted_amount=30)
    row: Columns = {"state": "posted", "posted_amount": 30, "amount": 40}
    broken = replace(change, id=ids.uuid7())
    return Case(change=change, table="hold", key={"id": w.hold}, row=row, broken=broken)


def issuance_moved(w: World) -> Case[IssuanceMoved]:
    soon = LATER - timedelta(days=9)
    change = IssuanceMoved(
        id=w.issuance,
        was="reserved",
        state="issued",
        at=NOW,
        expires_at=soon,
        staff_id=w.staff,
        reason="asked",
    )
    row: Columns = {"state": "issued", "issued_at": NOW, "redeemed_at": None, "closed_at": None}
    row |= {"expires_at": soon, "staff_id": w.staff, "reason": "asked"}
    broken = replace(change, was="issued", state="redeemed")
    return Case(change=change, table="issuance", key={"id": w.issuance}, row=row, broken=broken)


def stock_moved(w: World) -> Case[StockMoved]:
    change = StockMoved(reward_id=w.reward, available=-1)
    broken = replace(change, available=-6)
    row: Columns = {"available": 4, "total": 5}
    return Case(change=change, table="stock", key={"reward_id": w.reward}, row=row, broken=broken)


def counter_moved(w: World) -> Case[CounterMoved]:
    key: Columns = {"scope": "pin", "subject": str(w.member)}
    change = CounterMoved(scope="pin", subject=str(w.member), was=1, n=2, until=LATER)
    broken = replace(change, was=0)
    row: Columns = {"n": 2, "until": LATER}
    return Case(change=change, table="counter", key=key, row=row, broken=broken)


def member_moved(w: World) -> Case[MemberMoved]:
    row: Columns = {"name": "Rudo M", "language": "sn", "status": "left", "tier_id": None}
    row |= {"joined_at": NOW, "left_at": LATER, "pin_hash": "$argon2id$"}
    change = MemberMoved(id=w.member, version=1, notices=("earn",), **row)
    row |= {"version": 2, "notices": ["earn"]}
    broken = replace(change, version=2)
    return Case(change=change, table="member", key={"id": w.member}, row=row, broken=broken)


def code_used(w: World) -> Case[CodeUsed]:
    change = CodeUsed(id=w.code, at=NOW)
    broken = replace(change, at=LATER)
    row: Columns = {"used_at": NOW}
    return Case(change=change, table="till_code", key={"id": w.code}, row=row, broken=broken)


def purchase_reversed(w: World) -> Case[PurchaseReversed]:
    change = PurchaseReversed(id=w.purchase, at=NOW)
    broken = replace(change, id=ids.uuid7())
    row: Columns = {"reversed_at": NOW}
    return Case(change=change, table="purchase", key={"id": w.purchase}, row=row, broken=broken)


def notice_moved(w: World) -> Case[NoticeMoved]:
    change = NoticeMoved(id=w.notice, was="waiting", state="seen", at=NOW)
    broken = replace(change, was="sending")
    row: Columns = {"state": "seen", "seen_at": NOW}
    return Case(change=change, table="notice", key={"id": w.notice}, row=row, broken=broken)


def address_stopped(w: World) -> Case[AddressStopped]:
    kind, value = w.address.kind, w.address.value
    return Case(
        change=AddressStopped(kind=kind, value=value, stopped=True, at=NOW),
        table="address_stop",
        key={"kind": kind, "value": value},
        row={"stopped": True, "at": NOW},
    )


def address_listed(w: World) -> Case[AddressListed]:
    change = AddressListed(
        kind=w.address.kind, value=w.address.value, member_id=w.member, listed=True
    )
    key = {"address_hash": address_hash(VAULT, w.address), "subject_id": w.member}
    row: Columns = {"subject_kind": "member", "expires_at": None}
    return Case(change=change, table="directory", key=key, row=row)


def member_merged(w: World) -> Case[MemberMerged]:
    change = MemberMerged(id=w.member, version=1, into=w.guest)
    row: Columns = {"status": "merged", "merged_into": w.guest, "version": 2}
    broken = replace(change, into=None)
    return Case(change=change, table="member", key={"id": w.member}, row=row, broken=broken)


def address_moved(w: World) -> Case[AddressMoved]:
    kind, value = w.phone.kind, w.phone.value
    change = AddressMoved(kind=kind, value=value, was=w.member, member_id=w.guest, at=LATER)
    return Case(
        change=change,
        table="member_address",
        key={"kind": kind, "value": value},
        row={"member_id": w.guest, "at": LATER},
        broken=replace(change, was=w.guest),
    )


def belongings_moved(w: World) -> Case[BelongingsMoved]:
    change = BelongingsMoved(was=w.member, member_id=w.guest, accounts=None)
    row: Columns = {"member_id": w.guest, "state": "reserved"}
    return Case(change=change, table="issuance", key={"id": w.issuance}, row=row)


def link_undone(w: World) -> Case[LinkUndone]:
    change = LinkUndone(id=w.link, staff_id=w.staff, points=7, at=LATER)
    row: Columns = {"undone_at": LATER, "undone_by": w.staff, "undone_points": 7}
    broken = replace(change, id=ids.uuid7())
    return Case(change=change, table="member_link", key={"id": w.link}, row=row, broken=broken)
