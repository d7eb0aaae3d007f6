"""Inbound messages: kept once, sealed, with the job that answers them."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from core.values import Address
from storage.crypto import NotOurs, Vault
from storage.database import Database, Trips
from storage.inbox import Inbox, NewInbound
from storage.jobs import Jobs
from tests.shops import Shop, ids

SENDER = Address("msisdn", "+263771234567")


@pytest.fixture
def inbox(db: Database, vault: Vault, superuser: psycopg.Connection) -> Inbox:
    superuser.execute("truncate job, inbound")
    return Inbox(db, vault)


@pytest.fixture
def shop(tenants: tuple[Shop, Shop]) -> Shop:
    return tenants[0]


def said(external_id: str = "wamid.1", body: bytes = b'{"text":"1234"}', **more: Any) -> NewInbound:
    columns: dict[str, Any] = {
        "id": ids.uuid7(),
        "conversation_id": uuid4(),
        "sender": SENDER,
    } | more
    return NewInbound(external_id=external_id, body=body, **columns)


async def test_a_message_is_kept_and_its_job_answers_it(
    db: Database, inbox: Inbox, shop: Shop
) -> None:
    sent_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    item = said(control="stop", sent_at=sent_at)
    assert await inbox.store(shop.id, shop.channel, [item]) == ["new"]
    stored = await inbox.load(shop.id, item.id)
    assert stored is not None
    assert (stored.sender, stored.body, stored.external_id) == (SENDER, item.body, "wamid.1")
    assert (stored.channel_id, stored.conversation_id) == (shop.channel, item.conversation_id)
    assert (stored.control, stored.sent_at) == ("stop", sent_at)
    (job,) = await Jobs(db).claim()
    assert (job.kind, job.tenant_id) == ("answer", shop.id)
    assert (job.lane, job.subject) == (item.conversation_id, item.id)


async def test_storing_and_loading_are_one_trip_each(inbox: Inbox, shop: Shop) -> None:
    items = [said(f"wamid.{n}") for n in range(20)]
    with Trips() as trips:
        await inbox.store(shop.id, shop.channel, items)
        await inbox.load(shop.id, items[7].id)
    assert trips.count == 2


async def test_a_repetition_is_known_and_makes_no_job(
    db: Database, inbox: Inbox, shop: Shop
) -> None:
    item = said()
    await inbox.store(shop.id, shop.channel, [item])
    assert await inbox.store(shop.id, shop.channel, [said(), said("wamid.2")]) == ["same", "new"]
    assert len(await Jobs(db).claim()) == 2


async def test_the_same_id_with_other_words_is_a_mismatch(inbox: Inbox, shop: Shop) -> None:
    first = said()
    await inbox.store(shop.id, shop.channel, [first])
    forged = said(body=b'{"text":"JOIN"}')
    assert await inbox.store(shop.id, shop.channel, [forged]) == ["mismatch"]
    stored = await inbox.load(shop.id, first.id)
    assert stored is not None
    assert stored.body == first.body
    assert await inbox.load(shop.id, forged.id) is None


async def test_outcomes_come_in_the_order_of_the_items(inbox: Inbox, shop: Shop) -> None:
    await inbox.store(shop.id, shop.channel, [said("m"), said("b")])
    items = [said("z"), said("m", b"{}"), said("a"), said("b"), said("a")]
    assert await inbox.store(shop.id, shop.channel, items) == [
        "new",
        "mismatch",
        "new",
        "same",
        "same",
    ]
    assert await inbox.store(shop.id, shop.channel, []) == []


async def test_one_id_on_two_channels_is_two_messages(
    inbox: Inbox, tenants: tuple[Shop, Shop]
) -> None:
    cafe, gym = tenants
    assert await inbox.store(cafe.id, cafe.channel, [said()]) == ["new"]
    assert await inbox.store(gym.id, gym.channel, [said()]) == ["new"]


async def test_parallel_storms_in_any_order_keep_each_message_once(
    db: Database, inbox: Inbox, shop: Shop
) -> None:
    names = [f"wamid.{n}" for n in range(8)]
    storms = [names, names[::-1], names[4:] + names[:4], names[::-1]] * 3
    outcomes = await asyncio.gather(
        *(inbox.store(shop.id, shop.channel, [said(n) for n in storm]) for storm in storms)
    )
    flat = [outcome for each in outcomes for outcome in each]
    assert (flat.count("new"), flat.count("same")) == (8, 88)
    assert len(await Jobs(db).claim()) == 8


async def test_the_table_holds_no_text_and_no_number(
    inbox: Inbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    item = said(body=b'{"text":"my PIN is 836510472"}')
    await inbox.store(shop.id, shop.channel, [item])
    row = superuser.execute("select i::text, i.body_enc, i.sender_enc from inbound i").fetchone()
    assert row is not None
    clear = row[0].encode() + row[1] + row[2]
    assert b"836510472" not in clear
    assert b"771234567" not in clear
    job = superuser.execute("select j::text from job j").fetchone()
    assert job is not None
    assert "771234567" not in job[0]


async def test_an_answered_message_has_lost_its_text(
    inbox: Inbox, shop: Shop, superuser: psycopg.Connection
) -> None:
    item = said()
    await inbox.store(shop.id, shop.channel, [item])
    superuser.execute("update inbound set body_enc = null, handled_at = now()")
    stored = await inbox.load(shop.id, item.id)
    assert stored is not None
    assert stored.body is None
    assert await inbox.store(shop.id, shop.channel, [said()]) == ["same"]


async def test_a_foreign_owner_finds_nothing(inbox: Inbox, tenants: tuple[Shop, Shop]) -> None:
    cafe, gym = tenants
    item = said()
    await inbox.store(cafe.id, cafe.channel, [item])
    assert await inbox.load(gym.id, item.id) is None
    assert await inbox.load(cafe.id, UUID(int=0)) is None


@pytest.mark.parametrize("hostile", ["nul\0", "half \ud83d", "long " * 2000, "\u202e", "' or 1=1"])
async def test_a_hostile_id_does_not_keep_the_others_out(
    inbox: Inbox, shop: Shop, hostile: str
) -> None:
    items = [said(hostile), said("wamid.2")]
    assert await inbox.store(shop.id, shop.channel, items) == ["new", "new"]
    assert await inbox.store(shop.id, shop.channel, [said(hostile)]) == ["same"]


async def test_a_body_moved_to_another_owner_does_not_open(
    inbox: Inbox, tenants: tuple[Shop, Shop], superuser: psycopg.Connection
) -> None:
    cafe, gym = tenants
    item = said()
    await inbox.store(cafe.id, cafe.channel, [item])
    superuser.execute("update inbound set tenant_id = %s", [gym.id])
    with pytest.raises(NotOurs):
        await inbox.load(gym.id, item.id)
