"""The café of the worked examples on a real database, with a clock that only tests move.

A command takes the way of every door without the door: begin, execute, commit, again when stale.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from core.errors import LoyaltyError
from core.facts import Programme
from core.ports import Command
from core.service import execute
from core.values import Address
from storage.crypto import Vault
from storage.database import Database, Stale
from storage.identifiers import Identifiers
from storage.programmes import Programmes
from storage.turns import BeginAsk, Snapshot, Turns, Work
from storage.unit_of_work import TurnWork
from tests.core.cafe import STAFF, cafe
from tests.core.memory import PlainHasher
from tests.core.tables import Tables
from tests.shops import ids, list_address, put
from tests.storage.reading import read_tables

TRIES_MAX = 300
NOWHERE = UUID(int=0)
"""Commands without a conversation name no channel and no conversation."""

_NUMBERS = count(1)


@dataclass(slots=True)
class LedgerShop:
    """One tenant. `at` starts at tomorrow's noon in Amman, so that a run's days are always the
    same and nothing has ended by the database's own clock. `answers` are those that were given, by
    what is stored of them; `reruns` counts the turns that ran again."""

    programme: Programme
    turns: Turns
    db: Database
    vault: Vault
    superuser: psycopg.Connection
    at: datetime
    identifiers: Identifiers
    rng: random.Random = field(default_factory=lambda: random.Random(4))
    answers: dict[bytes, Any] = field(default_factory=dict)
    reruns: int = 0

    async def ask(
        self, sender: Address, command: Command[Any], key: str, at: datetime | None = None
    ) -> Any:
        """The result, or the refusal as a value; the same again for the same key."""
        for _ in range(TRIES_MAX):
            snapshot = await self.turns.begin(self._ask(sender, key))
            if snapshot.answer:
                assert snapshot.answer.command == type(command).__name__
                assert snapshot.answer.answer
                return self.answers[snapshot.answer.answer]
            try:
                return await self._attempt(snapshot, command, key, at or self.at)
            except Stale:
                self.reruns += 1
                await asyncio.sleep(self.rng.uniform(0, 0.01))
        raise AssertionError("starved")

    async def _attempt(
        self, snapshot: Snapshot, command: Command[Any], key: str, at: datetime
    ) -> Any:
        work = TurnWork(snapshot.caller, at, self.db, self.vault, self.identifiers, PlainHasher())
        try:
            answer: Any = await execute(work, command)
        except LoyaltyError as refusal:
            answer = refusal
        stored = ids.uuid7().bytes
        self.answers[stored] = answer
        await self.turns.commit(
            Work(
                owner=self.tenant,
                tenant=self.tenant,
                key=key,
                command=type(command).__name__,
                input_hash=self.vault.mac("input", key, repr(command)),
                ref=work.ref if work.changes else None,
                answer=stored,
                changes=tuple(work.changes),
            )
        )
        return answer

    def _ask(self, sender: Address, key: str) -> BeginAsk:
        return BeginAsk(
            owner=self.tenant,
            tenant=self.tenant,
            conversation_id=NOWHERE,
            sender=sender,
            key=key,
        )

    @property
    def tenant(self) -> UUID:
        """The shop's id."""
        return self.programme.tenant_id

    def tables(self) -> Tables:
        """Its rows now."""
        return read_tables(self.superuser, self.tenant)


async def open_ledger_shop(
    db: Database,
    vault: Vault,
    superuser: psycopg.Connection,
    settings: Mapping[str, object],
    stock: dict[UUID, int] | None = None,
) -> LedgerShop:
    """Another café; `settings` are of its programme, as in tests.core.cafe, and so is the stock
    when none is given."""
    number = next(_NUMBERS)
    shop = cafe(**settings)
    tenant = ids.uuid7()
    wanted = replace(shop.programme, tenant_id=tenant, slug=f"cafe-{number}")
    with superuser.transaction():
        _write(superuser, wanted, stock or shop.tables.stock)
    programmes = Programmes(db)
    kept = await programmes.get(tenant, 1)
    assert kept == wanted, "what was configured is what is read"
    return LedgerShop(
        programme=kept,
        turns=Turns(db, vault, programmes),
        db=db,
        vault=vault,
        superuser=superuser,
        at=datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1),
        identifiers=Identifiers(random.Random(number), _ticking()),
    )


def _ticking() -> Any:
    """A clock for ids that is the same in every run."""
    seconds = count(1_800_000_000)
    return lambda: float(next(seconds))


def _write(superuser: psycopg.Connection, wanted: Programme, stock: dict[UUID, int]) -> None:
    tenant = wanted.tenant_id
    row = asdict(wanted)
    put(superuser, "tenant", id=tenant, **{name: row.pop(name) for name in ("slug", "name")})
    kept = ("tenant_id", "config_version", "dial", "tiers", "rewards", "texts")
    settings = {name: value for name, value in row.items() if name not in kept}
    settings["languages"] = list(wanted.languages)
    settings["shortcuts"] = Jsonb(wanted.shortcuts)
    put(superuser, "programme", tenant_id=tenant, **settings)
    for tier in wanted.tiers:
        put(superuser, "tier", tenant_id=tenant, **asdict(tier))
    for position, reward in enumerate(wanted.rewards):
        put(superuser, "reward", tenant_id=tenant, position=position, **asdict(reward))
        if reward.stocked:
            left = stock[reward.id]
            put(superuser, "stock", tenant_id=tenant, reward_id=reward.id, total=left,
                available=left)  # fmt: skip
    for staff in STAFF:
        put(superuser, "staff", tenant_id=tenant, **asdict(staff))
        list_address(superuser, tenant, Address("msisdn", staff.phone), "staff", staff.id)
