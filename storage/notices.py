"""Notices on their way: who is meant and how they can be reached.

Called by the gateway's notice job. A notice is made by the commit that causes it; when no channel
can push it, it stays waiting and is the first line of the next visit (conversation.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.facts import Notice, NoticeState
from core.values import Address
from storage.database import Database

_LOAD: Final = """
select n.id, n.member_id, n.kind, n.params, m.language, m.status,
  coalesce((select json_agg(json_build_object('kind', a.kind, 'value', a.value) order by a.at desc)
    from member_address a
    where a.tenant_id = n.tenant_id and a.member_id = n.member_id
      and (n.kind <> 'linked' or a.at < n.at) and not exists (
      select from address_stop s
      where s.tenant_id = a.tenant_id and s.kind = a.kind and s.value = a.value
        and s.stopped)), '[]') as addresses
from notice n
join member m on m.tenant_id = n.tenant_id and m.id = n.member_id
where n.tenant_id = %(tenant)s and n.id = %(id)s and n.state = 'waiting'
"""
_REACHED: Final = """
select a.kind, a.value from member_address a
where a.tenant_id = %(tenant)s and a.member_id = %(id)s and not exists (
  select from address_stop s
  where s.tenant_id = a.tenant_id and s.kind = a.kind and s.value = a.value and s.stopped)
order by a.at desc
"""
_LAST_IN: Final = """
select last_in_at from conversation where tenant_id = %(tenant)s and id = %(id)s
"""
_SPOKE: Final = """
select exists (select from conversation where tenant_id = %(tenant)s and id = any(%(ids)s)) as spoke
"""
_STATE: Final = """
select state from notice where tenant_id = %(tenant)s and id = %(id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notice that nobody has seen, and its member. `addresses` are those that did not say STOP,
    the newest first; of a link those only that were the member's before it, since it warns."""

    notice: Notice
    language: str
    active: bool
    addresses: tuple[Address, ...]


class Notices:
    """Reads notices of one tenant at a time; commits move them (core.changes.NoticeMoved)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def load(self, tenant: UUID, notice_id: UUID) -> Waiting | None:
        """A notice that still waits, or None when it was seen, sent or dropped. One trip."""
        rows = await self._db.read(tenant, _LOAD, {"tenant": tenant, "id": notice_id})
        return _waiting(rows[0]) if rows else None

    async def reached(self, tenant: UUID, member_id: UUID) -> tuple[Address, ...]:
        """A member's addresses that did not say STOP, the newest first. One trip."""
        rows = await self._db.read(tenant, _REACHED, {"tenant": tenant, "id": member_id})
        return tuple(Address(row["kind"], row["value"]) for row in rows)

    async def last_in(self, owner: UUID, conversation_id: UUID) -> datetime | None:
        """When the person last wrote in this conversation; None when never. One trip."""
        params = {"tenant": owner, "id": conversation_id}
        rows = await self._db.read(owner, _LAST_IN, params)
        return rows[0]["last_in_at"] if rows else None

    async def spoke(self, owner: UUID, conversation_ids: Sequence[UUID]) -> bool:
        """Whether one of these conversations ever began. One trip."""
        params = {"tenant": owner, "ids": list(conversation_ids)}
        (row,) = await self._db.read(owner, _SPOKE, params)
        return bool(row["spoke"])

    async def state(self, tenant: UUID, notice_id: UUID) -> NoticeState | None:
        """Where a notice stands, or None when there is none. One trip."""
        rows = await self._db.read(tenant, _STATE, {"tenant": tenant, "id": notice_id})
        return rows[0]["state"] if rows else None


def _waiting(row: dict[str, Any]) -> Waiting:
    return Waiting(
        notice=Notice(
            id=row["id"], member_id=row["member_id"], kind=row["kind"], params=row["params"]
        ),
        language=row["language"],
        active=row["status"] == "active",
        addresses=tuple(Address(each["kind"], each["value"]) for each in row["addresses"]),
    )
