"""What a decision changes, as data. Field names are column names; storage adds the tenant.

Two sorts. **Facts** are inserted and never touched again. **Moves** are the closed list of
conditional updates: each names one row and the condition that must still hold; the commit checks
that exactly one row matched, and otherwise nothing of the turn happens.
Called by decisions; applied by `storage` in one call (docs/architecture.md, Unit of work).
"""

from core.changes.added import (
    AccountAdded,
    AddressAdded,
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
from core.changes.moved import (
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
from core.changes.row import Change, SystemAccount, TransferCode

__all__ = [
    "FACTS",
    "MOVES",
    "AccountAdded",
    "AccountMoved",
    "AddressAdded",
    "AddressListed",
    "AddressMoved",
    "AddressStopped",
    "BelongingsMoved",
    "Change",
    "CodeAdded",
    "CodeUsed",
    "ConsentGiven",
    "CounterMoved",
    "HoldAdded",
    "HoldMoved",
    "IssuanceAdded",
    "IssuanceMoved",
    "LinkAdded",
    "LinkUndone",
    "LotAdded",
    "LotMoved",
    "LotRestored",
    "LotUsed",
    "MemberAdded",
    "MemberMerged",
    "MemberMoved",
    "NoticeAdded",
    "NoticeMoved",
    "PurchaseAdded",
    "PurchaseReversed",
    "StockMoved",
    "SystemAccount",
    "TransferAdded",
    "TransferCode",
]

FACTS: tuple[type[Change], ...] = (
    MemberAdded, AddressAdded, ConsentGiven, AccountAdded, TransferAdded, LotAdded, LotUsed,
    HoldAdded, PurchaseAdded, IssuanceAdded, CodeAdded, NoticeAdded, LinkAdded,
)  # fmt: skip
MOVES: tuple[type[Change], ...] = (
    AccountMoved, LotMoved, LotRestored, HoldMoved, IssuanceMoved, StockMoved, CounterMoved,
    MemberMoved, CodeUsed, PurchaseReversed, NoticeMoved, AddressStopped, AddressListed,
    MemberMerged, AddressMoved, BelongingsMoved, LinkUndone,
)  # fmt: skip
