"""Outbound messages: stored with their job, settled once, moved only forward by reports."""

from uuid import uuid4

import psycopg
import pytest

from storage.crypto import Vault
from storage.database import Database, Trips
from storage.jobs import Jobs
from storage.outbox import EARLY_MAX, NewReport, Outbox, Reported, State
from tests.shops import Shop
from tests.storage.outgoing import message, sent, state, store, told


@pytest.fixture
def outbox(db: Database, vault: Vault, superuser: psycopg.Connection) -> Outbox:
    superuser.execute("truncate job, outbound")
    return Outbox(db, vault)


@pytest.fixture
def shop(tenants: tuple[Shop, Shop]) -> Shop:
    return tenants[0]


async def test_added_messages_are_sealed_and_have_their_jobs(
    db: Database, outbox: Outbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    conversation = uuid4()
    rows = [message(shop, conversation), message(shop, conversation), message(shop)]
    await store(outbox, shop, *rows)
    found = await outbox.load(shop.id, rows[0].id)
    assert found
    assert (found.payload, found.state, found.attempts) == (rows[0].payload, "queued", 0)
    assert (found.channel_id, found.conversation_id) == (shop.channel, conversation)
    assert found.parts_sent == 0
    stored = superuser.execute("select payload_enc from outbound").fetchall()
    assert all(b"482 913" not in each[0] for each in stored)
    claimed = await Jobs(db).claim()
    assert [(job.kind, job.subject) for job in claimed] == [
        ("send", rows[0].id),
        ("send", rows[2].id),
    ]


async def test_sending_never_waits_in_the_lane_of_answering(
    db: Database, outbox: Outbox, shop: Shop
) -> None:
    conversation, jobs = uuid4(), Jobs(db)
    await store(outbox, shop, message(shop, conversation))
    (slow,) = await jobs.claim()
    answer = await jobs.add(shop.id, "answer", lane=conversation, subject=uuid4())
    assert [job.id for job in await jobs.claim()] == [answer]
    assert await jobs.done(slow)


async def test_a_settled_message_is_not_settled_again(outbox: Outbox, shop: Shop) -> None:
    outbound_id = await sent(outbox, shop)
    found = await outbox.load(shop.id, outbound_id)
    assert found
    assert (found.external_id, found.attempts, found.error) == ("SM1", 1, None)
    assert not await outbox.settle(shop.id, outbound_id, "failed", error="late")
    assert await state(outbox, shop, outbound_id) == "sent"


async def test_a_try_that_failed_for_now_is_counted_and_stays(outbox: Outbox, shop: Shop) -> None:
    row = message(shop)
    await store(outbox, shop, row)
    assert await outbox.settle(shop.id, row.id, "queued", error="busy", parts_sent=1)
    assert await outbox.settle(shop.id, row.id, "unknown", error="no_answer")
    found = await outbox.load(shop.id, row.id)
    assert found
    assert (found.state, found.error, found.attempts) == ("unknown", "no_answer", 2)
    assert found.parts_sent == 1
    assert await outbox.settle(shop.id, row.id, "sent", external_id="SM7", parts_sent=2)
    assert (await told(outbox, shop.id, shop.channel, "SM7", "delivered")) == "moved"


REPORTS: list[tuple[list[Reported], State]] = [
    (["delivered", "read"], "read"),
    (["read", "delivered", "sent"], "read"),
    (["sent"], "sent"),
    (["failed"], "failed"),
    (["failed", "delivered", "read"], "failed"),
    (["delivered", "failed"], "delivered"),
    (["read", "failed"], "read"),
]


@pytest.mark.parametrize(("reports", "end"), REPORTS)
async def test_states_only_move_forward(
    outbox: Outbox, shop: Shop, reports: list[Reported], end: State
) -> None:
    outbound_id = await sent(outbox, shop)
    for report in reports:
        before = await state(outbox, shop, outbound_id)
        moved = await told(outbox, shop.id, shop.channel, "SM1", report, "30003")
        after = await state(outbox, shop, outbound_id)
        assert moved == ("stale" if before == after else "moved")
    assert await state(outbox, shop, outbound_id) == end
    assert await told(outbox, shop.id, shop.channel, "SM1", reports[-1]) == "stale"


async def test_the_error_of_a_report_is_kept(outbox: Outbox, shop: Shop) -> None:
    outbound_id = await sent(outbox, shop)
    await told(outbox, shop.id, shop.channel, "SM1", "failed", "30003")
    found = await outbox.load(shop.id, outbound_id)
    assert found
    assert found.error == "30003"


async def test_a_report_of_nothing_is_unknown(outbox: Outbox, tenants: tuple[Shop, Shop]) -> None:
    cafe, gym = tenants
    outbound_id = await sent(outbox, cafe)
    assert await told(outbox, cafe.id, cafe.channel, "SM2", "read") == "unknown"
    assert await told(outbox, cafe.id, gym.channel, "SM1", "read") == "unknown"
    assert await told(outbox, gym.id, cafe.channel, "SM1", "read") == "unknown"
    assert await state(outbox, cafe, outbound_id) == "sent"


@pytest.mark.parametrize(
    ("reports", "end"),
    [
        (["delivered"], "delivered"),
        (["delivered", "sent"], "delivered"),
        (["delivered", "read"], "read"),
        (["failed"], "failed"),
    ],
)
async def test_reports_that_overtook_the_settling_are_not_lost(
    outbox: Outbox, shop: Shop, reports: list[Reported], end: State
) -> None:
    row = message(shop)
    await store(outbox, shop, row)
    for report in reports:
        assert await told(outbox, shop.id, shop.channel, "SM9", report) == "unknown"
    await outbox.settle(shop.id, row.id, "sent", external_id="SM9")
    assert await state(outbox, shop, row.id) == end


async def test_only_so_many_unknown_reports_are_kept(
    outbox: Outbox, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.outbox.EARLY_MAX", 3)
    assert EARLY_MAX == 1000
    row = message(shop)
    await store(outbox, shop, row)
    for n in range(4):
        await told(outbox, shop.id, shop.channel, f"SM{n}", "read")
    await outbox.settle(shop.id, row.id, "sent", external_id="SM0")
    assert await state(outbox, shop, row.id) == "sent"


async def test_a_carriers_id_given_twice_is_the_first_ones(outbox: Outbox, shop: Shop) -> None:
    first, second = await sent(outbox, shop), await sent(outbox, shop)
    await told(outbox, shop.id, shop.channel, "SM1", "read")
    assert [await state(outbox, shop, each) for each in (first, second)] == ["read", "sent"]


@pytest.mark.parametrize("hostile", ["nul\0", "half \ud83d", "long " * 2000])
async def test_a_hostile_id_is_an_id_like_any(outbox: Outbox, shop: Shop, hostile: str) -> None:
    outbound_id = await sent(outbox, shop, hostile)
    assert await told(outbox, shop.id, shop.channel, hostile, "failed", hostile) == "moved"
    assert await state(outbox, shop, outbound_id) == "failed"


async def test_a_dropped_payload_is_empty(
    outbox: Outbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    outbound_id = await sent(outbox, shop)
    superuser.execute("update outbound set payload_enc = null")
    found = await outbox.load(shop.id, outbound_id)
    assert found
    assert found.payload == b""


async def test_loading_is_one_trip(outbox: Outbox, tenants: tuple[Shop, Shop]) -> None:
    cafe, gym = tenants
    outbound_id = await sent(outbox, cafe)
    with Trips() as trips:
        assert await outbox.load(gym.id, outbound_id) is None
        assert await outbox.load(cafe.id, outbound_id) is not None
    assert trips.count == 2


async def test_a_message_of_unknown_fate_is_known_by_our_own_id(
    outbox: Outbox, tenants: tuple[Shop, Shop]
) -> None:
    cafe, gym = tenants
    row = message(cafe)
    await store(outbox, cafe, row)
    await outbox.settle(cafe.id, row.id, "unknown", error="no_answer")
    assert await told(outbox, gym.id, gym.channel, "SM77", "sent", "", row.id) == "unknown"
    assert await told(outbox, cafe.id, cafe.channel, "SM77", "sent", "", row.id) == "moved"
    found = await outbox.load(cafe.id, row.id)
    assert found
    assert (found.state, found.external_id) == ("sent", "SM77")
    assert await told(outbox, cafe.id, cafe.channel, "SM77", "read") == "moved"


async def test_a_thousand_reports_are_one_trip_and_the_furthest_wins(
    outbox: Outbox, shop: Shop
) -> None:
    outbound_id = await sent(outbox, shop)
    states: list[Reported] = ["delivered", "read", "sent"]
    reports = [NewReport(external_id="SM1", state=each) for each in states]
    reports += [NewReport(external_id=f"SX{n}", state="read") for n in range(997)]
    with Trips() as trips:
        outcomes = await outbox.report(shop.id, shop.channel, reports)
    assert trips.count <= 3
    assert outcomes.pop("SM1") == "moved"
    assert set(outcomes.values()) == {"unknown"}
    assert await state(outbox, shop, outbound_id) == "read"
