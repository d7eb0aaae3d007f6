"""Redeeming, issuances on their way, till codes."""

from dataclasses import replace
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    not_,
    or_,
    select,
)

from core.facts import (
    OPEN_STATES,
    Counter,
    Hold,
    Issuance,
    LotUse,
    Member,
    Staff,
    TillCode,
    Wallet,
)
from core.ports import Counted, CounterSigning, Redemption, Settlement
from storage.database import Stale
from storage.loads.reader import Reader, counted, maybe, read
from storage.loads.redemptions import RedemptionAsk, redemptions
from storage.loads.shapes import (
    CODE,
    ISSUANCE,
    LIMIT,
    MEMBER,
    NOW,
    SPENT_BY,
    WALLET,
    listed,
    shape_of,
    sub,
    tries,
    tries_of,
)
from storage.statements import frozen, shape
from storage.tables import (
    account,
    hold,
    issuance,
    lot,
    lot_use,
    member,
    reward,
    staff,
    stock,
    till_code,
)

_ID: Final = bindparam("issuance_id", type_=Uuid)
_MEMBER: Final = bindparam("member_id", type_=Uuid)
_STOCKS: Final = frozen(
    select(stock.c.reward_id, stock.c.available)
    .join(reward, reward.c.id == stock.c.reward_id)
    .where(reward.c.stocked)
)

_LIVE: Final = and_(issuance.c.state.in_(OPEN_STATES), issuance.c.expires_at > NOW)
_SHOWN: Final = {
    True: frozen(
        select(ISSUANCE.label("issuance"))
        .join_from(issuance, member, member.c.id == issuance.c.member_id)
        .where(issuance.c.member_id == _MEMBER, _LIVE)
        .order_by(issuance.c.id.desc())
    ),
    False: frozen(
        select(ISSUANCE.label("issuance"))
        .join_from(issuance, member, member.c.id == issuance.c.member_id)
        .where(issuance.c.member_id == _MEMBER, not_(_LIVE))
        .order_by(issuance.c.id.desc())
        .limit(50)
    ),
}
_RESERVED: Final = frozen(
    select(ISSUANCE.label("issuance"))
    .join_from(issuance, member, member.c.id == issuance.c.member_id)
    .where(issuance.c.state == "reserved", issuance.c.expires_at > NOW)
    .order_by(issuance.c.id)
    .limit(LIMIT)
)
_DUE: Final = frozen(
    select(issuance.c.id)
    .where(issuance.c.state.in_(OPEN_STATES), issuance.c.expires_at <= NOW)
    .order_by(issuance.c.expires_at)
    .limit(LIMIT)
)
_OWN_CODE: Final = frozen(
    select(CODE.label("code"))
    .where(
        till_code.c.member_id == _MEMBER,
        till_code.c.kind == bindparam("kind", type_=Text),
        till_code.c.used_at.is_(None),
        till_code.c.expires_at > NOW,
    )
    .order_by(till_code.c.id.desc())
    .limit(1)
)

_USES: Final = (
    select(
        listed(
            shape_of(LotUse, lot_use, lot_expires_at=lot.c.expires_at, account_id=lot.c.account_id),
            lot_use.c.id,
        )
    )
    .join_from(lot_use, lot, lot.c.id == lot_use.c.lot_id)
    .where(
        or_(
            lot_use.c.hold_id == issuance.c.hold_id,
            lot_use.c.transfer_id == issuance.c.transfer_id,
        )
    )
)
_NEWEST_CODE: Final = (
    select(CODE)
    .where(till_code.c.issuance_id == issuance.c.id)
    .order_by(till_code.c.id.desc())
    .limit(1)
)
_SETTLEMENT: Final = shape(
    issuance=ISSUANCE,
    member=MEMBER,
    wallet=WALLET,
    hold=sub(select(shape_of(Hold, hold)).where(hold.c.id == issuance.c.hold_id), issuance),
    uses=sub(_USES, issuance),
    spent_by=SPENT_BY,
    code=sub(_NEWEST_CODE, issuance),
)


def _settlement(issuance_id: ColumnElement[Any]) -> Select[Any]:
    return (
        select(_SETTLEMENT)
        .select_from(issuance)
        .join(member, member.c.id == issuance.c.member_id)
        .join(account, account.c.member_id == member.c.id)
        .where(issuance.c.id == issuance_id)
    )


_BY_ID: Final = frozen(select(sub(_settlement(_ID)).label("settlement")))
_TYPED_CODE: Final = sub(
    select(till_code.c.issuance_id).where(
        till_code.c.code_hash == bindparam("code_hash", type_=LargeBinary),
        till_code.c.kind == "issuance",
    )
)
_BY_CODE: Final = frozen(
    select(
        sub(_settlement(_TYPED_CODE)).label("settlement"),
        tries("till", "subject").label("tries"),
    )
)
_SIGNER: Final = and_(staff.c.number == bindparam("number", type_=Integer), staff.c.active)
_COUNTER_SIGNING: Final = frozen(
    select(
        sub(_settlement(_ID)).label("settlement"),
        sub(select(shape_of(Staff, staff)).where(_SIGNER)).label("staff"),
        tries_of("use_here_staff", sub(select(staff.c.id).where(_SIGNER))).label("staff_tries"),
        tries("use_here", "subject").label("tries"),
    )
)


class RewardLoads:
    """The part of core.ports.Loads about rewards."""

    _reader: Reader

    async def redemption(self, reward_id: UUID) -> Redemption:
        """The caller's lots, the reward's stock and the caller's wrong PINs. Raises Stale when the
        lots are newer than the wallet that begin read."""
        wallet = self._reader.caller.wallet
        assert wallet is not None, "only a member redeems"
        ask = RedemptionAsk(
            tenant=self._reader.tenant,
            account=wallet.id,
            member=wallet.member_id,
            reward=reward_id,
        )
        found = await redemptions(self._reader.db).fly(ask)
        if found.version not in (wallet.version, None):
            # Points moved since begin: these lots are not that wallet's.
            raise Stale("account")
        pin = found.tries or Counter(scope="pin", subject=str(wallet.member_id))
        return Redemption(lots=found.lots, stock=found.stock, pin=pin)

    async def stocks(self) -> dict[UUID, int]:
        """What is left of each reward that stock limits."""
        found = await self._reader.rows(_STOCKS)
        return {row["reward_id"]: row["available"] for row in found}

    async def issuances(self, member_id: UUID, *, is_open: bool) -> tuple[Issuance, ...]:
        """A member's, newest first. One past its end counts as closed before the sweep says so."""
        return self._issuances(await self._reader.rows(_SHOWN[is_open], member_id=member_id))

    async def reserved(self, *, limit: int) -> tuple[Issuance, ...]:
        """What waits for approval and has not run out, the oldest first."""
        return self._issuances(await self._reader.rows(_RESERVED, limit=limit))

    def _issuances(self, found: list[dict[str, Any]]) -> tuple[Issuance, ...]:
        return tuple(read(self._reader.opened(row["issuance"]), Issuance) for row in found)

    async def settlement(self, issuance_id: UUID) -> Settlement | None:
        """All that closing this issuance needs."""
        row = await self._reader.answer(_BY_ID, issuance_id=issuance_id)
        return self._settlement(row["settlement"])

    async def settlement_by_code(self, code: str, staff_id: UUID) -> Counted[Settlement]:
        """By an issuance's till code, used or not, and the staff's wrong tries."""
        subject, hashed = str(staff_id), self._reader.code_hash(code)
        row = await self._reader.answer(_BY_CODE, code_hash=hashed, subject=subject)
        return Counted(
            found=self._settlement(row["settlement"]),
            tries=counted(row["tries"], "till", subject),
        )

    async def counter_signing(
        self, issuance_id: UUID, staff_number: int
    ) -> Counted[CounterSigning]:
        """An issuance, the active staff with this number, and the wrong tries of both."""
        member_ = self._reader.caller.member
        assert member_ is not None, "only a member uses a reward on their own phone"
        subject = str(member_.id)
        row = await self._reader.answer(
            _COUNTER_SIGNING, issuance_id=issuance_id, number=staff_number, subject=subject
        )
        settlement, signer = self._settlement(row["settlement"]), maybe(row["staff"], Staff)
        tries_here = counted(row["tries"], "use_here", subject)
        if settlement is None:
            return Counted(found=None, tries=tries_here)
        signing = CounterSigning(settlement=settlement, staff=signer)
        if signer is not None:
            tried = counted(row["staff_tries"], "use_here_staff", str(signer.id))
            signing = replace(signing, staff_tries=tried)
        return Counted(found=signing, tries=tries_here)

    def _settlement(self, document: dict[str, Any] | None) -> Settlement | None:
        if document is None:
            return None
        return Settlement(
            issuance=read(self._reader.opened(document["issuance"]), Issuance),
            member=read(document["member"], Member),
            wallet=read(document["wallet"], Wallet),
            hold=maybe(document["hold"], Hold),
            uses=read(document["uses"], tuple[LotUse, ...]),
            spent_by=maybe(document["spent_by"], UUID),
            code=maybe(self._reader.opened(document["code"]), TillCode),
        )

    async def own_code(self, member_id: UUID, kind: Literal["member", "link"]) -> TillCode | None:
        """A member's own code that can still be used, for the till or for linking a phone."""
        row = await self._reader.row(_OWN_CODE, member_id=member_id, kind=kind)
        return maybe(self._reader.opened(row and row["code"]), TillCode)

    async def due_issuances(self, *, limit: int) -> tuple[UUID, ...]:
        """Open issuances past their end, the longest overdue first."""
        found = await self._reader.rows(_DUE, limit=limit)
        return tuple(row["id"] for row in found)
