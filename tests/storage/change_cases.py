"""A case for every kind of change: what `commit` is given and what must stand then."""

from collections.abc import Callable
from typing import Any

from core.changes import (
    MOVES,
    AccountAdded,
    AccountMoved,
    AddressAdded,
    AddressListed,
    AddressMoved,
    AddressStopped,
    BelongingsMoved,
    Change,
    CodeAdded,
    CodeUsed,
    ConsentGiven,
    CounterMoved,
    HoldAdded,
    HoldMoved,
    IssuanceAdded,
    IssuanceMoved,
    LinkAdded,
    LinkUndone,
    LotAdded,
    LotMoved,
    LotRestored,
    LotUsed,
    MemberAdded,
    MemberMerged,
    MemberMoved,
    NoticeAdded,
    NoticeMoved,
    PurchaseAdded,
    PurchaseReversed,
    StockMoved,
    TransferAdded,
)
from tests.storage import fact_cases, move_cases
from tests.storage.fact_cases import Case
from tests.storage.world import World

CASES: dict[type[Change], Callable[[World], Case[Any]]] = {
    MemberAdded: fact_cases.member_added,
    AddressAdded: fact_cases.address_added,
    ConsentGiven: fact_cases.consent_given,
    AccountAdded: fact_cases.account_added,
    TransferAdded: fact_cases.transfer_added,
    LotAdded: fact_cases.lot_added,
    LotUsed: fact_cases.lot_used,
    HoldAdded: fact_cases.hold_added,
    PurchaseAdded: fact_cases.purchase_added,
    IssuanceAdded: fact_cases.issuance_added,
    CodeAdded: fact_cases.code_added,
    NoticeAdded: fact_cases.notice_added,
    LinkAdded: fact_cases.link_added,
    AccountMoved: move_cases.account_moved,
    LotMoved: move_cases.lot_moved,
    LotRestored: move_cases.lot_restored,
    HoldMoved: move_cases.hold_moved,
    IssuanceMoved: move_cases.issuance_moved,
    StockMoved: move_cases.stock_moved,
    CounterMoved: move_cases.counter_moved,
    MemberMoved: move_cases.member_moved,
    CodeUsed: move_cases.code_used,
    PurchaseReversed: move_cases.purchase_reversed,
    NoticeMoved: move_cases.notice_moved,
    AddressStopped: move_cases.address_stopped,
    AddressListed: move_cases.address_listed,
    MemberMerged: move_cases.member_merged,
    AddressMoved: move_cases.address_moved,
    BelongingsMoved: move_cases.belongings_moved,
    LinkUndone: move_cases.link_undone,
}
UNCONDITIONAL = {AddressStopped, AddressListed, BelongingsMoved}
CONDITIONAL = [kind for kind in MOVES if kind not in UNCONDITIONAL]
HIDDEN = {CodeAdded: {"code"}, CounterMoved: {"was"}}
