"""Begin and commit on a real database: what a snapshot holds, and that a turn is one whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from core.changes import AccountMoved, StockMoved
from core.facts import Expiry
from core.values import Address
from storage.crypto import Vault, place
from storage.database import Stale, Trips
from storage.turns import PAYLOAD_PLACE, OutboundRow, StoredAnswer, Turns
from tests.shops import Shop, ids, put
from tests.storage.fact_cases import notice_added
from tests.storage.world import NOW, World, asks, talk, work


@pytest.fixture(scope="module")
def shop(tenants: tuple[Shop, Shop]) -> Shop:
    return tenants[0]


def count(connection: psycopg.Connection, statement: str, *params: Any) -> int:
    row = connection.execute(statement.encode(), params).fetchone()
    assert row is not None
    number: int = row[0]
    return number


async def test_begin_and_commit_are_one_trip_each(turns: Turns, shop: Shop, world: World) -> None:
    with Trips() as trips:
        await turns.begin(asks(shop, ids.uuid7()))
    assert trips.count == 1
    with Trips() as trips:
        await turns.commit(work(world, notice_added(world).change, conversation=talk(shop)))
    assert trips.count == 1


async def test_a_stranger_is_nobody(turns: Turns, shop: Shop) -> None:
    stranger = Address("msisdn", "+263770000000")
    snapshot = await turns.begin(replace(asks(shop, ids.uuid7()), sender=stranger))
    assert abs(snapshot.now - datetime.now(UTC)) < timedelta(minutes=1)
    assert (snapshot.tenant, snapshot.config_version, snapshot.owner_version) == (shop.id, 1, 1)
    assert (snapshot.conversation, snapshot.answer, snapshot.claimed_by) == (None, None, None)
    caller = snapshot.caller
    assert caller.programme.tenant_id == shop.id
    assert (caller.address, caller.member, caller.wallet, caller.staff) == (
        *(stranger, None, None, None),
    )
    assert (caller.next_expiry, caller.open_issuances, caller.to_approve) == (None, 0, 0)
    assert (caller.stopped, caller.unseen) == (False, ())
    assert (caller.expired_unbooked, caller.available) == (0, 0)


async def test_begin_carries_what_balance_shows(
    turns: Turns, superuser: psycopg.Connection, shop: Shop, world: World
) -> None:
    address = world.address
    put(
        superuser,
        "member_address",
        tenant_id=shop.id,
        kind=address.kind,
        value=address.value,
        member_id=world.member,
        at=NOW,
    )
    soon, late = (datetime.now(UTC).replace(microsecond=0) + timedelta(days=d) for d in (1, 2))
    lot = {"tenant_id": shop.id, "account_id": world.account, "transfer_id": world.transfer}
    for expires_at, points in ((soon, 5), (soon, 6), (late, 7), (NOW - timedelta(days=900), 8)):
        amounts = {"amount": 9, "remaining": points, "created_at": NOW}
        put(superuser, "lot", id=ids.uuid7(), expires_at=expires_at, **amounts, **lot)
    for _ in range(4):
        said = {"member_id": world.member, "kind": "earned", "params": '{"n": 1}', "at": NOW}
        put(superuser, "notice", tenant_id=shop.id, id=ids.uuid7(), **said)
    caller = (await turns.begin(replace(asks(shop, ids.uuid7()), sender=address))).caller
    assert caller.member is not None
    assert caller.wallet is not None
    assert (caller.member.id, caller.member.name, caller.member.version) == (
        *(world.member, "Rudo", 1),
    )
    assert caller.member.notices == ("earn", "reward", "expiry")
    wallet = caller.wallet
    assert (wallet.id, wallet.posted, wallet.held, wallet.available) == (world.account, 100, 40, 60)
    assert caller.next_expiry == Expiry(points=11, at=soon)
    assert (caller.expired_unbooked, caller.available) == (8, 52)
    assert (caller.open_issuances, caller.staff, caller.to_approve) == (1, None, 0)
    assert [notice.id for notice in caller.unseen][:1] == [world.notice]
    assert len(caller.unseen) == 3
    assert caller.unseen[1].params == {"n": 1}


async def test_begin_knows_staff_and_what_waits_for_them(
    turns: Turns, superuser: psycopg.Connection, shop: Shop, world: World
) -> None:
    ask = replace(asks(shop, ids.uuid7()), sender=shop.staff_address)
    caller = (await turns.begin(ask)).caller
    assert caller.staff is not None
    assert (caller.staff.id, caller.staff.number, caller.staff.role) == (shop.staff, 1, "cashier")
    waiting = "select count(*) from issuance where state = 'reserved' and tenant_id = %s"
    assert caller.to_approve == count(superuser, waiting, shop.id) >= 1
    superuser.execute("update staff set active = false where id = %s", (shop.staff,))
    assert (await turns.begin(ask)).caller.staff is None
    superuser.execute("update staff set active = true where id = %s", (shop.staff,))


async def test_a_conversation_is_read_as_it_was_written(
    turns: Turns, shop: Shop, world: World
) -> None:
    new = talk(shop)
    await turns.commit(work(world, conversation=new))
    read = (await turns.begin(asks(shop, new.id))).conversation
    assert read == replace(new, version=1)
    changed = replace(
        read,
        session=b"",
        carrier_session="ATUid_2",
        heard_len=0,
        heard_mac=None,
        open=False,
        opened_at=read.last_at,
        last_at=read.opened_at,
        last_in_at=NOW,
    )
    await turns.commit(work(world, conversation=changed))
    assert (await turns.begin(asks(shop, new.id))).conversation == replace(changed, version=2)


@pytest.mark.parametrize("moves", [False, True])
async def test_a_stale_conversation_writes_nothing(
    moves: bool, turns: Turns, superuser: psycopg.Connection, shop: Shop, world: World
) -> None:
    new = talk(shop)
    await turns.commit(work(world, conversation=new))
    changes = (AccountMoved(id=world.account, version=1, visits=1),) if moves else ()
    for version in (0, 2):
        late = work(world, *changes, conversation=replace(new, version=version, session=b"late"))
        with pytest.raises(Stale, match="stale"):
            await turns.commit(late)
        assert count(superuser, "select count(*) from command_log where key = %s", late.key) == 0
    snapshot = await turns.begin(asks(shop, new.id))
    assert snapshot.conversation == replace(new, version=1)
    assert count(superuser, "select visits from account where id = %s", world.account) == 0


async def test_a_stale_account_writes_nothing(
    turns: Turns, superuser: psycopg.Connection, shop: Shop, world: World
) -> None:
    new = talk(shop)
    moved = AccountMoved(id=world.account, version=1, visits=1)
    await turns.commit(work(world, moved))
    # Said without an error, which the server would log.
    with pytest.raises(Stale, match=r"\Astale\Z"):
        await turns.commit(work(world, moved, conversation=new))
    assert (await turns.begin(asks(shop, new.id))).conversation is None
    assert count(superuser, "select visits from account where id = %s", world.account) == 1


async def test_a_key_is_honoured_once(turns: Turns, shop: Shop, world: World) -> None:
    talked = talk(shop)
    answer = bytes(range(256))
    first = replace(work(world, conversation=talked), answer=answer, input_hash=b"i" * 32)
    await turns.commit(first)
    for again in (first, replace(first, conversation=replace(talked, version=1))):
        with pytest.raises(Stale):
            await turns.commit(again)
    with pytest.raises(Stale, match=r"\Astale\Z"):
        await turns.commit(replace(first, conversation=None))
    snapshot = await turns.begin(asks(shop, talked.id, first.key))
    assert snapshot.conversation == replace(talked, version=1)
    assert snapshot.answer == StoredAnswer(
        command="test", input_hash=b"i" * 32, conversation_id=talked.id, answer=answer
    )


async def test_a_dropped_answer_leaves_its_key(
    turns: Turns, superuser: psycopg.Connection, shop: Shop, world: World
) -> None:
    done = replace(work(world), answer=b"CON 1")
    await turns.commit(done)
    superuser.execute("update command_log set answer = null where key = %s", (done.key,))
    answer = (await turns.begin(asks(shop, ids.uuid7(), done.key))).answer
    assert answer is not None
    assert (answer.answer, answer.conversation_id) == (None, None)


async def test_a_session_belongs_to_who_used_it_first(turns: Turns, shop: Shop) -> None:
    claim = ids.token().encode()
    first, second = talk(shop), talk(shop, shop.staff_address)
    for talked in (first, second):
        snapshot = await turns.begin(replace(asks(shop, talked.id), session_claim=claim))
        assert snapshot.claimed_by == (None if talked is first else (shop.id, first.id))
        done = replace(work(shop.id, conversation=talked), session_claim=claim)
        await turns.commit(replace(done, key=str(talked.id)))


async def test_messages_and_jobs_leave_with_the_turn(
    turns: Turns, superuser: psycopg.Connection, vault: Vault, shop: Shop, world: World
) -> None:
    talked, inbound_id = talk(shop), ids.uuid7()
    put(
        superuser,
        "inbound",
        tenant_id=shop.id,
        id=inbound_id,
        channel_id=shop.channel,
        external_id="wamid.1",
        sender_kind="msisdn",
        body_enc=b"hello",
        body_mac=b"m",
    )
    message = OutboundRow(
        id=ids.uuid7(),
        channel_id=shop.channel,
        conversation_id=talked.id,
        payload=b"{}",
        inbound_id=inbound_id,
    )
    done = replace(work(world, conversation=talked), outbound=(message,))
    await turns.commit(replace(done, inbound_id=inbound_id))
    row = superuser.execute(
        "select payload_enc, state, conversation_id, inbound_id from outbound where id = %s",
        (message.id,),
    ).fetchone()
    assert row is not None
    assert row[1:] == ("queued", talked.id, inbound_id)
    assert vault.open(place(shop.id, PAYLOAD_PLACE), row[0]) == b"{}"
    found = superuser.execute(
        "select j.tenant_id, kind, state, lane = send_lane_v1(%s) from job j where id = %s",
        (talked.id, message.id),
    )
    assert found.fetchall() == [(shop.id, "send", "ready", True)]
    heard = "select body_enc is null and handled_at is not null from inbound where id = %s"
    assert count(superuser, heard, inbound_id)


async def test_sold_out_writes_nothing(
    turns: Turns, superuser: psycopg.Connection, shop: Shop, world: World
) -> None:
    moved = AccountMoved(id=world.account, version=1, held=50)
    with pytest.raises(Stale, match="stock_moved"):
        await turns.commit(work(world, moved, StockMoved(reward_id=shop.mug, available=-6)))
    assert count(superuser, "select held from account where id = %s", world.account) == 40
