"""Mobiles in E.164 are read by one pattern of the library's: always as the library reads them."""

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from core import values
from core.errors import PhoneNotUnderstood
from core.values import parse_phone

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
SHORT = sorted(region for region in phonenumbers.SUPPORTED_REGIONS if values._mobile(region))


def spelled(region: str) -> Iterator[str]:
    """Numbers of a region of every type, and others that differ from them in a few digits."""
    rng = random.Random(region)
    for kind in PhoneNumberType.values():
        found = phonenumbers.example_number_for_type(region, kind)
        if found is None:
            continue
        example = phonenumbers.format_number(found, PhoneNumberFormat.E164)
        national = len(str(found.country_code)) + 1
        yield example
        for _ in range(20):
            digits = list(example)
            for _ in range(rng.randrange(1, 4)):
                digits[rng.randrange(national, len(digits))] = str(rng.randrange(10))
            digits[national:national] = rng.choice(["", "", "", "0", "1", "8"])
            yield "".join(digits[:-2]) + "".join(digits[-2:]).translate(ARABIC)
            yield "".join(digits + rng.choice([[], [], ["7"], [" "], ["\n"]]))


def read(text: str, region: str) -> str | None:
    try:
        return parse_phone.__wrapped__(text, region)
    except PhoneNotUnderstood:
        return None


@pytest.mark.parametrize("region", SHORT)
def test_what_is_read_so_is_what_the_library_reads(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = list(spelled(region))
    read_so = [read(text, region) for text in texts]
    monkeypatch.setattr(values, "_mobile", lambda _: None)
    assert read_so == [read(text, region) for text in texts]


@pytest.mark.parametrize("region", ["ZW", "JO", "KE", "NG", "ZA", "GH", "ZM", "MZ"])
def test_the_mobiles_of_our_carriers_are_read_so(region: str) -> None:
    found = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    pattern = values._mobile(region)
    assert pattern is not None
    assert found is not None
    assert pattern.fullmatch(phonenumbers.format_number(found, PhoneNumberFormat.E164))


@pytest.mark.parametrize("region", ["US", "GB", "KZ"])
def test_regions_that_share_a_calling_code_are_left_to_the_library(region: str) -> None:
    assert values._mobile(region) is None
