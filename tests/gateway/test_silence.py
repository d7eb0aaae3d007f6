"""When a carrier counts as silent: against its usual rate, and only when that can be said."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gateway.jobs import HANDLERS, SCHEDULE
from gateway.silence import Silence, end_of, hours_to_judge, look, silence, speaks
from storage.watch import HourRow
from tests.gateway.teahouse import CODE, TeaHouse

DAY_S = 86_400
NOW = datetime(2026, 11, 27, 9, 17, 40, tzinfo=UTC)
END = end_of(NOW)
LONG_AGO, AWAKE = END - 30 * DAY_S, 10 * DAY_S


def week(*per_slot: int, today: int) -> dict[int, int]:
    """So many requests in each five minutes of the last hour, on each of the days before, the
    newest first; and today."""
    days = (today, *per_slot)
    return {
        END - day * DAY_S - 300 * slot: n
        for day, n in enumerate(days)
        for slot in range(1, 13)
        if n
    }


def judged(slots: dict[int, int], *, first_s: float = LONG_AGO, awake_s: float = AWAKE) -> object:
    return silence(slots, END, first_s, awake_s)


def test_the_newest_five_minutes_are_over_and_added() -> None:
    assert datetime.fromtimestamp(END, UTC) == NOW.replace(minute=15, second=0)
    assert end_of(NOW.replace(minute=15, second=19)) == END - 300
    hours = hours_to_judge(END)
    assert len(hours) == 16
    assert (hours[-1].hour, hours[-2].hour) == (9, 8)
    assert hours[0] == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_a_busy_carrier_is_missed_within_a_quarter_of_an_hour() -> None:
    slots = week(*[100] * 7, today=100)
    assert judged(slots) is None
    for slot in (1, 2, 3):
        slots[END - 300 * slot] = 5
    assert judged(slots) == Silence(heard=15, usual=300, window_s=900)
    slots[END - 300] = 6
    assert judged(slots) is None


def test_a_calm_one_within_an_hour_and_a_rare_one_never() -> None:
    assert judged(week(*[2] * 7, today=0)) == Silence(heard=0, usual=24, window_s=3600)
    assert judged(week(*[1] * 7, today=0)) is None


def test_the_usual_is_the_median_so_that_one_day_misleads_nobody() -> None:
    assert judged(week(0, 0, 900, 0, 0, 900, 0, today=0)) is None
    assert judged(week(100, 100, 0, 100, 0, 100, 0, today=0)) is not None


def test_a_carrier_that_is_new_has_no_usual_rate() -> None:
    slots = week(*[100] * 7, today=0)
    assert judged(slots, first_s=END - 3 * DAY_S - 900) is not None
    assert judged(slots, first_s=END - 2 * DAY_S - 900) is None


def test_what_we_did_not_listen_to_proves_nothing() -> None:
    slots = week(*[100] * 7, today=0)
    assert judged(slots, awake_s=899) is None
    assert judged(slots, awake_s=900) is not None


def test_it_speaks_again_at_a_quarter_of_the_usual() -> None:
    assert not speaks(week(*[100] * 7, today=24), END, LONG_AGO)
    assert speaks(week(*[100] * 7, today=25), END, LONG_AGO)
    assert not speaks(week(*[1] * 7, today=0), END, LONG_AGO)
    assert speaks({**week(*[1] * 7, today=0), END - 300: 1}, END, LONG_AGO)


def events(written: str, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in written.splitlines()]
    return [line for line in lines if line["event"] == event]


def rows(shop: TeaHouse, now: datetime, slots: dict[int, int]) -> list[HourRow]:
    (channel,) = [c for c in shop.rt.registry._known.by_id.values() if c.address == CODE]
    return [
        HourRow(
            owner=shop.tenant,
            channel=channel.id,
            network="Econet",
            hour=datetime.fromtimestamp(at // 3600 * 3600, UTC),
            counts={"requests": n, f"at:{at % 3600}": n},
            first_at=now - timedelta(days=20),
            last_at=datetime.fromtimestamp(at, UTC),
        )
        for at, n in slots.items()
    ]


@pytest.mark.usefixtures("shop")
async def test_it_is_said_once_and_once_when_it_is_over(
    shop: TeaHouse, lines: Callable[[], str], superuser: psycopg.Connection
) -> None:
    superuser.execute("truncate carrier_hour, carrier_seen")
    now = shop.rt.watch.now()
    end = end_of(now)
    usual = {end - day * DAY_S - 300 * slot: 40 for day in range(1, 8) for slot in range(1, 13)}
    await shop.rt.watch.rows.add(rows(shop, now, usual))
    shop.rt.watch.began_at = now - timedelta(hours=2)
    for _ in range(3):
        await look(shop.rt, now)
    (told,) = events(lines(), "carrier_silent")
    assert (told["level"], told["network"], told["address"]) == ("error", "Econet", CODE)
    assert (told["heard"], told["usual"], told["window_s"]) == (0, 120, 900)
    assert shop.alarms("carrier_silent") == 1
    shown = await metrics(shop)
    labels = f'channel="{CODE}",kind="africastalking_ussd",network="Econet"'
    assert f"maita_carrier_silent{{{labels}}} 1.0" in shown

    await shop.rt.watch.rows.add(rows(shop, now, {end - 300 * slot: 30 for slot in (1, 2, 3)}))
    for _ in range(2):
        await look(shop.rt, now + timedelta(seconds=5))
    (over,) = events(lines(), "carrier_speaks")
    assert over["silent_for"] == "0:00:05"
    assert f"maita_carrier_silent{{{labels}}} 0.0" in await metrics(shop)
    assert shop.alarms("carrier_silent") == 1


async def metrics(shop: TeaHouse) -> str:
    return (await shop.http.get("http://127.0.0.1/metrics")).text


async def test_the_schedule_looks_every_five_minutes(shop: TeaHouse) -> None:
    assert ("watch", 300) in SCHEDULE
    await shop.rt.jobs.add(shop.tenant, "watch")
    (job,) = [job for job in await shop.rt.jobs.claim() if job.kind == "watch"]
    assert await HANDLERS["watch"](shop.rt, job) is None
