"""Notices on their way: who is meant, how they can be reached, and what became of them.

Called by the gateway's notice job. A notice is made by the commit that causes it; when no channel
can push it, it stays waiting and is the first line of the next visit (conversation.md).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from core.facts import Notice
from core.values import Address
from storage.database import Database

_LOAD: Final = """
select n.id, n.member_id, n.kind, n.params, n.at, m.name, m.language, m.notices, m.status,
  coalesce((select json_agg(json_build_object('kind', a.kind, 'value', a.value,
      'stopped', coalesce(s.stopped, false)) order by a.at desc)
    from member_address a
    left join address_stop s
      on s.tenant_id = a.tenant_id and s.kind = a.kind and s.value = a.value
    where a.tenant_id = n.tenant_id and a.member_id = n.member_id), '[]') as addresses
from notice n
join member m on m.tenant_id = n.tenant_id and m.id = n.member_id
where n.tenant_id = %(tenant)s and n.id = %(id)s and n.state = 'waiting'
"""
_LAST_IN: Final = """
select last_in_at from conversation where tenant_id = %(tenant)s and id = %(id)s
"""
_CLOSE: Final = """
update notice set state = %(state)s
where tenant_id = %(tenant)s and id = %(id)s and state = 'waiting'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notice that nobody has seen, and its member. `addresses` are those that did not say STOP,
    the newest first."""

    notice: Notice
    at: datetime
    name: str
    language: str
    kinds: tuple[str, ...]
    active: bool
    addresses: tuple[Address, ...]


class Notices:
    """Reads and settles notices of one tenant at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def load(self, tenant: UUID, notice_id: UUID) -> Waiting | None:
        """A notice that still waits, or None when it was seen, sent or dropped. One trip."""
        rows = await self._db.read(tenant, _LOAD, {"tenant": tenant, "id": notice_id})
        return _waiting(rows[0]) if rows else None

    async def last_in(self, owner: UUID, conversation_id: UUID) -> datetime | None:
        """When the person last wrote in this conversation; None when never. One trip."""
        params = {"tenant": owner, "id": conversation_id}
        rows = await self._db.read(owner, _LAST_IN, params)
        return rows[0]["last_in_at"] if rows else None

    async def close(
        self, tenant: UUID, notice_id: UUID, state: Literal["sending", "dropped"]
    ) -> None:
        """The notice is on its way, or nobody wants it; either way no visit says it."""
        params = {"tenant": tenant, "id": notice_id, "state": state}
        async with self._db.write(tenant) as tx:
            await tx.run(_CLOSE, params)


def _waiting(row: dict[str, Any]) -> Waiting:
    reachable = (address for address in row["addresses"] if not address["stopped"])
    return Waiting(
        notice=Notice(
            id=row["id"], member_id=row["member_id"], kind=row["kind"], params=row["params"]
        ),
        at=row["at"],
        name=row["name"],
        language=row["language"],
        kinds=tuple(row["notices"]),
        active=row["status"] == "active",
        addresses=tuple(Address(address["kind"], address["value"]) for address in reachable),
    )
