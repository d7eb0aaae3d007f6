"""core.ports.Loads over tables in memory."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from core.facts import (
    OPEN_STATES,
    Caller,
    Counter,
    Issuance,
    Lot,
    Scope,
    Staff,
    TillCode,
    Wallet,
)
from core.links import Linked, Linking
from core.ports import (
    Award,
    Counted,
    CounterSigning,
    Customer,
    DueLots,
    HistoryLine,
    JoinTarget,
    Redemption,
    Reversal,
    Settlement,
    Today,
)
from core.purchases import Purchase
from core.values import Address, Shop
from tests.core import links
from tests.core.settlements import settlement_of
from tests.core.tables import Tables


class MemoryLoads:
    """Every load is counted, as each is a trip to a real database."""

    def __init__(
        self,
        tables: Tables,
        caller: Caller,
        staff: Iterable[Staff],
        shops: dict[str, JoinTarget],
        now: datetime,
    ) -> None:
        self.tables, self.caller, self.staff, self.others = tables, caller, tuple(staff), shops
        self.now, self.trips = now, 0

    async def linking(self, code: str) -> Counted[Linking]:
        self.trips += 1
        return links.typed(self, self.code_row(code, "link"))

    async def linking_by_id(self, code_id: UUID) -> Linking | None:
        self.trips += 1
        return links.typed(self, self.tables.codes[code_id]).found

    async def linked(self, member_id: UUID) -> Linked | None:
        self.trips += 1
        return links.newest(self, member_id)

    async def redemption(self, reward_id: UUID) -> Redemption:
        assert self.caller.wallet
        assert self.caller.member
        self.trips += 1
        return Redemption(
            lots=self.lots_of(self.caller.wallet.id),
            stock=self.tables.stock.get(reward_id),
            pin=self.counted("pin", str(self.caller.member.id)),
        )

    async def stocks(self) -> dict[UUID, int]:
        self.trips += 1
        return dict(self.tables.stock)

    async def issuances(self, member_id: UUID, *, is_open: bool) -> tuple[Issuance, ...]:
        self.trips += 1
        rows = [i for i in self.tables.issuances.values() if i.member_id == member_id]
        rows = [i for i in rows if (i.state in OPEN_STATES) == is_open]
        rows.sort(key=lambda i: i.id, reverse=True)
        return tuple(replace(i, code=self._live_code(i.id)) for i in rows)

    async def reserved(self, *, limit: int) -> tuple[Issuance, ...]:
        self.trips += 1
        rows = [i for i in self.tables.issuances.values() if i.state == "reserved"]
        return tuple(sorted(rows, key=lambda i: i.id)[:limit])

    async def settlement(self, issuance_id: UUID) -> Settlement | None:
        self.trips += 1
        return settlement_of(self, issuance_id)

    async def settlement_by_code(self, code: str, staff_id: UUID) -> Counted[Settlement]:
        self.trips += 1
        row = self.code_row(code, "issuance")
        found = settlement_of(self, row.issuance_id) if row and row.issuance_id else None
        return Counted(found=found, tries=self.counted("till", str(staff_id)))

    async def counter_signing(
        self, issuance_id: UUID, staff_number: int
    ) -> Counted[CounterSigning]:
        self.trips += 1
        assert self.caller.member
        settlement = settlement_of(self, issuance_id)
        staff = next((s for s in self.staff if s.number == staff_number), None)
        tried = self.counted("use_here_staff", str(staff.id)) if staff else None
        found = (
            CounterSigning(settlement=settlement, staff=staff, staff_tries=tried)
            if settlement
            else None
        )
        tries = self.counted("use_here", str(self.caller.member.id))
        return Counted(found=found, tries=tries)

    async def own_code(self, member_id: UUID, kind: Literal["member", "link"]) -> TillCode | None:
        self.trips += 1
        rows = [c for c in self.tables.codes.values() if c.member_id == member_id]
        rows = [c for c in rows if c.kind == kind]
        return max(rows, key=lambda c: c.id, default=None)

    async def counter(self, scope: Scope, subject: str) -> Counter:
        self.trips += 1
        return self.counted(scope, subject)

    async def customer_by_address(self, address: Address) -> Customer | None:
        self.trips += 1
        member_id = self.tables.addresses.get(address)
        return self.person(member_id) if member_id else None

    async def customer_by_code(self, code: str, staff_id: UUID) -> Counted[Customer]:
        self.trips += 1
        row = self.code_row(code, "member")
        customer = self.person(row.member_id) if row else None
        found = replace(customer, code=row) if customer else None
        return Counted(found=found, tries=self.counted("till", str(staff_id)))

    async def customer(self, member_id: UUID) -> Customer | None:
        self.trips += 1
        return self.person(member_id)

    async def addresses(self, member_id: UUID) -> tuple[Address, ...]:
        self.trips += 1
        return tuple(a for a, owner in self.tables.addresses.items() if owner == member_id)

    async def lots(self, account_id: UUID) -> tuple[Lot, ...]:
        self.trips += 1
        return self.lots_of(account_id)

    async def award(
        self,
        member_id: UUID,
        *,
        amount_minor: int,
        since: datetime,
        receipt: tuple[str, str | None] | None,
        code_id: UUID | None,
    ) -> Award | None:
        self.trips += 1
        customer = self.person(member_id)
        if customer is None:
            return None
        counting = [p for p in self.tables.earned_by.values() if not self._undone(p.id)]
        receipts = [(p.receipt_no, p.store) for p in counting]
        code = self.tables.codes.get(code_id) if code_id else None
        return Award(
            customer=customer,
            repeated=self._repeated(member_id, amount_minor, since),
            receipt_known=receipt in receipts if receipt else False,
            code=code if code and (code.kind, code.member_id) == ("member", member_id) else None,
        )

    async def reversal(self, purchase_id: UUID) -> Reversal | None:
        self.trips += 1
        purchase = self.tables.purchases.get(purchase_id)
        if purchase is None:
            return None
        transfer_id = self.tables.earned_by[purchase_id].transfer_id
        return Reversal(
            purchase=purchase,
            transfer_id=transfer_id,
            wallet=self.wallet_of(purchase.member_id),
            member=self.tables.members[purchase.member_id],
            lot=self.tables.lots[self.tables.lot_of[transfer_id]] if transfer_id else None,
            lots=self.lots_of(self.wallet_of(purchase.member_id).id),
        )

    async def history(
        self, member_id: UUID, *, before: UUID | None, limit: int
    ) -> tuple[HistoryLine, ...]:
        self.trips += 1
        own = self.wallet_of(member_id).id
        rows = [t for t in self.tables.transfers.values() if own in (t.debit, t.credit)]
        rows = sorted((t for t in rows if not before or t.id < before), key=lambda t: t.id)[::-1]
        return tuple(
            HistoryLine(
                id=t.id,
                at=t.at,
                points=t.amount if t.credit == own else -t.amount,
                code=t.code,
                detail=t.detail,
                ref=t.ref,
            )
            for t in rows[:limit]
        )

    async def today(self, staff_id: UUID, since: datetime) -> Today:
        self.trips += 1
        rows = [p for p in self.tables.purchases.values() if p.at >= since and not p.reversed]
        issued = self.tables.issuances.values()
        return Today(
            awards=len(rows),
            amount_minor=sum(p.amount_minor for p in rows),
            points=sum(p.points for p in rows),
            redemptions=len([i for i in issued if i.reserved_at >= since]),
            uses=len([i for i in issued if i.redeemed_at and i.redeemed_at >= since]),
            joins=len([m for m in self.tables.members.values() if m.joined_at >= since]),
            mine=tuple(p for p in rows if p.staff_id == staff_id),
        )

    async def tenant_by_join_code(self, code: str) -> Counted[JoinTarget]:
        self.trips += 1
        subject = sha256(str(self.caller.address).encode()).hexdigest()
        return Counted(found=self.others.get(code), tries=self.counted("join_code", subject))

    async def shops(self, *, after: tuple[str, str] | None, limit: int) -> tuple[Shop, ...]:
        raise NotImplementedError("the database is asked: tests/storage/loads/test_shops.py")

    async def shops_like(self, typed: str) -> tuple[Shop, ...]:
        raise NotImplementedError("the database is asked: tests/storage/loads/test_shops.py")

    async def due_issuances(self, *, limit: int) -> tuple[UUID, ...]:
        self.trips += 1
        rows = [i for i in self.tables.issuances.values() if i.state in OPEN_STATES]
        return tuple(i.id for i in rows if i.expires_at <= self.now)[:limit]

    async def due_lots(self, *, limit: int) -> tuple[DueLots, ...]:
        self.trips += 1
        due = []
        for wallet in self.tables.wallets.values():
            rows = [lot for lot in self.lots_of(wallet.id) if lot.expires_at]
            over = tuple(lot for lot in rows if lot.expires_at and lot.expires_at <= self.now)
            member = self.tables.members[wallet.member_id]
            due += [DueLots(wallet=wallet, member=member, lots=over)] if over else []
        return tuple(due[:limit])

    def _undone(self, purchase_id: UUID) -> bool:
        return self.tables.purchases[purchase_id].reversed

    def lots_of(self, account_id: UUID) -> tuple[Lot, ...]:
        rows = self.tables.lots.values()
        return tuple(lot for lot in rows if lot.account_id == account_id and lot.remaining)

    def counted(self, scope: Scope, subject: str) -> Counter:
        return self.tables.counters.get((scope, subject)) or Counter(scope=scope, subject=subject)

    def wallet_of(self, member_id: UUID) -> Wallet:
        return next(w for w in self.tables.wallets.values() if w.member_id == member_id)

    def person(self, member_id: UUID) -> Customer | None:
        member = self.tables.members.get(member_id)
        if member is None:
            return None
        phones = [a.value for a, owner in self.tables.addresses.items() if owner == member_id]
        phone = next((value for value in phones if value.startswith("+")), None)
        linked = links.is_linked(self.tables, member_id)
        return Customer(member=member, wallet=self.wallet_of(member_id), phone=phone, linked=linked)

    def code_row(self, digits: str, kind: Literal["member", "issuance", "link"]) -> TillCode | None:
        rows = [c for c in self.tables.codes.values() if c.code == digits and c.kind == kind]
        return max(rows, key=lambda c: c.id, default=None)

    def _live_code(self, issuance_id: UUID) -> str | None:
        rows = [c for c in self.tables.codes.values() if c.issuance_id == issuance_id]
        live = [c for c in rows if c.used_at is None and c.expires_at > self.now]
        return live[-1].code if live else None

    def _repeated(self, member_id: UUID, amount_minor: int, since: datetime) -> Purchase | None:
        staff_id = self.caller.staff.id if self.caller.staff else None
        rows = [p for p in self.tables.purchases.values() if p.member_id == member_id]
        rows = [p for p in rows if p.amount_minor == amount_minor and p.staff_id == staff_id]
        rows = [p for p in rows if p.at >= since and not p.reversed]
        return max(rows, key=lambda p: p.id, default=None)
