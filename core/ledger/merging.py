"""Points that go from one member to another with their lots. Called by core.members.

Two transfers with one `linked_id`: what one account gives to `merge`, the other takes from it in
the same commit, so that neither can happen alone. Lots keep their age and expiry, and so the order
in which they are spent (domain.md, pitfall 41).
"""

from collections.abc import Sequence
from uuid import UUID

from core.changes import LotAdded
from core.facts import Lot
from core.ledger import lots as algebra
from core.ledger.accounts import Account


def move_lots(
    source: Account, target: Account, lots: Sequence[Lot], amount: int, linked_id: UUID
) -> None:
    """Move this many points out of these lots, in their order, each part into a lot of its own."""
    if not amount:
        return
    given = source.debit("merge", amount, to="merge", linked_id=linked_id)
    taken = target.credit("merge", amount, source="merge", linked_id=linked_id)
    algebra.take(source, lots, amount, transfer_id=given)
    for lot in lots:
        part = min(lot.remaining, amount)
        amount -= part
        if part:
            target.rows.append(_like(lot, part, target, taken))


def _like(lot: Lot, part: int, target: Account, transfer_id: UUID) -> LotAdded:
    return LotAdded(
        id=target.stamp.new_id(),
        account_id=target.wallet.id,
        transfer_id=transfer_id,
        amount=part,
        created_at=lot.created_at,
        expires_at=lot.expires_at,
        origin_id=lot.id,
    )
