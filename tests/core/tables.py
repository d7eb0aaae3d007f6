"""Storage's tables in memory: every change is applied under the conditions the commit has.

A frozen row is replaced, never changed, so copying the dictionaries is a snapshot.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

from core import changes as c
from core.facts import Counter, Hold, Issuance, Lot, Member, Notice, TillCode, Wallet
from core.links import Link
from core.purchases import Purchase
from core.values import Address
from tests.core.belongings import move_belongings


class Stale(Exception):
    """A version or condition no longer holds: the turn must run again."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """A lot_use row."""

    id: UUID
    lot_id: UUID
    amount: int
    hold_id: UUID | None
    transfer_id: UUID | None
    restored: int = 0


def must(condition: bool, why: str) -> None:
    if not condition:
        raise Stale(why)


def copied(change: c.Change, row_type: Callable[..., Any], **more: Any) -> Any:
    """The row of this type from the fields that both have."""
    wanted = {f.name for f in fields(row_type)}  # type: ignore[arg-type]
    same = {f.name: getattr(change, f.name) for f in fields(change) if f.name in wanted}
    return row_type(**(same | more))


@dataclass
class Tables:
    """One tenant's rows."""

    members: dict[UUID, Member] = field(default_factory=dict)
    addresses: dict[Address, UUID] = field(default_factory=dict)
    wallets: dict[UUID, Wallet] = field(default_factory=dict)
    transfers: dict[UUID, c.TransferAdded] = field(default_factory=dict)
    lots: dict[UUID, Lot] = field(default_factory=dict)
    uses: dict[UUID, Use] = field(default_factory=dict)
    holds: dict[UUID, Hold] = field(default_factory=dict)
    purchases: dict[UUID, Purchase] = field(default_factory=dict)
    earned_by: dict[UUID, c.PurchaseAdded] = field(default_factory=dict)
    lot_of: dict[UUID, UUID] = field(default_factory=dict)
    issuances: dict[UUID, Issuance] = field(default_factory=dict)
    codes: dict[UUID, TillCode] = field(default_factory=dict)
    stock: dict[UUID, int] = field(default_factory=dict)
    counters: dict[tuple[str, str], Counter] = field(default_factory=dict)
    notices: dict[UUID, Notice] = field(default_factory=dict)
    consents: dict[UUID, c.ConsentGiven] = field(default_factory=dict)
    stops: dict[Address, bool] = field(default_factory=dict)
    listed: dict[Address, bool] = field(default_factory=dict)
    seen: dict[UUID, datetime] = field(default_factory=dict)
    links: dict[UUID, Link] = field(default_factory=dict)
    undone: dict[UUID, int] = field(default_factory=dict)
    made_by: dict[UUID, UUID] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return Tables(**{f.name: dict(getattr(self, f.name)) for f in fields(self)})

    def commit(self, changes: tuple[c.Change, ...]) -> "Tables":
        """The tables after all of the changes, or Stale and nothing."""
        after = self.copy()
        for kind in (*c.FACTS, *c.MOVES):  # Accounts' versions come first among the moves.
            for change in changes:
                if isinstance(change, kind):
                    after.apply(change)
        after._check_books(self, changes)
        return after

    def _check_books(self, before: "Tables", changes: tuple[c.Change, ...]) -> None:
        """What versions guard must come with its account's one move."""
        moves = [change for change in changes if isinstance(change, c.AccountMoved)]
        assert len({move.id for move in moves}) == len(moves), "one move per account"
        moved = {move.id for move in moves}
        for id_, lot in self.lots.items():
            assert lot == before.lots.get(id_) or lot.account_id in moved, "an unguarded lot"
        for id_, hold in self.holds.items():
            assert hold == before.holds.get(id_) or hold.account_id in moved, "an unguarded hold"
        transfers = [change for change in changes if isinstance(change, c.TransferAdded)]
        for account_id in moved:
            own = [t for t in transfers if account_id in (t.debit, t.credit)]
            wallet = self.wallets[account_id]
            assert all(t.account_version == wallet.version for t in own)
            assert not own or max(own, key=lambda t: t.id).balance_after == wallet.posted

    @singledispatchmethod
    def apply(self, change: c.Change) -> None:
        raise AssertionError(f"nothing applies {change}")

    @apply.register
    def _(self, change: c.MemberAdded) -> None:
        assert change.id not in self.members
        self.members[change.id] = copied(change, Member, version=1, status="active")

    @apply.register
    def _(self, change: c.AddressAdded) -> None:
        address = Address(change.kind, change.value)
        must(address not in self.addresses, "the address has a member")
        self.addresses[address] = change.member_id
        self.listed[address] = True

    @apply.register
    def _(self, change: c.ConsentGiven) -> None:
        self.consents[change.id] = change

    @apply.register
    def _(self, change: c.AccountAdded) -> None:
        assert change.id not in self.wallets
        self.wallets[change.id] = Wallet(id=change.id, member_id=change.member_id, version=1)

    @apply.register
    def _(self, change: c.TransferAdded) -> None:
        assert change.id not in self.transfers
        assert change.amount > 0
        self.transfers[change.id] = change

    @apply.register
    def _(self, change: c.LotAdded) -> None:
        assert change.amount > 0
        assert change.transfer_id in self.transfers
        self.lots[change.id] = copied(change, Lot, remaining=change.amount)
        assert change.origin_id is None or change.origin_id in self.lots
        self.lot_of[change.transfer_id] = change.id
        self.made_by[change.id] = change.transfer_id

    @apply.register
    def _(self, change: c.LotUsed) -> None:
        assert change.amount > 0
        assert (change.hold_id is None) != (change.transfer_id is None)
        self.uses[change.id] = copied(change, Use)

    @apply.register
    def _(self, change: c.HoldAdded) -> None:
        assert change.amount > 0
        self.holds[change.id] = copied(change, Hold, posted_amount=0, state="open")

    @apply.register
    def _(self, change: c.PurchaseAdded) -> None:
        counting = [p for p in self.earned_by.values() if not self.purchases[p.id].reversed]
        receipts = {(p.receipt_no, p.store) for p in counting if p.receipt_no}
        must((change.receipt_no, change.store) not in receipts, "the receipt is known")
        name = self.members[change.member_id].name
        self.purchases[change.id] = copied(change, Purchase, member_name=name)
        self.earned_by[change.id] = change

    @apply.register
    def _(self, change: c.IssuanceAdded) -> None:
        name = self.members[change.member_id].name
        self.issuances[change.id] = copied(change, Issuance, member_name=name)

    @apply.register
    def _(self, change: c.CodeAdded) -> None:
        live = [code for code in self.codes.values() if code.code == change.code]
        taken = any(code.used_at is None and code.expires_at > change.at for code in live)
        must(not taken, "another live code has these digits")
        self.codes[change.id] = copied(change, TillCode)

    @apply.register
    def _(self, change: c.NoticeAdded) -> None:
        self.notices[change.id] = copied(change, Notice)

    @apply.register
    def _(self, change: c.AccountMoved) -> None:
        wallet = self.wallets[change.id]
        must(wallet.version == change.version, "the account moved on")
        wallet = replace(
            wallet,
            version=wallet.version + 1,
            posted=wallet.posted + change.posted,
            held=wallet.held + change.held,
            lifetime_earned=wallet.lifetime_earned + change.lifetime_earned,
            lifetime_spent=wallet.lifetime_spent + change.lifetime_spent,
            visits=wallet.visits + change.visits,
        )
        assert min(wallet.held, wallet.available, wallet.visits) >= 0
        assert min(wallet.lifetime_earned, wallet.lifetime_spent) >= 0
        self.wallets[change.id] = wallet

    @apply.register
    def _(self, change: c.LotMoved) -> None:
        lot = self.lots[change.id]
        assert 0 <= lot.remaining + change.remaining <= lot.amount, "a lot below zero or too full"
        self.lots[lot.id] = replace(lot, remaining=lot.remaining + change.remaining)

    @apply.register
    def _(self, change: c.LotRestored) -> None:
        use = self.uses[change.id]
        assert 0 < change.restored <= use.amount - use.restored, "restored more than was taken"
        self.uses[use.id] = replace(use, restored=use.restored + change.restored)

    @apply.register
    def _(self, change: c.HoldMoved) -> None:
        hold = self.holds[change.id]
        must(hold.state == "open", "the hold is closed")
        assert (0 < change.posted_amount <= hold.amount) == (change.state == "posted")
        self.holds[hold.id] = replace(hold, state=change.state, posted_amount=change.posted_amount)

    @apply.register
    def _(self, change: c.IssuanceMoved) -> None:
        issuance = self.issuances[change.id]
        must(issuance.state == change.was, "the issuance moved on")
        times = {"issued": {"issued_at": change.at}, "redeemed": {"redeemed_at": change.at}}
        ends = {"expires_at": change.expires_at} if change.expires_at else {}
        more: dict[str, Any] = times.get(change.state, {}) | ends
        self.issuances[issuance.id] = replace(issuance, state=change.state, **more)

    @apply.register
    def _(self, change: c.StockMoved) -> None:
        left = self.stock[change.reward_id] + change.available
        must(left >= 0, "the stock is empty")
        self.stock[change.reward_id] = left

    @apply.register
    def _(self, change: c.CounterMoved) -> None:
        counter = self.counters.get((change.scope, change.subject))
        must((counter.n if counter else None) == change.was, "the counter moved on")
        self.counters[change.scope, change.subject] = copied(change, Counter, stored=True)

    @apply.register
    def _(self, change: c.MemberMoved) -> None:
        member = self.members[change.id]
        must(member.version == change.version, "the member moved on")
        self.members[member.id] = copied(change, Member, version=change.version + 1)

    @apply.register
    def _(self, change: c.CodeUsed) -> None:
        code = self.codes[change.id]
        must(code.used_at is None and code.expires_at > change.at, "the code is over")
        self.codes[code.id] = replace(code, used_at=change.at)

    @apply.register
    def _(self, change: c.PurchaseReversed) -> None:
        purchase = self.purchases[change.id]
        must(not purchase.reversed, "the purchase is undone")
        self.purchases[purchase.id] = replace(purchase, reversed=True)

    @apply.register
    def _(self, change: c.NoticeMoved) -> None:
        must((change.was, change.state) == ("waiting", "seen"), "decisions only see notices")
        must(change.id not in self.seen, "the notice is seen")
        self.seen[change.id] = change.at

    @apply.register
    def _(self, change: c.AddressStopped) -> None:
        self.stops[Address(change.kind, change.value)] = change.stopped

    @apply.register
    def _(self, change: c.LinkAdded) -> None:
        self.links[change.id] = copied(change, Link)

    @apply.register
    def _(self, change: c.MemberMerged) -> None:
        member = self.members[change.id]
        was = ("active" if change.into else "merged", change.version)
        must((member.status, member.version) == was, "the member moved on")
        now: Any = {"status": "merged" if change.into else "active", "merged_into": change.into}
        self.members[member.id] = replace(member, version=member.version + 1, **now)

    @apply.register
    def _(self, change: c.AddressMoved) -> None:
        address = Address(change.kind, change.value)
        must(self.addresses.pop(address, None) == change.was, "the address is another's")
        if change.member_id is not None:
            self.addresses[address] = change.member_id

    @apply.register
    def _(self, change: c.BelongingsMoved) -> None:
        move_belongings(self, change)

    @apply.register
    def _(self, change: c.LinkUndone) -> None:
        must(change.id not in self.undone, "the link is undone")
        self.undone[change.id] = change.points

    @apply.register
    def _(self, change: c.AddressListed) -> None:
        address = Address(change.kind, change.value)
        assert self.addresses[address] == change.member_id
        self.listed[address] = change.listed
