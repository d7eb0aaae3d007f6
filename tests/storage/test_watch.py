"""The carrier watch's rows: added up, under their owner, and dropped when they are old."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from storage.database import Conflict, Database
from storage.retention import sweep
from storage.turns import PLATFORM
from storage.watch import CarrierRows, HourRow
from tests.shops import Shop, ids

HOUR = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture
def rows(db: Database, superuser: psycopg.Connection) -> CarrierRows:
    superuser.execute("truncate carrier_hour, carrier_seen")
    return CarrierRows(db)


def row(shop: Shop, counts: dict[str, int], *, hour: datetime = HOUR, network: str = "") -> HourRow:
    return HourRow(
        owner=shop.id,
        channel=shop.channel,
        network=network or "Econet",
        hour=hour,
        counts=counts,
        first_at=hour + timedelta(minutes=1),
        last_at=hour + timedelta(minutes=2),
    )


async def test_counts_add_up_whoever_adds_them_and_in_whatever_order(
    rows: CarrierRows, tenants: tuple[Shop, Shop]
) -> None:
    """Twenty processes at once, each with rows of both shops, in either order: no deadlock."""
    both = [row(shop, {"requests": 2, "at:300": 2, "left:home.home": 1}) for shop in tenants]
    await asyncio.gather(*(rows.add(both[:: 1 if n % 2 else -1]) for n in range(20)))
    await rows.add([row(tenants[0], {"requests": 1, "shown:home.home": 3})])
    found = await rows.counts([shop.id for shop in tenants], [HOUR])
    by_owner = {each.owner: each for each in found}
    assert by_owner[tenants[1].id].counts == {"requests": 40, "left:home.home": 20}
    first = by_owner[tenants[0].id]
    assert first.counts == {"requests": 41, "left:home.home": 20, "shown:home.home": 3}
    assert first.slots == {int(HOUR.timestamp()) + 300: 40}
    assert (first.channel_id, first.network) == (tenants[0].channel, "Econet")


async def test_hours_are_summed_up_and_others_left_out(
    rows: CarrierRows, tenants: tuple[Shop, Shop]
) -> None:
    hours = [HOUR + timedelta(hours=n) for n in range(3)]
    await rows.add([row(tenants[0], {"requests": 1, "at:0": 1}, hour=hour) for hour in hours])
    (found,) = await rows.counts([tenants[0].id, tenants[1].id], hours[:2])
    assert found.counts == {"requests": 2}
    assert sorted(found.slots) == [int(hour.timestamp()) for hour in hours[:2]]
    (slots,) = await rows.counts([tenants[0].id], hours, slots_only=True)
    assert (slots.counts, len(slots.slots)) == ({}, 3)


async def test_every_channel_is_seen_and_only_as_late_as_it_was_heard(
    rows: CarrierRows, tenants: tuple[Shop, Shop]
) -> None:
    await rows.add([row(tenants[0], {"requests": 1}, hour=HOUR + timedelta(hours=1))])
    await rows.add([row(tenants[0], {"requests": 1})])
    seen = {each.owner: each for each in await rows.seen()}
    assert set(seen) == {shop.id for shop in tenants}
    heard, never = (seen[shop.id] for shop in tenants)
    assert heard.last_at == HOUR + timedelta(hours=1, minutes=2)
    assert heard.first_at == HOUR + timedelta(hours=1, minutes=1)
    assert (heard.slug, heard.timezone, heard.is_on) == ("cafe-aroma", "Africa/Harare", True)
    assert (never.network, never.last_at, never.silent_since) == (None, None, None)
    assert [each.owner for each in await rows.seen([tenants[1].id])] == [tenants[1].id]


async def test_a_silence_begins_and_ends_once(
    rows: CarrierRows, tenants: tuple[Shop, Shop]
) -> None:
    await rows.add([row(tenants[0], {"requests": 1}), row(tenants[0], {}, network="NetOne")])
    who, other = sorted(await rows.seen([tenants[0].id]), key=lambda each: each.network or "")
    began = await asyncio.gather(*(rows.fell_silent(who, HOUR, 80, 900) for _ in range(4)))
    assert sorted(began) == [False, False, False, True]
    seen = {each.network: each for each in await rows.seen([tenants[0].id])}
    silent = seen["Econet"]
    assert (silent.silent_since, silent.usual, silent.window_s) == (HOUR, 80, 900)
    assert seen["NetOne"].silent_since is None
    assert not await rows.speaks(other)
    assert await rows.speaks(who)
    assert not await rows.speaks(who)


async def test_no_owner_sees_or_writes_anothers_rows(
    rows: CarrierRows, db: Database, tenants: tuple[Shop, Shop]
) -> None:
    await rows.add([row(shop, {"requests": 1}) for shop in tenants])
    for look in ("select tenant_id from carrier_hour", "select tenant_id from carrier_seen"):
        assert await db.run(look) == []
        for shop in tenants:
            assert await db.read(shop.id, look) == [{"tenant_id": shop.id}]
    assert await rows.counts([ids.uuid7()], [HOUR]) == []


async def test_what_is_no_row_of_ours_is_refused_whole(
    rows: CarrierRows, db: Database, tenants: tuple[Shop, Shop]
) -> None:
    stray = replace(row(tenants[0], {"requests": 1}), channel=ids.uuid7())
    with pytest.raises(Conflict, match="carrier_hour_channel_id_fkey"):
        await rows.add([row(tenants[1], {}), stray])
    with pytest.raises(psycopg.Error, match="carrier_hour"):
        await db.call('select add_carrier_counts_v1(\'[{"owner": 1, "more": 2}]\')')
    assert await rows.counts([shop.id for shop in tenants], [HOUR]) == []


async def test_counts_are_dropped_after_thirty_five_days(
    rows: CarrierRows, db: Database, tenants: tuple[Shop, Shop]
) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    ages = [timedelta(days=34), timedelta(days=36)]
    await rows.add([row(tenants[0], {"requests": 1}, hour=now - age) for age in ages])
    await rows.add([row(tenants[0], {}, hour=now - ages[1], network="NetOne")])
    assert await sweep(db, [PLATFORM, tenants[0].id]) == 3
    (kept,) = await rows.counts([tenants[0].id], [now - age for age in ages])
    assert kept.counts == {"requests": 1}
    assert [each.network for each in await rows.seen([tenants[0].id])] == ["Econet"]
