"""What a tenant's file may not say: one sentence names the field, before anything is written."""

from pathlib import Path

import pytest

from storage.admin import SpecError, check, decode
from storage.admin.document import write_toml
from storage.admin.spec import ChannelPart, StaffPart, plain, scaled

CAFE = (Path(__file__).parent / "cafe.toml").read_text()
SMALL = """
[tenant]
slug = "a1"
name = "A"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
"""

SUB_CODE = '[[sub_codes]]\nkind = "africastalking_ussd"\naddress = "*123#"\ndigits = '

WRONG = [
    ('slug = "cafe-aroma"', 'slug = "Cafe Aroma"', "tenant.slug"),
    ('slug = "cafe-aroma"', 'slug = "platform"', "tenant.slug"),
    ('slug = "cafe-aroma"', "", "tenant.slug"),
    ('name = "Cafe Aroma"', 'name = ""', "tenant.name"),
    ('name = "Cafe Aroma"', 'name = "Cafe\\nAroma"', "tenant.name"),
    ('region = "JO"', 'region = "XX"', "tenant.region"),
    ('currency = "JOD"', 'currency = "jod"', "tenant.currency"),
    ('timezone = "Asia/Amman"', 'timezone = "Mars/Base"', "tenant.timezone"),
    ('timezone = "Asia/Amman"', 'timezone = "../etc/passwd"', "tenant.timezone"),
    ('["en", "ar"]', "[]", "tenant.languages"),
    ('["en", "ar"]', '["en", "en"]', "tenant.languages"),
    ('["en", "ar"]', '["english"]', "tenant.languages"),
    ('dial = "*123*45#"', 'dial = "123"', "tenant.dial"),
    ('join_code = "AROMA"', 'join_code = "aroma!"', "tenant.join_code"),
    ("https://aroma.example/privacy", "javascript:alert(1)", "tenant.privacy_url"),
    ('help_line = "', 'helpline = "', "tenant.helpline"),
    ('points_per_unit = "10"', 'points_per_unit = "10.001"', "programme.points_per_unit"),
    ('points_per_unit = "10"', "points_per_unit = 0", "programme.points_per_unit"),
    ('points_per_unit = "10"', 'points_per_unit = "lots"', "programme.points_per_unit"),
    ('points_per_unit = "10"', "points_per_unit = nan", "programme.points_per_unit"),
    ('rounding = "half_even"', 'rounding = "down"', "programme.rounding"),
    ("lot_days = 0", "lot_days = -1", "programme.lot_days"),
    ("lot_days = 0", 'lot_days = "never"', "programme.lot_days"),
    ("join_bonus = 10", "join_bonus = -10", "programme.join_bonus"),
    ("reserve_days = 5", "reserve_days = 0", "programme.reserve_days"),
    ('purchase_max = "500.250"', 'purchase_max = "0.0001"', "programme.purchase_max"),
    ('purchase_max = "500.250"', 'purchase_max = "-5"', "programme.purchase_max"),
    ("threshold = 0", "threshold = 1", "tiers[0].threshold"),
    ("threshold = 5000", "threshold = 1000", "tiers[2].threshold"),
    ('multiplier = "1.5"', 'multiplier = "0"', "tiers[1].multiplier"),
    ('multiplier = "1.5"', 'multiplier = "1.555"', "tiers.multiplier"),
    ('name = "Gold"', 'name = "Silver"', "tiers.name"),
    ("points = 750", "points = 0", "rewards[1].points"),
    ("stock = 5", "stock = -5", "rewards[1].stock"),
    ('tier = "Silver"', 'tier = "Platinum"', "rewards[1].tier"),
    ("valid_days = 14", "valid_days = 0", "rewards[1].valid_days"),
    ('slug = "mug"', 'slug = "free-coffee"', "rewards.slug"),
    ('phone = "0791234567"', 'phone = "0123"', "staff[0].phone"),
    ('phone = "0791234567"', 'phone = "+962797654321"', "staff.phone"),
    ('role = "manager"', 'role = "owner"', "staff[0].role"),
    ('pin = "83651"', 'pin = "12345"', "staff[0].pin"),
    ('pin = "83651"', 'pin = "836"', "staff[0].pin"),
    ('pin = "83651"', "pin = 83651", "staff[0].pin"),
    ('kind = "meta_whatsapp"', 'kind = "carrier_pigeon"', "channels[1].kind"),
    ('address = "106540352242922"', 'address = ""', "channels[1].address"),
    ('region = "ZW"', 'region = "Zimbabwe"', "channels[1].region"),
    ("0123456789abcdef0123456789abcdef", "guessme", "channels[1].token"),
    ('app_id = "1234"', "colour = 1", "channels[1].colour"),
    ("[programme]", "[program]", "program"),
    ('2 = "REWARDS"', '98 = "REWARDS"', "shortcuts"),
    ('2 = "REWARDS"', 'two = "REWARDS"', "shortcuts"),
    ('2 = "REWARDS"', '2 = ""', "shortcuts.2"),
    ('2 = "REWARDS"', "2 = 2", "shortcuts[...]"),
    (
        "[shortcuts]",
        '[[sub_codes]]\nkind = "a"\naddress = "*1#"\n[shortcuts]',
        "sub_codes[0].digits",
    ),
    ("[shortcuts]", f'{SUB_CODE}"045"\n[shortcuts]', "sub_codes[0].digits"),
    ("[shortcuts]", f'{SUB_CODE}"1"\n{SUB_CODE}"2"\n[shortcuts]', "sub_codes.address"),
]


def checked(text: str) -> None:
    check(decode(text), {"africastalking_ussd", "meta_whatsapp"})


@pytest.mark.parametrize(("old", "new", "field"), WRONG)
def test_a_wrong_field_is_named_in_one_sentence(old: str, new: str, field: str) -> None:
    assert CAFE.count(old) >= 1
    with pytest.raises(SpecError) as refused:
        checked(CAFE.replace(old, new, 1))
    assert refused.value.field == field
    message = str(refused.value)
    assert message.startswith(f"{field}: ")
    assert message.endswith(".")
    assert "\n" not in message


def test_the_file_itself_is_right() -> None:
    checked(CAFE)
    checked(SMALL)


def test_what_is_no_toml_is_said_so() -> None:
    with pytest.raises(SpecError, match="file: not TOML"):
        decode("[tenant\n")


def test_a_small_file_has_one_tier_and_our_defaults() -> None:
    spec = decode(SMALL)
    assert [(tier.name, tier.multiplier_pct) for tier in spec.tiers] == [("Member", 100)]
    assert (spec.points_per_unit, spec.purchase_max_minor) == (100, 10**9)


@pytest.mark.parametrize("text", [CAFE, SMALL])
def test_a_specification_is_written_and_read_back(text: str) -> None:
    assert decode(write_toml(decode(text))) == decode(text)


def test_what_is_secret_is_not_in_a_repr() -> None:
    staff = StaffPart(name="X", phone="+263771234567", pin="83651")
    channel = ChannelPart(kind="k", address="a", token="t" * 22, secrets={"key": "83651"})
    assert "83651" not in repr(staff) + repr(channel)
    assert "t" * 22 not in repr(channel)


@pytest.mark.parametrize(
    ("typed", "decimals", "value"),
    [("1.5", 2, 150), (2, 2, 200), (0.1, 2, 10), ("500.25", 3, 500_250), ("7", 0, 7)],
)
def test_decimals_are_exact_both_ways(typed: str | float, decimals: int, value: int) -> None:
    assert scaled(typed, decimals, "x") == value
    assert scaled(plain(value, decimals), decimals, "x") == value
