"""Messages to people on their way: stored by a commit, sent by their job, settled by reports.

Called by the delivery job and by the doors for delivery reports. A state only moves forward:
queued → unknown → sent → delivered → read; failed is final, and comes from sent or before. Only a
message that failed because nobody answered may turn out to have been sent after all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Integer, Text, Uuid, and_, bindparam, extract, func, select, update

from core.facts import NoticeState
from core.values import Address
from storage.crypto import Vault, place
from storage.database import Conflict, Database, Row
from storage.inbox import storable
from storage.statements import frozen
from storage.tables import address_stop, notice, outbound
from storage.work import PAYLOAD_PLACE

State = Literal["queued", "unknown", "sent", "delivered", "read", "failed"]
Reported = Literal["sent", "delivered", "read", "failed"]
Outcome = Literal["moved", "stale", "unknown"]

RANKS: Final[dict[State, int]] = {
    "queued": 0, "unknown": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5,
}  # fmt: skip
NO_ANSWER: Final = "no_answer"
"""The error of a message of which nobody knows whether the carrier took it."""
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
        extract("epoch", func.now() - outbound.c.created_at).label("age_s"),
        notice.c.state.label("notice_state"),
    )
    .select_from(
        outbound.outerjoin(
            notice,
            and_(
                notice.c.tenant_id == outbound.c.tenant_id,
                notice.c.id == outbound.c.notice_id,
            ),
        )
    )
    .where(outbound.c.id == _ID)
)
_STOPPED: Final = frozen(
    select(address_stop.c.stopped).where(
        address_stop.c.kind == bindparam("kind", type_=Text),
        address_stop.c.value == bindparam("value", type_=Text),
    )
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
# carrier gives it back, and then takes the carrier's; who has the carrier's id already comes first.
# What is new about a failure is judged by a job of its own, since the adapter knows the codes.
_REPORT: Final = """
with told as (
    select distinct on (external_id) external_id, outbound_id, state, error, rank
    from jsonb_to_recordset(%(reports)s::jsonb)
      as t(external_id text, outbound_id uuid, state text, error text, rank integer)
    order by external_id, rank desc
), known as (
    select distinct on (t.external_id) o.id, t.* from told t
    join outbound o on o.channel_id = %(channel_id)s
      and (o.external_id = t.external_id or o.external_id is null and o.id = t.outbound_id)
    order by t.external_id, o.external_id is null
), moved as (
    update outbound o
    set state = k.state, error = nullif(k.error, ''), external_id = k.external_id,
      updated_at = now()
    from known k
    where o.id = k.id and (
      k.rank > (%(ranks)s::jsonb ->> o.state)::integer
        and (k.state <> 'failed' or o.state in ('queued', 'unknown', 'sent'))
      or o.state = 'failed' and o.error = %(no_answer)s)
    returning o.id, o.tenant_id, o.state, k.external_id
), judged as (
    insert into job (id, tenant_id, kind, lane, subject, unique_key)
    select new_job_id_v1(), tenant_id, 'undelivered', id, id, 'undelivered:' || id
    from moved where state = 'failed'
    on conflict (unique_key) do nothing
)
select t.external_id,
  case when m.external_id is not null then 'moved'
       when k.external_id is not null then 'stale' else 'unknown' end as outcome
from told t left join known k using (external_id) left join moved m using (external_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """A stored message, opened. `payload` is empty once it was dropped. `age_s`: since it was
    stored. `notice_state`: where the notice stands that it tells, if it tells one."""

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
    age_s: float
    notice_state: NoticeState | None


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

    async def load(self, owner: UUID, outbound_id: UUID) -> Outbound | None:
        """A message to send, opened; None when there is none. One trip."""
        rows = await self._db.read(owner, _LOAD, {"id": outbound_id})
        if not rows:
            return None
        row = rows[0]
        sealed = row.pop("payload_enc")
        payload = b"" if sealed is None else self._vault.open(place(owner, PAYLOAD_PLACE), sealed)
        return Outbound(payload=payload, age_s=float(row.pop("age_s")), **row)

    async def stopped(self, owner: UUID, address: Address) -> bool:
        """Whether an address said STOP to a channel of this owner. One trip."""
        params = {"kind": address.kind, "value": address.value}
        rows = await self._db.read(owner, _STOPPED, params)
        return bool(rows and rows[0]["stopped"])

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
        outcomes = await self._moved(owner, channel_id, told)
        for external_id, outcome in outcomes.items():
            if outcome != "unknown":
                self._early.pop((channel_id, external_id), None)
        return outcomes

    async def _moved(
        self, owner: UUID, channel_id: UUID, told: Sequence[NewReport]
    ) -> dict[str, Outcome]:
        params = {
            "channel_id": channel_id,
            "reports": msgspec.json.encode([_fields(report) for report in told]).decode(),
            "ranks": _RANKS,
            "no_answer": NO_ANSWER,
        }
        try:
            rows = await self._write(owner, _REPORT, params)
        except Conflict:
            # Another message took one of these ids meanwhile: that one is for it, not for ours.
            if len(told) == 1:
                return {told[0].external_id: "stale"}
            alone = [await self._moved(owner, channel_id, [each]) for each in told]
            return {name: outcome for each in alone for name, outcome in each.items()}
        return {row["external_id"]: row["outcome"] for row in rows}

    def _keep(self, which: tuple[UUID, str], report: NewReport) -> None:
        known = self._early.get(which)
        if known is None or RANKS[known.state] < RANKS[report.state]:
            self._early[which] = report
        while len(self._early) > EARLY_MAX:
            del self._early[next(iter(self._early))]


def _fields(report: NewReport) -> dict[str, object]:
    fields = {name: getattr(report, name) for name in NewReport.__slots__}
    return {**fields, "rank": RANKS[report.state]}
