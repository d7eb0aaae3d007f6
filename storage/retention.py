"""Drops what may be kept only for a while; called by the schedule's `sweep`.

| what | kept |
|---|---|
| stored answers of commands (the rows stay: they are the audit) | 24 h |
| what went out, or never will, since it last was tried | 24 h |
| what came in | 30 days |
| finished slots of the schedule | 1 day |
| the addresses of a link, to undo it by (core.members.unlinking) | 31 days |
| claims of carriers' sessions in the directory | until they expire |
| what carriers sent, counted by the hour | 35 days |

A command's key is honoured for 30 days at least: its row stays, and begin finds it by its key
whatever its age (docs/security.md 8).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, delete, func, select, text, tuple_, update
from sqlalchemy.sql.elements import ClauseElement

from storage.database import Database
from storage.statements import frozen
from storage.tables import (
    carrier_hour,
    carrier_seen,
    command_log,
    directory,
    inbound,
    job,
    member_link,
    outbound,
)

BATCH: Final = 2000
"""Rows a statement: a long one would meet its time limit and hold back vacuum."""

ANSWERS_KEPT: Final = timedelta(hours=24)
PAYLOADS_KEPT: Final = timedelta(hours=24)
INBOUND_KEPT: Final = timedelta(days=30)
LINKED_KEPT: Final = timedelta(days=31)
SLOTS_KEPT: Final = timedelta(days=1)
COUNTS_KEPT: Final = timedelta(days=35)


def _before(kept: timedelta) -> ColumnElement[Any]:
    return func.now() - kept


def _batch(table: Table, key: str, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The first rows that meet the conditions, by a column that is unique under the tenant."""
    return table.c[key].in_(select(table.c[key]).where(*which).limit(BATCH))


def _old_counts(at: Column[Any]) -> ClauseElement:
    """Rows of the carrier watch that are over, a batch: their key is of several columns."""
    table = at.table
    keys = table.primary_key.columns
    old = select(*keys).where(at < _before(COUNTS_KEPT)).limit(BATCH)
    return delete(table).where(tuple_(*keys).in_(old)).returning(table.c.channel_id)


_ANSWERED: Final = (
    command_log.c.answer.is_not(None),
    command_log.c.created_at < _before(ANSWERS_KEPT),
)
_SAID: Final = (
    outbound.c.payload_enc.is_not(None),
    outbound.c.created_at < _before(PAYLOADS_KEPT),
    outbound.c.updated_at < _before(PAYLOADS_KEPT),
)
_LINKED: Final = (
    member_link.c.at < _before(LINKED_KEPT),
    member_link.c.addresses != text("'[]'::jsonb"),
)
_OLD: Final = (inbound.c.received_at < _before(INBOUND_KEPT),)
_TENANT: Final = tuple(
    frozen(statement)
    for statement in (
        update(command_log)
        .where(_batch(command_log, "key", *_ANSWERED))
        .values(answer=None)
        .returning(command_log.c.created_at),
        update(outbound)
        .where(_batch(outbound, "id", *_SAID))
        .values(payload_enc=None)
        .returning(outbound.c.id),
        update(member_link)
        .where(_batch(member_link, "id", *_LINKED))
        .values(addresses=text("'[]'::jsonb"))
        .returning(member_link.c.id),
        delete(inbound).where(_batch(inbound, "id", *_OLD)).returning(inbound.c.id),
        _old_counts(carrier_hour.c.hour),
        _old_counts(carrier_seen.c.last_at),
    )
)
_SLOTS: Final = frozen(
    delete(job).where(job.c.state == "done", job.c.run_at < _before(SLOTS_KEPT)).returning(job.c.id)
)
# Without a condition, since row security lets nobody read a row whose address they do not know:
# its policy for deleting takes the expired ones only.
_CLAIMS: Final = frozen(delete(directory))


async def sweep(db: Database, tenants: Iterable[UUID]) -> int:
    """Drop what is over for these tenants and for nobody in particular; answers how many rows
    of the tenants. Raises Unavailable."""
    await db.run(_SLOTS)
    await db.run(_CLAIMS)
    dropped = 0
    for tenant in tenants:
        for statement in _TENANT:
            dropped += await _drop(db, tenant, statement)
    return dropped


async def _drop(db: Database, tenant: UUID, statement: str) -> int:
    """Run a statement batch by batch, each in a transaction of its own, until nothing is left."""
    dropped = 0
    while True:
        async with db.write(tenant) as tx:
            batch = len(await tx.run(statement))
        dropped += batch
        if batch < BATCH:
            return dropped
