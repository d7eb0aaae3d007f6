"""What awarding and undoing need, and the day so far."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    select,
)

from core.facts import Lot, Member, TillCode, Wallet
from core.ports import Award, Reversal, Today
from core.purchases import Purchase
from storage.loads.members import CUSTOMER, customer_of
from storage.loads.reader import Reader, maybe, read
from storage.loads.shapes import CODE, LOT, MEMBER, PURCHASE, WALLET, listed, sub, unspent
from storage.statements import frozen, shape
from storage.tables import account, issuance, lot, member, purchase, till_code

_SINCE: Final = bindparam("since", type_=DateTime(timezone=True))
_STAFF: Final = bindparam("staff_id", type_=Uuid)
_RECEIPT_NO: Final = bindparam("receipt_no", type_=Text)
_STORE: Final = func.coalesce(bindparam("store", type_=Text), "")
_REPEATED: Final = sub(
    select(PURCHASE)
    .where(
        purchase.c.member_id == member.c.id,
        purchase.c.staff_id == _STAFF,
        purchase.c.amount_minor == bindparam("amount_minor", type_=BigInteger),
        purchase.c.at >= _SINCE,
        purchase.c.reversed_at.is_(None),
    )
    .order_by(purchase.c.at.desc())
    .limit(1),
    member,
)
_RECEIPT_KNOWN: Final = exists().where(
    purchase.c.receipt_no == _RECEIPT_NO,
    func.coalesce(purchase.c.store, "") == _STORE,
    purchase.c.reversed_at.is_(None),
)
_ASKED_CODE: Final = sub(
    select(CODE).where(
        till_code.c.id == bindparam("code_id", type_=Uuid),
        till_code.c.member_id == member.c.id,
        till_code.c.kind == "member",
    ),
    member,
)
_AWARD: Final = frozen(
    select(
        shape(**CUSTOMER).label("customer"),
        _REPEATED.label("repeated"),
        _RECEIPT_KNOWN.label("receipt_known"),
        _ASKED_CODE.label("code"),
    )
    .select_from(member.join(account, account.c.member_id == member.c.id))
    .where(member.c.id == bindparam("member_id", type_=Uuid))
)

_MADE_LOT: Final = sub(
    select(LOT).where(lot.c.transfer_id == purchase.c.transfer_id).limit(1), purchase
)
_REVERSAL: Final = frozen(
    select(
        PURCHASE.label("purchase"),
        purchase.c.transfer_id,
        MEMBER.label("member"),
        WALLET.label("wallet"),
        _MADE_LOT.label("lot"),
        unspent(account.c.id, account).label("lots"),
    )
    .select_from(purchase)
    .join(member, member.c.id == purchase.c.member_id)
    .join(account, account.c.member_id == member.c.id)
    .where(purchase.c.id == bindparam("purchase_id", type_=Uuid))
)


def _day(value: ColumnElement[Any], *which: ColumnElement[bool]) -> ColumnElement[Any]:
    return sub(select(value).where(*which))


def _awarded(value: ColumnElement[Any]) -> ColumnElement[Any]:
    total = cast(func.coalesce(value, 0), BigInteger)
    return _day(total, purchase.c.at >= _SINCE, purchase.c.reversed_at.is_(None))


_MINE: Final = sub(
    select(listed(PURCHASE, purchase.c.id.desc()))
    .select_from(purchase.join(member, member.c.id == purchase.c.member_id))
    .where(purchase.c.staff_id == _STAFF, purchase.c.at >= _SINCE, purchase.c.reversed_at.is_(None))
)
_TODAY: Final = frozen(
    select(
        shape(
            awards=_awarded(func.count(purchase.c.id)),
            amount_minor=_awarded(func.sum(purchase.c.amount_minor)),
            points=_awarded(func.sum(purchase.c.points)),
            redemptions=_day(func.count(issuance.c.id), issuance.c.reserved_at >= _SINCE),
            uses=_day(func.count(issuance.c.id), issuance.c.redeemed_at >= _SINCE),
            joins=_day(func.count(member.c.id), member.c.joined_at >= _SINCE),
            mine=_MINE,
        ).label("today")
    )
)


class EarningLoads:
    """The part of core.ports.Loads about purchases."""

    _reader: Reader

    async def award(
        self,
        member_id: UUID,
        *,
        amount_minor: int,
        since: datetime,
        receipt: tuple[str, str | None] | None,
        code_id: UUID | None,
    ) -> Award | None:
        """What awarding by the caller's staff needs; `receipt` is (receipt_no, store)."""
        staff, (receipt_no, store) = self._reader.caller.staff, receipt or (None, None)
        row = await self._reader.row(
            _AWARD,
            member_id=member_id,
            staff_id=staff.id if staff else None,
            amount_minor=amount_minor,
            since=since,
            receipt_no=receipt_no,
            store=store,
            code_id=code_id,
        )
        customer = customer_of(self._reader, row and row["customer"])
        if row is None or customer is None:
            return None
        return Award(
            customer=customer,
            repeated=maybe(row["repeated"], Purchase),
            receipt_known=row["receipt_known"],
            code=maybe(self._reader.opened(row["code"]), TillCode),
        )

    async def reversal(self, purchase_id: UUID) -> Reversal | None:
        """A purchase and what undoing it needs."""
        row = await self._reader.row(_REVERSAL, purchase_id=purchase_id)
        if row is None:
            return None
        return Reversal(
            purchase=read(row["purchase"], Purchase),
            transfer_id=row["transfer_id"],
            wallet=read(row["wallet"], Wallet),
            member=read(row["member"], Member),
            lot=maybe(row["lot"], Lot),
            lots=read(row["lots"], tuple[Lot, ...]),
        )

    async def today(self, staff_id: UUID, since: datetime) -> Today:
        """The shop's sums since then; `mine` newest first; undone purchases are left out."""
        row = await self._reader.answer(_TODAY, staff_id=staff_id, since=since)
        return read(row["today"], Today)
