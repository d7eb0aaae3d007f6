"""What the carrier watch counts of real requests, and that it costs no turn a trip."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from core.values import Address
from gateway.metrics import Metrics
from gateway.runtime import open_runtime
from gateway.watch import Watch
from storage.database import Database, Unavailable
from storage.watch import CarrierRows, HourRow
from tests.conftest import PATIENCE_S, Urls
from tests.e2e.carriers import Handset
from tests.gateway.teahouse import CODE, TOKEN, URL, TeaHouse
from tests.shops import ids

PHONE = "+263772000001"


@pytest.fixture(autouse=True)
async def nothing_yet(shop: TeaHouse, superuser: psycopg.Connection) -> None:
    await shop.rt.watch.flush()
    superuser.execute("truncate carrier_hour, carrier_seen")


async def counted(shop: TeaHouse, address: str = CODE, network: str = "NetOne") -> Counter[str]:
    """All that was counted of a channel and a network."""
    await shop.rt.watch.flush()
    rows = shop.rt.watch.rows
    seen = [each for each in await rows.seen([shop.tenant]) if each.address == address]
    found = await shop.rt.db.read(
        shop.tenant, "select channel_id, network, counts from carrier_hour"
    )
    mine = [r for r in found if (r["channel_id"], r["network"]) == (seen[0].channel_id, network)]
    return sum((Counter[str](row["counts"]) for row in mine), Counter())


def times(counts: Counter[str], prefix: str) -> int:
    return sum(n for name, n in counts.items() if name.startswith(prefix))


async def test_a_session_that_ends_well_leaves_every_screen(shop: TeaHouse) -> None:
    phone = shop.handset(PHONE)
    await phone.dial(shop.http)
    shop.later(seconds=31)
    await phone.pick(shop.http, "How it works")
    while not phone.screen.startswith("END"):
        await phone.say(shop.http, "no")
    counts = await counted(shop)
    assert counts["requests"] == times(counts, "own:") == times(counts, "at:")
    assert counts["opened"] == counts["ended"] == 1
    assert times(counts, "shown:") == times(counts, "left:") == counts["requests"] - 1
    assert counts["hop:6"] == 1, "31 seconds lie between thirty and sixty"
    assert times(counts, "hop:") == counts["requests"] - 1
    assert not counts["repeated"] + counts["refused"] + counts["failed"]


async def test_a_session_that_drops_is_told_by_the_screen_it_stood_at(shop: TeaHouse) -> None:
    """Nobody answers, somebody dials anew: the screens before were left, the last one was not."""
    phone = shop.handset("+263772000002")
    await phone.dial(shop.http)
    await phone.pick(shop.http, "Join")
    shop.later(minutes=20)
    await phone.dial(shop.http)
    counts = await counted(shop)
    dropped = {
        name.partition(":")[2]: n - counts[f"left:{name.partition(':')[2]}"]
        for name, n in counts.items()
        if name.startswith("shown:")
    }
    assert dropped == {"join.consent": 1, "welcome.menu": 1}, "the latter waits for an answer"
    assert counts["opened"] == 2
    assert not counts["ended"]


async def test_retries_refusals_and_notices(shop: TeaHouse) -> None:
    phone = shop.handset("+263772000003")
    first = await phone.dial(shop.http)
    assert await phone.post(shop.http) == first
    foreign = Handset(
        url=phone.url, code=CODE, phone="+263772000004", session=phone.session, text="1"
    )
    assert (await foreign.post(shop.http)).startswith("END")
    notice = phone.request() | {"status": "Incomplete", "durationInMillis": "9000"}
    del notice["text"]
    answer = await shop.http.post(f"{URL}/public/ussd/events/{TOKEN}a", data=notice)
    assert answer.status_code == 200
    counts = await counted(shop)
    assert (counts["requests"], counts["repeated"], counts["refused"]) == (3, 1, 1)
    assert (counts["dropped"], counts["notices"]) == (1, 1)


async def test_what_we_could_not_answer_was_heard_all_the_same(
    shop: TeaHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    phone = shop.handset("+263772000005")
    with monkeypatch.context() as patch:
        patch.setattr(shop.rt.turns, "begin", away)
        assert "busy" in await phone.dial(shop.http)
    counts = await counted(shop)
    assert (counts["requests"], counts["failed"], counts["opened"]) == (1, 1, 0)


async def test_chat_is_counted_at_its_door_once(shop: TeaHouse) -> None:
    """Its repeats are the carrier's, its sessions have no end to miss."""
    content = {"type": "text", "text": {"body": "hi"}}
    body = shop.whatsapp.body(shop.whatsapp.message("+263712000001", content))
    for _ in range(2):
        assert (await shop.whatsapp.post(shop.http, body)).status_code == 200
    await shop.work_off()
    counts = await counted(shop, shop.whatsapp.phone_number_id)
    slots = {name: n for name, n in counts.items() if name.startswith("at:")}
    assert dict(counts) == {"requests": 2, "repeated": 1, **slots}
    assert sum(slots.values()) == 2


async def test_prometheus_sees_networks_screens_and_hops(shop: TeaHouse) -> None:
    phone = shop.handset("+263772000006")
    await phone.dial(shop.http)
    await phone.say(shop.http, "no")
    await shop.rt.watch.flush()
    shown = (await shop.http.get("http://127.0.0.1/metrics")).text
    ussd = 'kind="africastalking_ussd",network="NetOne"'
    assert f'maita_carrier_events_total{{{ussd},what="requests"}}' in shown
    assert f"maita_carrier_hop_seconds_count{{{ussd}}}" in shown
    assert 'maita_carrier_screens_total{kind="africastalking_ussd",screen="' in shown
    labels = f'channel="{CODE}",kind="africastalking_ussd",network="NetOne"'
    assert f"maita_carrier_last_seen_seconds{{{labels}}} 1." in shown
    assert "tea-house" not in shown
    assert phone.phone not in shown


class Channel:
    """As much of one as the watch asks for."""

    def __init__(self, shop: TeaHouse, channel_id: object) -> None:
        self.id, self.owner, self.kind = channel_id, shop.tenant, "econet_ussd"


async def test_two_processes_add_to_the_same_rows_and_an_outage_loses_nothing(
    shop: TeaHouse, database_urls: Urls
) -> None:
    """While the database is away counts wait, and those counted meanwhile join them."""
    now = datetime(2026, 11, 27, 9, 20, tzinfo=UTC)
    (seen,) = [each for each in await shop.rt.watch.rows.seen() if each.address == "440"]
    channel, sender = Channel(shop, seen.channel_id), Address("msisdn", PHONE)
    databases = [await Database.open(database_urls.app, timeout_s=PATIENCE_S) for _ in range(2)]
    first, second = (Watch(CarrierRows(db), Metrics(), lambda: now) for db in databases)
    rows, first.rows = first.rows, Away(databases[0])
    for _ in range(2):
        first.heard(channel, sender, "64804", "replied")  # type: ignore[arg-type]
        await first.flush()
    first.rows = rows
    second.heard(channel, sender, "64804", "repeated")  # type: ignore[arg-type]
    for watch in (first, second, first, second):
        await watch.flush()
    counts = await counted(shop, "440", "Econet")
    assert counts == {"requests": 3, "repeated": 1, "at:1200": 3}
    for each in databases:
        await each.close()


async def test_what_was_counted_is_added_when_the_process_ends(shop: TeaHouse) -> None:
    (seen,) = [each for each in await shop.rt.watch.rows.seen() if each.address == "440"]
    async with open_runtime(shop.rt.settings) as rt:
        channel = Channel(shop, seen.channel_id)
        rt.watch.heard(channel, Address("msisdn", PHONE), "64804", "failed")  # type: ignore[arg-type]
        rt.watch.notified(channel)  # type: ignore[arg-type]
    counts = await counted(shop, "440", "Econet")
    assert (counts["requests"], counts["failed"]) == (1, 1)
    assert (await counted(shop, "440", "other")) == {"notices": 1}


async def test_counts_of_a_channel_that_is_gone_hold_nothing_up(
    shop: TeaHouse, database_urls: Urls, lines: Callable[[], str]
) -> None:
    """A database restored from before the channel was made."""
    db = await Database.open(database_urls.app, timeout_s=PATIENCE_S)
    watch = Watch(CarrierRows(db), Metrics(), lambda: datetime.now(UTC))
    watch.heard(Channel(shop, ids.uuid7()), Address("msisdn", PHONE), "", "replied")  # type: ignore[arg-type]
    for _ in range(2):
        await watch.flush()
    assert lines().count("watch_dropped") == 1
    await db.close()


class Away(CarrierRows):
    """The database does not answer."""

    async def add(self, rows: object) -> None:
        assert isinstance(rows, tuple)
        assert all(isinstance(each, HourRow) for each in rows)
        raise Unavailable
