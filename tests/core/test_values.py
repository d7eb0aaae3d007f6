"""Money, amounts and phone numbers as people type them (security.md U6–U16, U30–U34)."""

import pytest

from core.errors import AmountNotUnderstood, PhoneNotUnderstood
from core.values import (
    Money,
    Secret,
    ascii_digits,
    local_phone,
    mask_phone,
    parse_amount,
    parse_phone,
)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (50_000, "JOD", "50.000 JOD"),
        (5, "JOD", "0.005 JOD"),
        (550, "USD", "5.50 USD"),
        (1_200, "JPY", "1200 JPY"),
        (7, "ZWG", "0.07 ZWG"),
    ],
)
def test_money_shows_its_currencys_decimals(minor: int, currency: str, shown: str) -> None:
    assert str(Money(minor, currency)) == shown


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("5", "USD", 500),
        ("5.50", "USD", 550),
        ("5.5", "USD", 550),
        (" 5.50 ", "USD", 550),
        ("0.01", "USD", 1),
        ("50", "JOD", 50_000),
        ("33.335", "JOD", 33_335),
        ("0.001", "JOD", 1),
        ("007", "JPY", 7),
        ("5.", "USD", 500),
        (".5", "USD", 50),
        ("50 JOD", "JOD", 50_000),
        ("JOD 50", "JOD", 50_000),
        ("jod5.5", "JOD", 5_500),
        ("٥٠", "JOD", 50_000),
        ("۱۲.۵۰", "USD", 1_250),
        ("999999999", "JOD", 999_999_999_000),
    ],
)
def test_amounts_that_are_understood(typed: str, currency: str, minor: int) -> None:
    assert parse_amount(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "0",
        "0.00",
        "-5",
        "+5",
        "1e9",
        "NaN",
        "inf",
        "5,00",
        ".",
        "5.5.5",
        "5,50",
        "5 EUR",
        "USDUSD",
        "5 USD 5",
        "US 5",
        "1_000",
        " 1\n",
        "0.001",
        "99999999999999999999",
        "999999999999",
        "²",
        "１",
        "๕",
        "५",
        "5 0",
        "0x10",
        "$5",
        "5\u202e",
        "5\x00",
        "½",
        "٥٫٥",
        "'",
        "5;drop",
    ],
)
def test_amounts_that_are_not(typed: str) -> None:
    with pytest.raises(AmountNotUnderstood):
        parse_amount(typed, "USD")


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    for typed, currency in (("5.5555", "JOD"), ("5.555", "USD"), ("5.5", "JPY")):
        with pytest.raises(AmountNotUnderstood):
            parse_amount(typed, currency)


@pytest.mark.parametrize(
    "typed",
    [
        "+263771234567",
        "263771234567",
        "0771234567",
        "00263 77 123 4567",
        "263 77 123 4567",
        "(077)1234567",
        "077-123-4567",
        "+263 (77) 123.4567",
        "٠٧٧١٢٣٤٥٦٧",
        "  0771234567 ",
    ],
)
def test_one_zimbabwean_number_however_typed(typed: str) -> None:
    assert parse_phone(typed, "ZW") == "+263771234567"


def test_a_national_number_is_read_in_its_region() -> None:
    assert parse_phone("0771234567", "JO") == "+962771234567"
    assert parse_phone("+263771234567", "JO") == "+263771234567"
    assert parse_phone("263771234567", "JO") == "+263771234567"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "07712345",
        "077123456a",
        "O771234567",
        "+19005551234",
        "*123#",
        "12345",
        "*123*45#",
        "+263771234567\n",
        "+263 77 123 4567 8901 2345",
        "²77123456",
        "++263771234567",
        "0" * 10,
        "0771234567\x00",
        "０７７１２３４５６７",
        "0771234567;0771234568",
        "+263771234567,",
    ],
)
def test_numbers_that_are_refused(typed: str) -> None:
    with pytest.raises(PhoneNotUnderstood):
        parse_phone(typed, "ZW")


def test_only_arabic_digits_become_ascii() -> None:
    assert ascii_digits("٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹ ² ५ x") == "0123456789 0123456789 ² ५ x"


def test_a_number_is_written_as_its_own_country_dials_it() -> None:
    assert local_phone("+263771234567") == "0771234567"
    assert local_phone("+962791234567") == "0791234567"


def test_the_middle_of_a_number_is_hidden() -> None:
    assert mask_phone("+263771234567") == "+26377*****67"


def test_a_secret_never_shows() -> None:
    assert "52741" not in f"{Secret('52741')!r} {Secret('52741')}"
