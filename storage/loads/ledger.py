"""Lots, the history of a wallet, and points whose time is over."""

from typing import Final
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, case, func, literal, or_, select, union_all
from sqlalchemy import text as sql

from core.facts import Lot, Member, Wallet
from core.ports import DueLots, HistoryLine
from storage.loads.reader import Reader, read
from storage.loads.shapes import LIMIT, LOT, MEMBER, NOW, WALLET, listed, sub, unspent
from storage.statements import frozen
from storage.tables import account, entry, hold, issuance, lot, member, transfer

_LOTS: Final = frozen(select(unspent(bindparam("account_id", type_=Uuid)).label("lots")))

# A value of its own, so that the newest entries are read off the index of one account.
_ACCOUNT: Final = sub(
    select(account.c.id).where(account.c.member_id == bindparam("member_id", type_=Uuid))
)
_BEFORE: Final = bindparam("before", type_=Uuid)
_MOVED: Final = (
    select(
        transfer.c.id,
        transfer.c.at,
        entry.c.amount.label("points"),
        transfer.c.code,
        transfer.c.detail,
        transfer.c.ref,
    )
    .join_from(entry, transfer, transfer.c.id == entry.c.transfer_id)
    .where(entry.c.account_id == _ACCOUNT, transfer.c.hold_id.is_(None))
    .where(or_(_BEFORE.is_(None), entry.c.transfer_id < _BEFORE))
    .order_by(entry.c.transfer_id.desc())
    .limit(LIMIT)
)
"""A transfer that posts a hold is no line of its own: what a hold took is said when it was held
(docs/domain.md C1); a hold that was given back is no line at all."""
_HELD: Final = (
    select(
        hold.c.id,
        hold.c.at,
        (-case((hold.c.state == "posted", hold.c.posted_amount), else_=hold.c.amount)).label(
            "points"
        ),
        literal("redeem").label("code"),
        func.coalesce(issuance.c.reward_name, "").label("detail"),
        func.coalesce(issuance.c.ref, "").label("ref"),
    )
    .join_from(hold, issuance, issuance.c.hold_id == hold.c.id, isouter=True)
    .where(hold.c.account_id == _ACCOUNT, hold.c.state.in_(("open", "posted")))
    .where(or_(_BEFORE.is_(None), hold.c.id < _BEFORE))
    .order_by(hold.c.id.desc())
    .limit(LIMIT)
)


def _newest() -> Select[tuple[object, ...]]:
    lines = union_all(select(_MOVED.subquery()), select(_HELD.subquery())).subquery("line")
    return select(lines).order_by(lines.c.id.desc()).limit(LIMIT)


_HISTORY: Final = frozen(_newest())

_OVER: Final = (
    select(lot.c.account_id, func.min(lot.c.expires_at).label("since"))
    .where(lot.c.remaining > 0, lot.c.expires_at <= NOW)
    .group_by(lot.c.account_id)
    .order_by(sql("since"))
    .limit(LIMIT)
    .subquery("due")
)
_DUE_LOTS: Final = frozen(
    select(
        WALLET.label("wallet"),
        MEMBER.label("member"),
        sub(
            select(listed(LOT, lot.c.expires_at, lot.c.id)).where(
                lot.c.account_id == account.c.id, lot.c.remaining > 0, lot.c.expires_at <= NOW
            ),
            account,
        ).label("lots"),
    )
    .select_from(_OVER)
    .join(account, account.c.id == _OVER.c.account_id)
    .join(member, member.c.id == account.c.member_id)
    .order_by(_OVER.c.since)
)


class LedgerLoads:
    """The part of core.ports.Loads about points."""

    _reader: Reader

    async def lots(self, account_id: UUID) -> tuple[Lot, ...]:
        """All lots with points left, expired ones too: soonest expiry first, then the oldest."""
        row = await self._reader.answer(_LOTS, account_id=account_id)
        return read(row["lots"], tuple[Lot, ...])

    async def history(
        self, member_id: UUID, *, before: UUID | None, limit: int
    ) -> tuple[HistoryLine, ...]:
        """The newest lines first; `before`: only those older than this line."""
        found = await self._reader.rows(_HISTORY, member_id=member_id, before=before, limit=limit)
        return tuple(HistoryLine(**row) for row in found)

    async def due_lots(self, *, limit: int) -> tuple[DueLots, ...]:
        """Members with points past their expiry, the longest overdue first."""
        found = await self._reader.rows(_DUE_LOTS, limit=limit)
        return tuple(
            DueLots(
                wallet=read(row["wallet"], Wallet),
                member=read(row["member"], Member),
                lots=read(row["lots"], tuple[Lot, ...]),
            )
            for row in found
        )
