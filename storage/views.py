"""Looks that no dialog needs: where a conversation stands, what moved on an account, who is who.

Called by the simulator's inside view (dev only). Each is one trip within one tenant.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.values import Address
from storage.crypto import Vault, place
from storage.database import Database
from storage.work import SESSION_PLACE

_AT_TENANT: Final = "select at_tenant from conversation where id = %(id)s"
_SESSION: Final = "select session from conversation where id = %(id)s"
# A hold is no transfer, but it is when a member sees the points go (docs/domain.md C1); its state
# says what became of it, so that what was posted is not read as charged twice.
_MOVES: Final = """
with wallet as (
    select a.id from member_address m
    join account a on a.tenant_id = m.tenant_id and a.member_id = m.member_id
    where m.kind = %(kind)s and m.value = %(value)s
), moves as (
    select t.id::text as id, t.at, t.code, t.amount, t.debit, t.credit, t.balance_after as balance,
      t.ref, t.detail, '' as state, w.id::text as wallet
    from wallet w
    join entry e on e.account_id = w.id
    join transfer t on t.tenant_id = e.tenant_id and t.id = e.transfer_id
    union all
    select h.id::text, h.at, 'hold', h.amount, w.id::text, 'held', a.posted - a.held,
      coalesce(i.ref, ''), coalesce(i.reward_name, ''), h.state, w.id::text
    from wallet w
    join account a on a.id = w.id
    join hold h on h.account_id = w.id
    left join issuance i on i.tenant_id = h.tenant_id and i.hold_id = h.id
), newest as (
    select * from moves where id > %(after)s order by id desc limit 20
)
select * from newest order by id
"""
_PEOPLE: Final = """
select s.name, s.phone as number, s.role as note from staff s where s.active
union all
select m.name, a.value, 'member' from member m
join member_address a on a.tenant_id = m.tenant_id and a.member_id = m.id
where m.status = 'active' and a.kind = 'msisdn'
order by note, name limit 40
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move of points of a member's wallet, as the ledger has it; a hold is credited `held`,
    and its `state` is open, posted, voided or expired; that of a transfer is ""."""

    id: str
    at: datetime
    code: str
    amount: int
    debit: str
    credit: str
    balance: int
    ref: str
    detail: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A number that means somebody: a member, or staff by their role (`note`)."""

    name: str
    number: str
    note: str


class Views:
    """The looks, on one database."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def session(self, owner: UUID, conversation_id: UUID) -> bytes | None:
        """A conversation's stored session; None when there is no such conversation."""
        rows = await self._db.read(owner, _SESSION, {"id": conversation_id})
        if not rows:
            return None
        return self._vault.open(place(owner, SESSION_PLACE), bytes(rows[0]["session"]))

    async def at_tenant(self, owner: UUID, conversation_id: UUID) -> UUID | None:
        """The tenant that a conversation on a shared channel is at; None for none."""
        rows = await self._db.read(owner, _AT_TENANT, {"id": conversation_id})
        return rows[0]["at_tenant"] if rows else None

    async def moves(self, tenant: UUID, address: Address, after: str) -> list[Move]:
        """What moved on the wallet of an address after the move `after`; for "" the last 20."""
        params = {"kind": address.kind, "value": address.value, "after": after}
        rows = await self._db.read(tenant, _MOVES, params)
        return [_move(**row) for row in rows]

    async def people(self, tenant: UUID) -> list[Person]:
        """A tenant's staff and some of its members."""
        return [Person(**row) for row in await self._db.read(tenant, _PEOPLE)]


def _move(*, wallet: str, debit: str, credit: str, **row: object) -> Move:
    sides = {"debit": debit, "credit": credit}
    named = {side: "member" if account == wallet else account for side, account in sides.items()}
    return Move(**named, **row)  # type: ignore[arg-type]
