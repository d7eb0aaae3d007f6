"""A tenant from a file: made, said twice, changed, written back."""

import psycopg
import pytest

from storage.admin import (
    SpecError,
    decode,
    find_tenant,
    list_channels,
    list_tenants,
    named_tenant,
    tenant_spec,
    tenant_toml,
)
from tests.storage.admin.conftest import CAFE, TOKEN, Office

Owner = psycopg.Connection


async def test_a_file_makes_a_tenant(office: Office) -> None:
    applied = await office.apply(CAFE)
    assert applied.created
    row = applied.tenant
    assert (row.slug, row.name, row.status) == ("cafe-aroma", "Cafe Aroma", "open")
    assert (row.join_code, row.dial) == ("AROMA", "*123*45#")
    programme = await office.programme(row.id)
    assert (programme.slug, programme.name, programme.dial) == (row.slug, row.name, row.dial)
    assert (programme.region, programme.currency) == ("JO", "JOD")
    assert (programme.timezone, programme.languages) == ("Asia/Amman", ("en", "ar"))
    assert (programme.points_per_unit, programme.rounding) == (1000, "half_even")
    assert (programme.lot_days, programme.join_bonus) == (None, 10)
    assert (programme.reserve_days, programme.rejoin_days) == (5, 60)
    assert programme.purchase_max_minor == 500_250
    assert programme.help_line == "+962 6 555 0100"
    assert programme.privacy_url == "https://aroma.example/privacy"


async def test_tiers_and_rewards_come_in_order(office: Office) -> None:
    programme = await office.programme((await office.apply(CAFE)).tenant.id)
    tiers = [(tier.name, tier.threshold, tier.multiplier_pct) for tier in programme.tiers]
    assert tiers == [("Bronze", 0, 100), ("Silver", 1000, 150), ("Gold", 5000, 200)]
    coffee, mug = programme.rewards
    assert (coffee.slug, coffee.points, coffee.approval, coffee.stocked) == (
        *("free-coffee", 100, True),
        False,
    )
    assert (coffee.tier_id, coffee.valid_days, coffee.refund_on_expiry) == (None, 30, False)
    assert (mug.name, mug.category, mug.terms) == ('Mug "قهوة"', "Things", "One a month.")
    assert (mug.stocked, mug.tier_id, mug.active) == (True, programme.tiers[1].id, True)
    assert (mug.valid_days, mug.refund_on_expiry) == (14, True)


async def test_the_same_file_twice_changes_nothing(office: Office, superuser: Owner) -> None:
    first = await office.apply(CAFE)
    before = await tenant_toml(office.db, office.vault, "cafe-aroma", with_secrets=True)
    again = await office.apply(CAFE)
    assert (again.created, again.changed) == (False, False)
    assert again.tenant == first.tenant
    after = await tenant_toml(office.db, office.vault, "cafe-aroma", with_secrets=True)
    assert after == before
    assert len(office.hasher.hashed) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Cafe Aroma"', 'name = "Aroma"'),
        ('dial = "*123*45#"', 'dial = "*123*46#"'),
        ("join_bonus = 10", "join_bonus = 11"),
        ('languages = ["en", "ar"]', 'languages = ["ar", "en"]'),
        ('multiplier = "1.5"', 'multiplier = "1.25"'),
        ("points = 100", "points = 120"),
        ('name = "Omar"', 'name = "Omar K."'),
        ('session_ttl_s = "180"', 'session_ttl_s = "90"'),
        ('app_secret = "shh"', 'app_secret = "shhh"'),
        ('region = "ZW"', 'region = "ZM"'),
    ],
)
async def test_any_change_gives_a_new_config_version(office: Office, old: str, new: str) -> None:
    first = await office.apply(CAFE)
    assert CAFE.count(old) == 1
    changed = await office.apply(CAFE.replace(old, new))
    assert (changed.created, changed.changed) == (False, True)
    assert changed.tenant.id == first.tenant.id
    assert changed.tenant.config_version == first.tenant.config_version + 1
    spec = await tenant_spec(office.db, office.vault, "cafe-aroma", with_secrets=True)
    assert spec != decode(CAFE)


async def test_a_tenant_written_back_is_the_same_file(office: Office) -> None:
    await office.apply(CAFE)
    text = await tenant_toml(office.db, office.vault, "cafe-aroma", with_secrets=True)
    assert not (await office.apply(text)).changed
    spec, said = decode(text), decode(CAFE)
    assert (spec.tenant, spec.tiers, spec.rewards) == (said.tenant, said.tiers, said.rewards)
    assert spec.points_per_unit == said.points_per_unit
    assert spec.purchase_max_minor == said.purchase_max_minor
    assert spec.channels[1] == said.channels[1]


async def test_secrets_are_written_back_only_when_asked(office: Office) -> None:
    await office.apply(CAFE)
    text = await tenant_toml(office.db, office.vault, "cafe-aroma")
    for secret in ("83651", "hash of", "a key that", "shh", TOKEN):
        assert secret not in text
    assert not (await office.apply(text)).changed
    listed = await list_channels(office.db, office.vault)
    channels = {channel.kind: channel for _, channel in listed}
    assert channels["meta_whatsapp"].secrets == {"app_secret": "shh", "verify_token": "hello"}
    assert channels["meta_whatsapp"].token == TOKEN


async def test_thresholds_may_change_places_with_their_neighbours(office: Office) -> None:
    tenant = (await office.apply(CAFE)).tenant
    raised = CAFE.replace("threshold = 5000", "threshold = 9000")
    raised = raised.replace("threshold = 1000", "threshold = 5000")
    await office.apply(raised)
    programme = await office.programme(tenant.id)
    assert [tier.threshold for tier in programme.tiers] == [0, 5000, 9000]
    await office.apply(CAFE)
    assert [tier.threshold for tier in (await office.programme(tenant.id)).tiers] == [0, 1000, 5000]


async def test_a_tier_cannot_be_left_out(office: Office) -> None:
    await office.apply(CAFE)
    shorter = CAFE.replace('[[tiers]]\nname = "Gold"\nthreshold = 5000\nmultiplier = 2\n', "")
    with pytest.raises(SpecError, match="tiers: Gold exists and cannot be left out"):
        await office.apply(shorter)
    assert len((await tenant_spec(office.db, office.vault, "cafe-aroma")).tiers) == 3


async def test_a_reward_left_out_is_offered_no_more_and_comes_back(office: Office) -> None:
    tenant = (await office.apply(CAFE)).tenant
    start, end = CAFE.index('[[rewards]]\nslug = "mug"'), CAFE.index("[[staff]]")
    await office.apply(CAFE[:start] + CAFE[end:])
    mug = next(each for each in (await office.programme(tenant.id)).rewards if each.slug == "mug")
    assert not mug.active
    await office.apply(CAFE)
    back = next(each for each in (await office.programme(tenant.id)).rewards if each.slug == "mug")
    assert (back.active, back.id) == (True, mug.id)


async def test_what_another_tenant_has_is_taken(office: Office) -> None:
    await office.apply(CAFE)
    other = CAFE.replace('slug = "cafe-aroma"', 'slug = "other"')
    for field, change in (
        ("tenant.join_code", ("*123*45#", "*9*9#")),
        ("channels.address", ('join_code = "AROMA"', 'join_code = "OTHER"')),
    ):
        with pytest.raises(SpecError) as refused:
            await office.apply(other.replace(*change))
        assert refused.value.field == field
    assert [row.slug for row in await list_tenants(office.db)] == ["cafe-aroma", "platform"]
    assert await find_tenant(office.db, "other") is None
    with pytest.raises(SpecError):
        await named_tenant(office.db, "other")


async def test_a_currency_must_be_one_and_stays_once_there_are_purchases(
    office: Office, superuser: Owner
) -> None:
    for wrong in ("ABC", "jod", "KRW"):
        with pytest.raises(SpecError, match=r"tenant\.currency"):
            await office.apply(CAFE.replace('"JOD"', f'"{wrong}"'))
    tenant = (await office.apply(CAFE)).tenant
    assert (await office.apply(CAFE.replace('"JOD"', '"KWD"'))).changed
    # The member and the transfer of this purchase are of no interest here.
    superuser.execute("set session_replication_role = replica")
    superuser.execute(
        "insert into purchase (tenant_id, id, member_id, amount_minor, currency, points, source,"
        " ref, at) values (%s, gen_random_uuid(), gen_random_uuid(), 1, 'KWD', 0, 'staff',"
        " 'K7F3QD2', now())",
        [tenant.id],
    )
    superuser.execute("set session_replication_role = default")
    with pytest.raises(SpecError, match="KWD stays: purchases are in it"):
        await office.apply(CAFE)
    assert not (await office.apply(CAFE.replace('"JOD"', '"KWD"'))).changed
    superuser.execute("delete from purchase")
