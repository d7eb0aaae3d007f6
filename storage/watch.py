"""The carrier watch's rows: counts of hours, when a carrier was last heard, who is silent.

Called by the gateway's watch every few seconds, by the job that looks for silence, by `/metrics`
and by the console's page. What spans owners is one call of a function that goes from owner to
owner, each under its own row security.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, Integer, Text, Uuid, bindparam, update

from storage.database import Database
from storage.statements import frozen
from storage.tables import carrier_seen

OWNERS_MAX: Final = 50
"""Owners whose counts one statement sums up: a day of 200 channels takes it about two seconds."""

_ADD: Final = "select add_carrier_counts_v1(%s::jsonb)"
_COUNTS: Final = """
select owner, channel_id, network, counts
from carrier_counts_v1(%(owners)s::uuid[], %(hours)s::timestamptz[], %(like)s)
"""
_SEEN: Final = "select * from carriers_seen_v1(%(owners)s::uuid[])"
_ONE: Final = update(carrier_seen).where(
    carrier_seen.c.channel_id == bindparam("channel", type_=Uuid),
    carrier_seen.c.network == bindparam("network_name", type_=Text),
)
_FELL_SILENT: Final = frozen(
    _ONE.where(carrier_seen.c.silent_since.is_(None))
    .values(
        silent_since=bindparam("at", type_=DateTime(timezone=True)),
        usual=bindparam("usual_n", type_=Integer),
        window_s=bindparam("within_s", type_=Integer),
    )
    .returning(carrier_seen.c.channel_id)
)
_SPEAKS: Final = frozen(
    _ONE.where(carrier_seen.c.silent_since.is_not(None))
    .values(silent_since=None, usual=None, window_s=None)
    .returning(carrier_seen.c.channel_id)
)


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one process counted in one hour of one channel and network."""

    owner: UUID
    channel: UUID
    network: str
    hour: datetime
    counts: Mapping[str, int]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Counters of some hours, summed up. `slots`: requests by the second that their five minutes
    began at (Unix time)."""

    owner: UUID
    channel_id: UUID
    network: str
    counts: Mapping[str, int]
    slots: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A channel and a network it was heard from; `network` None: it never was. While silent,
    `usual` requests in `window_s` seconds would have been as ever."""

    owner: UUID
    slug: str
    shop: str
    timezone: str
    channel_id: UUID
    kind: str
    address: str
    shown: str
    is_on: bool
    network: str | None
    first_at: datetime | None
    last_at: datetime | None
    silent_since: datetime | None
    usual: int | None
    window_s: int | None


class CarrierRows:
    """The rows, on one database. A method is one trip where it does not say otherwise."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, rows: Sequence[HourRow]) -> None:
        """Add what was counted. Raises Unavailable."""
        await self._db.call(_ADD, (msgspec.json.encode(rows).decode(),))

    async def counts(
        self, owners: Sequence[UUID], hours: Sequence[datetime], *, slots_only: bool = False
    ) -> list[Counted]:
        """What was counted in these hours: one trip for each OWNERS_MAX. Raises Unavailable."""
        asked = {"hours": list(hours), "like": "at:%" if slots_only else "%"}
        found = []
        for start in range(0, len(owners), OWNERS_MAX):
            part = list(owners[start : start + OWNERS_MAX])
            rows = await self._db.run(_COUNTS, asked | {"owners": part})
            found += [_counted(**row) for row in rows]
        return found

    async def seen(self, owners: Sequence[UUID] | None = None) -> list[Seen]:
        """The channels of these owners, or of all, by their owner's name. Raises Unavailable."""
        params = {"owners": None if owners is None else list(owners)}
        return [Seen(**row) for row in await self._db.run(_SEEN, params)]

    async def fell_silent(self, who: Seen, at: datetime, usual: int, window_s: int) -> bool:
        """Note that a carrier is silent; False when that was known: a transaction. Raises
        Unavailable."""
        params = {"at": at, "usual_n": usual, "within_s": window_s}
        return await self._change(who, _FELL_SILENT, params)

    async def speaks(self, who: Seen) -> bool:
        """Note that a carrier speaks again; False when that was known: a transaction. Raises
        Unavailable."""
        return await self._change(who, _SPEAKS, {})

    async def _change(self, who: Seen, statement: str, params: Mapping[str, object]) -> bool:
        named = {"channel": who.channel_id, "network_name": who.network}
        async with self._db.write(who.owner) as tx:
            return bool(await tx.run(statement, {**named, **params}))


def _counted(*, owner: UUID, channel_id: UUID, network: str, counts: Mapping[str, int]) -> Counted:
    return Counted(
        owner=owner,
        channel_id=channel_id,
        network=network,
        counts={name: n for name, n in counts.items() if not name.isdigit()},
        slots={int(name): n for name, n in counts.items() if name.isdigit()},
    )
