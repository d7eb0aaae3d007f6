"""What is set by hand: stock, PINs, staff, channels; programmes are read once a version."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from core.values import Address
from storage.admin import (
    ChannelPart,
    SpecError,
    StaffPart,
    add_channel,
    add_staff,
    list_channels,
    named_tenant,
    remove_staff,
    reset_pin,
    set_channel,
    set_stock,
)
from storage.crypto import address_hash
from storage.database import Trips
from storage.programmes import Programmes, UnknownTenant
from storage.turns import PLATFORM
from tests.storage.admin.conftest import CAFE, TOKEN, Office

Owner = psycopg.Connection


async def test_staff_have_e164_numbers_and_hashed_pins(office: Office, superuser: Owner) -> None:
    tenant = (await office.apply(CAFE)).tenant
    rows = superuser.execute(
        "select number, name, role, phone, pin_hash, active from staff order by number"
    ).fetchall()
    assert rows == [
        (1, "Lina", "manager", "+962791234567", "hash of 83651", True),
        (2, "Omar", "cashier", "+962797654321", "hash of 4917", True),
    ]
    hashed = address_hash(office.vault, Address("msisdn", "+962791234567"))
    listed = superuser.execute(
        "select d.subject_kind, d.tenant_id, s.name from directory d"
        " join staff s on s.id = d.subject_id where d.address_hash = %s",
        [hashed],
    ).fetchall()
    assert listed == [("staff", tenant.id, "Lina")]


async def test_who_works_there_no_more_is_found_no_more(office: Office, superuser: Owner) -> None:
    tenant = (await office.apply(CAFE)).tenant
    listed = "select count(*) from directory where subject_kind = 'staff'"
    await remove_staff(office.db, office.vault, tenant.id, "2")
    assert superuser.execute(listed).fetchone() == (1,)
    active = superuser.execute("select name from staff where active").fetchall()
    assert active == [("Lina",)]
    with pytest.raises(SpecError):
        await remove_staff(office.db, office.vault, tenant.id, "2")
    # Who is named by the file again works there again, under the number and PIN they had.
    await office.apply(CAFE)
    assert superuser.execute(listed).fetchone() == (2,)
    back = superuser.execute("select number, pin_hash from staff where name = 'Omar'").fetchone()
    assert back == (2, "hash of 4917")


async def test_stock_is_counted_by_the_shop_and_set_by_hand(
    office: Office, superuser: Owner
) -> None:
    tenant = (await office.apply(CAFE)).tenant
    superuser.execute("update stock set available = 2")
    await office.apply(CAFE)
    assert superuser.execute("select total, available from stock").fetchall() == [(5, 2)]
    await set_stock(office.db, tenant.id, "mug", 10)
    assert superuser.execute("select total, available from stock").fetchall() == [(13, 10)]
    await set_stock(office.db, tenant.id, "free-coffee", 3)
    programme = await office.programme(tenant.id)
    assert all(reward.stocked for reward in programme.rewards)
    for slug, left in (("nothing", 1), ("mug", -1)):
        with pytest.raises(SpecError):
            await set_stock(office.db, tenant.id, slug, left)


async def test_a_pin_in_the_file_is_a_first_pin(office: Office, superuser: Owner) -> None:
    tenant = (await office.apply(CAFE)).tenant
    await reset_pin(office.db, tenant.id, "0791234567", "52907", office.hasher)
    await office.apply(CAFE)
    pins = superuser.execute("select pin_hash from staff order by number").fetchall()
    assert pins == [("hash of 52907",), ("hash of 4917",)]


async def test_a_reset_pin_forgives_wrong_tries(office: Office, superuser: Owner) -> None:
    tenant = (await office.apply(CAFE)).tenant
    superuser.execute(
        "insert into counter (tenant_id, scope, subject, n)"
        " select tenant_id, scope, id::text, 10 from staff, (values ('staff_pin')) s (scope)"
    )
    await reset_pin(office.db, tenant.id, "2", "52907", office.hasher)
    left = superuser.execute(
        "select number from staff s join counter c on c.subject = s.id::text"
    ).fetchall()
    assert left == [(1,)]
    for who, pin in (("3", "52907"), ("0790000000", "52907"), ("1", "1234"), ("1", "12")):
        with pytest.raises(SpecError):
            await reset_pin(office.db, tenant.id, who, pin, office.hasher)


async def test_staff_are_added_and_changed_by_phone(office: Office, superuser: Owner) -> None:
    tenant = (await office.apply(CAFE)).tenant
    add = (office.db, office.vault, tenant.id)

    async def said(**part: Any) -> int:
        return await add_staff(*add, StaffPart(**part), office.ids, office.hasher)

    assert await said(name="Sami", phone="0781111111", pin="83650") == 3
    assert await said(name="Samir", phone="+962781111111", role="manager") == 3
    found = superuser.execute(
        "select name, role, version, pin_hash from staff where number = 3"
    ).fetchone()
    assert found is not None
    assert (found[0], found[1], found[3]) == ("Samir", "manager", "hash of 83650")
    assert found[2] > 1
    for wrong in (
        {"name": "X", "phone": "12"},
        {"name": " ", "phone": "0782222222"},
        {"name": "X", "phone": "0782222222", "pin": "0000"},
        {"name": "X", "phone": "0782222222", "number": 1},
    ):
        with pytest.raises(SpecError):
            await said(**wrong)


async def test_channels_get_a_token_and_keep_their_secrets_sealed(
    office: Office, superuser: Owner
) -> None:
    await office.apply(CAFE)
    ((slug, ussd), (_, chat)) = await list_channels(office.db, office.vault)
    assert (slug, ussd.kind, ussd.address) == ("cafe-aroma", "africastalking_ussd", "*123*45#")
    assert (ussd.region, ussd.status, ussd.settings) == ("JO", "on", {"session_ttl_s": "180"})
    assert len(ussd.token) == 32
    assert (chat.region, chat.app_id, chat.token) == ("ZW", "1234", TOKEN)
    dump = superuser.execute(
        "select string_agg(c::text || s::text || g::text, '') from channel c"
        " join channel_secret s on s.channel_id = c.id"
        " join channel_setting g on g.channel_id = c.id"
    ).fetchone()
    assert dump is not None
    for secret in ("shh", "a key", TOKEN, ussd.token, TOKEN.encode().hex(), b"shh".hex()):
        assert secret not in dump[0]
    assert "a key" not in repr(ussd)


async def test_a_channel_is_set_by_its_token(office: Office) -> None:
    tenant = (await office.apply(CAFE)).tenant
    changes = {
        "secrets.app_secret": "new",
        "secrets.app_secret_old": "shh",
        "secrets.verify_token": "",
        "settings.base_url": "http://127.0.0.1:9",
        "status": "off",
        "region": "JO",
    }
    after = await set_channel(office.db, office.vault, TOKEN, changes)
    (_, stored) = (await list_channels(office.db, office.vault, tenant.id))[1]
    assert stored == after
    assert stored.secrets == {"app_secret": "new", "app_secret_old": "shh"}
    assert stored.settings == {"base_url": "http://127.0.0.1:9"}
    assert (stored.status, stored.region) == ("off", "JO")
    assert (await named_tenant(office.db, "cafe-aroma")).config_version == (
        tenant.config_version + 1
    )
    for wrong in ({"colour": "red"}, {"status": "maybe"}, {"region": "XX"}, {"token": "short"}):
        with pytest.raises(SpecError):
            await set_channel(office.db, office.vault, TOKEN, wrong)
    with pytest.raises(SpecError, match="no channel has this token"):
        await set_channel(office.db, office.vault, "f" * 32, {"status": "on"})


async def test_the_platform_has_channels_too(office: Office) -> None:
    part = ChannelPart(kind="africastalking_ussd", address="*123#", secrets={"api_key": "k"})
    added = await add_channel(office.db, office.vault, PLATFORM, part, office.ids)
    assert (added.owner, added.region) == (PLATFORM, "ZW")
    assert await list_channels(office.db, office.vault) == [("platform", added)]
    again = await add_channel(office.db, office.vault, PLATFORM, part, office.ids)
    assert again == added


async def test_programmes_are_read_once_a_version(office: Office) -> None:
    tenant = (await office.apply(CAFE)).tenant
    programmes = Programmes(office.db)
    with Trips() as trips:
        first = await programmes.get(tenant.id, tenant.config_version)
        assert trips.count == 1
        assert await programmes.get(tenant.id, tenant.config_version) is first
        assert trips.count == 1
        changed = (await office.apply(CAFE.replace("= 10\n", "= 20\n"))).tenant
        before = trips.count
        second = await programmes.get(tenant.id, changed.config_version)
        assert trips.count == before + 1
        assert await programmes.latest(tenant.id) is second
        assert trips.count == before + 2
    assert (first.join_bonus, second.join_bonus) == (10, 20)
    with pytest.raises(UnknownTenant):
        await programmes.latest(UUID(int=5))
