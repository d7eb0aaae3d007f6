"""Messages to people on their way: stored by a commit, sent by their job, settled by reports.

Called by the delivery job and by the doors for delivery reports. A state only moves forward:
queued → unknown → sent → delivered → read; failed is final, and comes from sent or before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Integer, Text, Uuid, bindparam, func, select, update

from storage.crypto import Vault, place
from storage.database import Conflict, Database, Row
from storage.inbox import storable
from storage.statements import frozen
from storage.tables import outbound
from storage.turns import PAYLOAD_PLACE, OutboundRow

State = Literal["queued", "unknown", "sent", "delivered", "read", "failed"]
Reported = Literal["sent", "delivered", "read", "failed"]
Outcome = Literal["moved", "stale", "unknown"]

RANKS: Final[dict[State, int]] = {
    "queued": 0, "unknown": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5,
}  # fmt: skip
EARLY_MAX: Final = 1000
_RANKS: Final = msgspec.json.encode(RANKS).decode()

_ID: Final = bindparam("id", type_=Uuid)
_STATE: Final = bindparam("state", type_=Text)
_EXTERNAL_ID: Final = bindparam("external_id", type_=Text)
_ERROR: Final = func.nullif(bindparam("error", type_=Text), "")
_LOAD: Final = frozen(
    select(
        outbound.c.id,
        outbound.c.channel_id,
        outbound.c.conversation_id,
        outbound.c.notice_id,
        outbound.c.inbound_id,
        outbound.c.payload_enc,
        outbound.c.state,
        outbound.c.external_id,
        outbound.c.error,
        outbound.c.parts_sent,
        outbound.c.attempts,
    ).where(outbound.c.id == _ID)
)
_SETTLE: Final = frozen(
    update(outbound)
    .where(outbound.c.id == _ID, outbound.c.state.in_(("queued", "unknown")))
    .values(
        state=_STATE,
        external_id=func.coalesce(_EXTERNAL_ID, outbound.c.external_id),
        error=_ERROR,
        parts_sent=func.coalesce(bindparam("parts_sent", type_=Integer), outbound.c.parts_sent),
        attempts=outbound.c.attempts + 1,
        updated_at=func.now(),
    )
    .returning(outbound.c.channel_id)
)
# One report a message: the furthest. A message of unknown fate is known by our own id, where the
# carrier gives it back, and then takes the carrier's.
_REPORT: Final = """
with told as (
    select distinct on (external_id) external_id, outbound_id, state, error, rank
    from jsonb_to_recordset(%(reports)s::jsonb)
      as t(external_id text, outbound_id uuid, state text, error text, rank integer)
    order by external_id, rank desc
), known as (
    select o.id, o.state as was, t.* from told t
    join outbound o on o.channel_id = %(channel_id)s
      and (o.external_id = t.external_id or o.external_id is null and o.id = t.outbound_id)
), moved as (
    update outbound o
    set state = k.state, error = nullif(k.error, ''), external_id = k.external_id,
      updated_at = now()
    from known k
    where o.id = k.id and k.rank > (%(ranks)s::jsonb ->> o.state)::integer
      and (k.state <> 'failed' or o.state in ('queued', 'unknown', 'sent'))
    returning k.external_id
)
select t.external_id,
  case when m.external_id is not null then 'moved'
       when k.external_id is not null then 'stale' else 'unknown' end as outcome
from told t left join known k using (external_id) left join moved m using (external_id)
"""
_ADD: Final = "select commit_outgoing_v1(%(owner)s, %(rows)s, null)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """A stored message, opened. `payload` is empty once it was dropped."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID | None
    notice_id: UUID | None
    inbound_id: UUID | None
    payload: bytes
    state: State
    external_id: str | None
    error: str | None
    parts_sent: int
    attempts: int


NewOutbound = OutboundRow
"""A message to add; its job, kind `send`, has the same id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A carrier's word on a message. `outbound_id`: our own id of it, where it gives that back."""

    external_id: str
    state: Reported
    error: str = ""
    outbound_id: UUID | None = None


class Outbox:
    """The outbound messages of one channel owner at a time. Raises Unavailable."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault
        self._early: dict[tuple[UUID, str], NewReport] = {}

    async def add(self, owner: UUID, rows: Sequence[NewOutbound]) -> None:
        """Store messages that no turn causes, each with the job that sends it, all or none."""
        aad = place(owner, PAYLOAD_PLACE)
        sealed = [
            {
                "id": row.id,
                "channel_id": row.channel_id,
                "conversation_id": row.conversation_id,
                "notice_id": row.notice_id,
                "inbound_id": row.inbound_id,
                "seq": row.seq,
                "payload": self._vault.seal(aad, row.payload),
            }
            for row in rows
        ]
        document = msgspec.json.encode(sealed).decode()
        async with self._db.write(owner) as tx:
            await tx.run(_ADD, {"owner": owner, "rows": document})

    async def load(self, owner: UUID, outbound_id: UUID) -> Outbound | None:
        """A message to send, opened; None when there is none. One trip."""
        rows = await self._db.read(owner, _LOAD, {"id": outbound_id})
        if not rows:
            return None
        row = rows[0]
        sealed = row.pop("payload_enc")
        payload = b"" if sealed is None else self._vault.open(place(owner, PAYLOAD_PLACE), sealed)
        return Outbound(payload=payload, **row)

    async def settle(
        self,
        owner: UUID,
        outbound_id: UUID,
        state: State,
        *,
        external_id: str | None = None,
        error: str = "",
        parts_sent: int | None = None,
    ) -> bool:
        """What a try to send came to. Only a queued or unknown message is settled, so a report
        that was faster keeps its word; False: it was settled before."""
        params = {
            "id": outbound_id,
            "state": state,
            "external_id": storable(external_id) if external_id else None,
            "error": storable(error),
            "parts_sent": parts_sent,
        }
        try:
            settled = await self._write(owner, _SETTLE, params)
        except Conflict:
            # Two messages under one carrier id: the first keeps it, this one is sent all the same.
            settled = await self._write(owner, _SETTLE, params | {"external_id": None})
        if settled and external_id:
            await self._overtaken(owner, settled[0]["channel_id"], storable(external_id))
        return bool(settled)

    async def _write(self, owner: UUID, statement: str, params: dict[str, Any]) -> list[Row]:
        async with self._db.write(owner) as tx:
            return await tx.run(statement, params)

    async def _overtaken(self, owner: UUID, channel_id: UUID, external_id: str) -> None:
        """Apply the report that came before this message was settled, if one did."""
        early = self._early.pop((channel_id, external_id), None)
        if early is not None:
            await self.report(owner, channel_id, [early])

    async def report(
        self, owner: UUID, channel_id: UUID, reports: Sequence[NewReport]
    ) -> dict[str, Outcome]:
        """Move messages forward by the carrier's word, all in one statement; by external id:

        "stale": it was there or further already. "unknown": nothing has that id. A report may
        overtake the settling of its own send; this process keeps the last ones that were unknown
        and applies them when their message is settled.
        """
        told = [replace(r, external_id=storable(r.external_id), error=storable(r.error))
                for r in reports]  # fmt: skip
        # Kept before the question, so that a settling meanwhile either is seen or sees this.
        for report in told:
            self._keep((channel_id, report.external_id), report)
        rows = [{**_fields(report), "rank": RANKS[report.state]} for report in told]
        params = {
            "channel_id": channel_id,
            "reports": msgspec.json.encode(rows).decode(),
            "ranks": _RANKS,
        }
        outcomes = {
            row["external_id"]: row["outcome"] for row in await self._write(owner, _REPORT, params)
        }
        for external_id, outcome in outcomes.items():
            if outcome != "unknown":
                self._early.pop((channel_id, external_id), None)
        return outcomes

    def _keep(self, which: tuple[UUID, str], report: NewReport) -> None:
        known = self._early.get(which)
        if known is None or RANKS[known.state] < RANKS[report.state]:
            self._early[which] = report
        while len(self._early) > EARLY_MAX:
            del self._early[next(iter(self._early))]


def _fields(report: NewReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in NewReport.__slots__}
