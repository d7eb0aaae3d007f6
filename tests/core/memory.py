"""A shop in memory: core.ports.UnitOfWork without a database, as exact as one.

`Shop.ask` runs a command the way the gateway does: begin, execute, commit, again when stale, and
by its key never twice. It also serves as the plain Python model of the ledger's properties.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from core.changes import Change
from core.errors import LoyaltyError
from core.facts import Caller, Expiry, Member, Programme, Staff, Wallet
from core.ports import Command, JoinTarget, Query
from core.service import execute
from core.values import Address, Secret
from tests.core.loads import MemoryLoads
from tests.core.tables import Stale, Tables

R = TypeVar("R")
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class PlainHasher:
    """Hashes that can be read, and how many were made: hashing is the dear part."""

    def __init__(self) -> None:
        self.hashed = 0

    async def hash(self, secret: Secret) -> str:
        self.hashed += 1
        return f"hash of {secret.value}"

    async def matches(self, secret: Secret, stored: str) -> bool:
        return await self.hash(secret) == stored


@dataclass
class MemoryWork:
    """core.ports.UnitOfWork over a snapshot."""

    caller: Caller
    now: datetime
    ref: str
    load: MemoryLoads
    hasher: PlainHasher
    shop: "Shop"
    recorded: list[Change] = field(default_factory=list)

    def new_id(self) -> UUID:
        return self.shop.new_id()

    def digits(self, count: int) -> str:
        return "".join(self.shop.rng.choice("0123456789") for _ in range(count))

    def record(self, *changes: Change) -> None:
        self.recorded.extend(changes)


@dataclass
class Shop:
    """One tenant: its programme, staff and tables, and a clock that only tests move."""

    programme: Programme
    now: datetime
    staff: list[Staff] = field(default_factory=list)
    shops: dict[str, JoinTarget] = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)
    rng: Random = field(default_factory=lambda: Random(2))
    hasher: PlainHasher = field(default_factory=PlainHasher)
    answered: dict[str, Any] = field(default_factory=dict)
    last: tuple[Change, ...] = ()
    trips: int = 0
    ids: int = 0xA000

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def pass_time(self, **parts: float) -> None:
        self.now += timedelta(**parts)

    async def ask(self, sender: Address, command: Command[R], key: str | None = None) -> R:
        """Answer once per key, whatever is repeated; a refusal is raised."""
        if key is not None and key in self.answered:
            answer = self.answered[key]
        else:
            answer = await self._answer(sender, command)
        if key is not None:
            self.answered[key] = answer
        if isinstance(answer, LoyaltyError):
            raise answer
        given: R = answer
        return given

    async def _answer(self, sender: Address, command: Command[Any]) -> Any:
        for _ in range(8):
            before = self.tables
            work = self.begin(sender)
            try:
                answer: Any = await execute(work, command)
            except LoyaltyError as refusal:
                answer = refusal
            assert not (isinstance(command, Query) and work.recorded), (
                "a question changed something"
            )
            assert self.tables is before, "begin to commit is one step here"
            self.last, self.trips = tuple(work.recorded), work.load.trips + 2
            try:
                self.commit(work)
            except Stale:
                continue
            return answer
        raise AssertionError("stale eight times")

    def begin(self, sender: Address) -> MemoryWork:
        """A snapshot of who asks; two of them before either commits make a race."""
        caller = self.caller(sender)
        alphabet = [self.rng.choice(CROCKFORD) for _ in range(7)]
        return MemoryWork(
            caller=caller,
            now=self.now,
            ref="".join(alphabet),
            load=MemoryLoads(self.tables, caller, self.staff, self.shops, self.now),
            hasher=self.hasher,
            shop=self,
        )

    def commit(self, work: MemoryWork) -> None:
        """All changes or none. Raises Stale."""
        self.tables = self.tables.commit(tuple(work.recorded))

    def caller(self, sender: Address) -> Caller:
        tables = self.tables
        member_id = tables.addresses.get(sender)
        wallet = self.wallet(member_id) if member_id else None
        waiting = [n for n in tables.notices.values() if n.member_id == member_id]
        return Caller(
            programme=self.programme,
            address=sender,
            member=tables.members[member_id] if member_id else None,
            wallet=wallet,
            staff=next((one for one in self.staff if one.phone == sender.value), None),
            next_expiry=self._next_expiry(wallet) if wallet else None,
            expired_unbooked=self._expired(wallet) if wallet else 0,
            stopped=tables.stops.get(sender, False),
            unseen=tuple(n for n in waiting if n.id not in tables.seen),
        )

    def _next_expiry(self, wallet: Wallet) -> Expiry | None:
        rows = [lot for lot in self.tables.lots.values() if lot.account_id == wallet.id]
        ends = [lot.expires_at for lot in rows if lot.expires_at and lot.remaining]
        ends = [end for end in ends if end > self.now]
        if not ends:
            return None
        points = sum(lot.remaining for lot in rows if lot.expires_at == min(ends))
        return Expiry(points=points, at=min(ends))

    def _expired(self, wallet: Wallet) -> int:
        rows = [lot for lot in self.tables.lots.values() if lot.account_id == wallet.id]
        return sum(lot.remaining for lot in rows if lot.expires_at and lot.expires_at <= self.now)

    def member(self, sender: Address) -> Member:
        return self.tables.members[self.tables.addresses[sender]]

    def wallet(self, member_id: UUID) -> Wallet:
        return next(w for w in self.tables.wallets.values() if w.member_id == member_id)

    def wallet_at(self, sender: Address) -> Wallet:
        return self.wallet(self.tables.addresses[sender])
