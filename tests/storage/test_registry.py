"""The registry: found by token or address, read again when it must be and not more often."""

import asyncio
import random
import time
from uuid import UUID

import psycopg
import pytest

from storage.admin import ChannelPart, StoredChannel, add_channel, set_channel
from storage.channels import REFRESH_BURST, REFRESH_S, ChannelRow, Registry
from storage.crypto import Vault
from storage.database import Database, Trips
from storage.identifiers import Identifiers
from storage.turns import PLATFORM
from tests.shops import Shop

IDS = Identifiers(random.Random(11), time.time)
Owner = psycopg.Connection


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("storage.channels.time", clock)
    return clock


@pytest.fixture
async def registry(
    db: Database, vault: Vault, superuser: Owner, clock: Clock
) -> Registry[ChannelRow]:
    superuser.execute("delete from channel_secret")
    superuser.execute("delete from channel_setting")
    superuser.execute("delete from channel")
    return Registry(db, vault)


async def add(
    db: Database,
    vault: Vault,
    owner: UUID,
    address: str,
    kind: str = "meta_whatsapp",
    app_id: str = "",
) -> StoredChannel:
    part = ChannelPart(
        kind=kind,
        address=address,
        app_id=app_id,
        settings={"session_ttl_s": "90"},
        secrets={"app_secret": f"secret of {address}"},
    )
    return await add_channel(db, vault, owner, part, IDS)


async def test_channels_are_found_by_token_address_and_id(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    added = await add(db, vault, tenants[0].id, "111", app_id="A")
    await registry.load()
    found = await registry.by_token(added.token)
    assert found == ChannelRow(
        id=added.id,
        owner=tenants[0].id,
        kind="meta_whatsapp",
        address="111",
        token=added.token,
        region="ZW",
        app_id="A",
        settings={"session_ttl_s": "90"},
        secrets={"app_secret": "secret of 111"},
    )
    assert await registry.by_address("meta_whatsapp", "111") is found
    assert await registry.by_id(added.id) is found
    assert await registry.of_owner(tenants[0].id) == (found,)
    assert await registry.by_address("twilio_sms", "111") is None
    assert "secret of" not in repr(found)
    assert added.token not in repr(found)


async def test_loading_is_one_trip_and_one_an_owner(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    for shop in tenants:
        for n in range(3):
            await add(db, vault, shop.id, f"{shop.slug} {n}")
    await add(db, vault, PLATFORM, "*123#", "africastalking_ussd")
    with Trips() as trips:
        await registry.load()
    assert trips.count == 5, "and the digits behind the shared codes"
    with Trips() as trips:
        assert len(await registry.of_owner(tenants[0].id)) == 3
        assert await registry.by_address("africastalking_ussd", "*123#")
    assert trips.count == 0


async def test_a_new_channel_works_at_once(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    await registry.load()
    added = await add(db, vault, tenants[0].id, "111")
    with Trips() as trips:
        assert await registry.by_token(added.token)
    assert trips.count == 2


async def test_guesses_read_again_only_so_often(
    registry: Registry[ChannelRow], clock: Clock
) -> None:
    await registry.load()
    with Trips() as trips:
        for n in range(50):
            assert await registry.by_token(f"guess {n}") is None
            assert await registry.by_address("meta_whatsapp", f"{n}") is None
        assert trips.count == REFRESH_BURST - 1
        clock.now_s += REFRESH_S
        for n in range(50):
            assert await registry.by_token(f"guess {n}") is None
        assert trips.count == REFRESH_BURST
        clock.now_s += 1000 * REFRESH_S
        for n in range(50):
            assert await registry.by_token(f"guess {n}") is None
        assert trips.count == 2 * REFRESH_BURST


async def test_many_misses_at_once_are_one_look(registry: Registry[ChannelRow]) -> None:
    await registry.load()
    with Trips() as trips:
        misses = (registry.by_token(f"guess {n}") for n in range(50))
        assert set(await asyncio.gather(*misses)) == {None}
    assert trips.count == 1


async def test_a_changed_channel_is_read_with_its_owners_version(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    added = await add(db, vault, tenants[0].id, "111")
    await add(db, vault, tenants[1].id, "222")
    await registry.load()
    version = registry.version(tenants[0].id)
    await set_channel(db, vault, added.token, {"secrets.app_secret": "rotated"})
    with Trips() as trips:
        await registry.refresh()
    assert trips.count == 2
    found = await registry.by_token(added.token)
    assert found
    assert found.secrets["app_secret"] == "rotated"
    assert registry.version(tenants[0].id) == version + 1
    assert registry.version(UUID(int=1)) == 0


async def test_a_channel_that_is_off_is_not_there(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    added = await add(db, vault, tenants[0].id, "111")
    await registry.load()
    await set_channel(db, vault, added.token, {"status": "off"})
    await registry.refresh()
    assert await registry.by_token(added.token) is None
    assert await registry.by_address("meta_whatsapp", "111") is None
    assert await registry.by_id(added.id) is None


async def test_a_new_token_is_the_only_one(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    added = await add(db, vault, tenants[0].id, "111")
    await registry.load()
    await set_channel(db, vault, added.token, {"token": "n" * 22})
    await registry.refresh()
    assert await registry.by_token(added.token) is None
    assert await registry.by_token("n" * 22)


async def test_the_table_without_a_tenant_holds_neither_token_nor_secret(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    added = await add(db, vault, tenants[0].id, "111")
    rows = await db.run("select c::text as row from channel c")
    assert added.token not in rows[0]["row"]
    assert added.token.encode().hex() not in rows[0]["row"]
    assert await db.run("select * from channel_secret") == []


async def test_channels_are_made_of_the_class_one_wants(
    db: Database, vault: Vault, registry: Registry[ChannelRow], tenants: tuple[Shop, Shop]
) -> None:
    class Mine(ChannelRow):
        """The gateway's own."""

    added = await add(db, vault, tenants[0].id, "111")
    own = Registry(db, vault, Mine)
    await own.load()
    assert type(await own.by_token(added.token)) is Mine


async def test_tenants_are_the_open_ones(
    registry: Registry[ChannelRow], tenants: tuple[Shop, Shop], superuser: Owner
) -> None:
    assert set(await registry.tenants()) == {shop.id for shop in tenants}
    superuser.execute("update tenant set status = 'closed' where id = %s", [tenants[1].id])
    assert await registry.tenants() == (tenants[0].id,)
    superuser.execute("update tenant set status = 'open' where id = %s", [tenants[1].id])
