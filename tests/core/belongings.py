"""What goes along when two members become one, and back: changes.BelongingsMoved in memory."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from core.changes import BelongingsMoved
from core.facts import Issuance

if TYPE_CHECKING:
    from tests.core.tables import Tables


def move_belongings(tables: "Tables", change: BelongingsMoved) -> None:
    """As storage does in SQL: everything, or only what these accounts paid or were paid for."""
    was, now, accounts = change.was, change.member_id, change.accounts
    for issuance in [i for i in tables.issuances.values() if i.member_id == was]:
        if accounts is None or payer(tables, issuance) in accounts:
            tables.issuances[issuance.id] = replace(issuance, member_id=now)
    for code in [code for code in tables.codes.values() if code.member_id == was]:
        mine = code.issuance_id and tables.issuances[code.issuance_id].member_id == now
        if mine or accounts is None:
            tables.codes[code.id] = replace(code, member_id=now)
    for purchase in [p for p in tables.purchases.values() if p.member_id == was]:
        transfer = tables.transfers.get(tables.earned_by[purchase.id].transfer_id or was)
        if accounts is None or (transfer and transfer.credit in accounts):
            tables.purchases[purchase.id] = replace(purchase, member_id=now)
    for notice in [n for n in tables.notices.values() if n.member_id == was]:
        if accounts is None and notice.id not in tables.seen:
            tables.notices[notice.id] = replace(notice, member_id=now)


def payer(tables: "Tables", issuance: Issuance) -> UUID | None:
    """The account whose points an issuance took."""
    if issuance.hold_id:
        return tables.holds[issuance.hold_id].account_id
    debit = tables.transfers[issuance.transfer_id].debit if issuance.transfer_id else None
    return debit if isinstance(debit, UUID) else None
