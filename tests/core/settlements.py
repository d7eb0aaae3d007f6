"""An issuance with all that closing it needs, over tables in memory."""

from typing import TYPE_CHECKING
from uuid import UUID

from core.facts import Issuance, LotUse
from core.ports import Settlement

if TYPE_CHECKING:
    from tests.core.loads import MemoryLoads
    from tests.core.tables import Tables


def settlement_of(loads: "MemoryLoads", issuance_id: UUID) -> Settlement | None:
    """All that closing an issuance needs."""
    issuance = loads.tables.issuances.get(issuance_id)
    if issuance is None:
        return None
    codes = [c for c in loads.tables.codes.values() if c.issuance_id == issuance_id]
    return Settlement(
        issuance=issuance,
        member=loads.tables.members[issuance.member_id],
        wallet=loads.wallet_of(issuance.member_id),
        hold=loads.tables.holds[issuance.hold_id] if issuance.hold_id else None,
        uses=_uses(loads, issuance),
        spent_by=spent_by(loads.tables, issuance),
        code=max(codes, key=lambda c: c.id, default=None),
    )


def spent_by(tables: "Tables", issuance: Issuance) -> UUID | None:
    """The transfer that spent an issuance's points, None as long as none did."""
    posts = (t.id for t in tables.transfers.values() if t.hold_id and t.hold_id == issuance.hold_id)
    return issuance.transfer_id or next(posts, None)


def _uses(loads: "MemoryLoads", issuance: Issuance) -> tuple[LotUse, ...]:
    paid_by = {issuance.hold_id, issuance.transfer_id} - {None}
    return tuple(
        LotUse(
            id=use.id,
            lot_id=use.lot_id,
            amount=use.amount,
            restored=use.restored,
            lot_expires_at=loads.tables.lots[use.lot_id].expires_at,
            account_id=loads.tables.lots[use.lot_id].account_id,
        )
        for use in loads.tables.uses.values()
        if {use.hold_id, use.transfer_id} & paid_by
    )
