"""What redeeming needs beside the caller, read for many in one call. Called by `rewards`."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from core.facts import Counter, Lot
from storage.database import Database
from storage.flights import Lane


class RedemptionAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Whose points, and which reward they are to pay."""

    tenant: UUID
    account: UUID
    member: UUID
    reward: UUID


class Redeemable(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of redemptions_v1. `version`: of the account, None where there is none; `tries`
    None: no wrong PIN is counted; `i`: its ask's place."""

    i: int
    version: int | None
    stock: int | None
    tries: Counter | None
    lots: tuple[Lot, ...]


def redemptions(db: Database) -> Lane[RedemptionAsk, Redeemable]:
    """The one lane of a database's redemptions."""
    lane = db.lanes.get(redemptions)
    if lane is None:
        reading = Redemptions(db)
        lane = db.lanes[redemptions] = Lane(db, reading.alone, reading.together)
    return lane


class _Row(msgspec.Struct, frozen=True):
    i: int
    account: UUID
    member: UUID
    reward: UUID


class _Asks(msgspec.Struct, frozen=True):
    """All asks of one tenant."""

    tenant: UUID
    asks: list[_Row]


class Redemptions:
    """Asks redemptions_v1; both ways raise Unavailable."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def alone(self, ask: RedemptionAsk) -> Redeemable:
        """What one redeeming needs."""
        (told,) = await self.together([ask])
        return told

    async def together(self, asks: Sequence[RedemptionAsk]) -> Sequence[Redeemable]:
        """What each needs, in their order, all of one moment."""
        tenants: dict[UUID, list[_Row]] = {}
        for i, ask in enumerate(asks):
            row = _Row(i, ask.account, ask.member, ask.reward)
            tenants.setdefault(ask.tenant, []).append(row)
        rows = _ENCODER.encode([_Asks(*each) for each in tenants.items()]).decode()
        told = _DECODER.decode(await self._db.call(_SQL, (rows,)))
        return sorted(told, key=lambda each: each.i)


_SQL: Final = "select redemptions_v1(%s)"
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(list[Redeemable])
