"""Values every capability shares: ids, phones, money, points. Called by everyone, calls nothing.

Money is an integer of minor units with its ISO 4217 exponent (JOD has three decimals); points are
plain integers. Digits that people type may be ASCII, Arabic-Indic or Persian; no other script.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, Literal
from uuid import UUID

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberDesc,
    PhoneNumberFormat,
    PhoneNumberType,
)

from core.errors import AmountNotUnderstood, PhoneNotUnderstood

PHONES_KEPT: Final = 10_000
"""As many numbers read lately are remembered: a session spells its number the same at each step,
and reading one takes a fifth of a turn."""
POINTS_MAX: Final = 10**15
AMOUNT_MAX_MINOR: Final = 10**12

EXPONENTS: Final = {
    "JOD": 3, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "IQD": 3, "LYD": 3,
    "JPY": 0, "UGX": 0, "RWF": 0, "XOF": 0, "XAF": 0,
}  # fmt: skip
"""Decimals of a currency by ISO 4217 where they are not two."""

_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_AMOUNT: Final = re.compile(r"(?=\.?[0-9])[0-9]{0,12}(?:\.[0-9]{0,3})?\Z")
_PHONE: Final = re.compile(r"\+?[0-9 ()./-]{7,24}\Z")
_REFUSED_TYPES: Final = frozenset(
    {PhoneNumberType.UNKNOWN, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
)
"""UNKNOWN is what no number of its country is."""


def ascii_digits(text: str) -> str:
    """Read Arabic-Indic and Persian digits as ASCII digits; leave everything else alone."""
    return text if text.isascii() else text.translate(_DIGITS)


class Kept:
    """Room for what others worked out from a value and need again, such as a programme's menus in
    a language. It is no part of the value: a changed copy begins without, and it goes with it."""

    __slots__ = ("kept",)
    kept: dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency in minor units: `Money(50_000, "JOD")` is 50.000 JOD."""

    minor: int
    currency: str

    @property
    def exponent(self) -> int:
        """Decimals of the currency (ISO 4217)."""
        return EXPONENTS.get(self.currency, 2)

    def __str__(self) -> str:
        if not self.exponent:
            return f"{self.minor} {self.currency}"
        whole, rest = divmod(self.minor, 10**self.exponent)
        return f"{whole}.{rest:0{self.exponent}d} {self.currency}"


def parse_amount(text: str, currency: str) -> Money:
    """Read a positive amount a person typed, such as `5` or `5.50`, `5.` or `.5`; the currency's
    own code may stand before or behind it.

    Raises AmountNotUnderstood for zero, signs, exponents, commas, more decimals than the currency
    has, and amounts above AMOUNT_MAX_MINOR (domain.md, pitfalls 4 and 46).
    """
    typed = ascii_digits(text).strip(" ").upper()
    typed = typed.removeprefix(currency).removesuffix(currency).strip(" ")
    exponent = EXPONENTS.get(currency, 2)
    if not _AMOUNT.match(typed):
        raise AmountNotUnderstood
    whole, _, rest = typed.partition(".")
    if len(rest) > exponent:
        raise AmountNotUnderstood
    minor = int(whole or "0") * 10**exponent + int(rest.ljust(exponent, "0") or "0")
    if not 0 < minor <= AMOUNT_MAX_MINOR:
        raise AmountNotUnderstood
    return Money(minor, currency)


AddressKind = Literal["msisdn", "bsuid"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where one person is reached: an E.164 number, or a WhatsApp id without a number (BSUID)."""

    kind: AddressKind
    value: str


@lru_cache(PHONES_KEPT)
def parse_phone(text: str, region: str) -> str:
    """Read a number in the region's habit or internationally; return E.164 (`+263771234567`).

    Accepts `+263…`, `263…` without plus, `00263…`, `0771234567` of the region, with spaces,
    dashes and brackets. Raises PhoneNotUnderstood for letters, impossible or premium numbers.
    """
    mobile = _mobile(region)
    if mobile and mobile.fullmatch(text):
        return text
    typed = ascii_digits(text).strip(" ")
    if not _PHONE.match(typed):
        raise PhoneNotUnderstood
    digits = re.sub(r"[^0-9]", "", typed)
    candidates = [typed] if typed.startswith("+") else [typed, f"+{digits}"]
    if digits.startswith("00") and not typed.startswith("+"):
        candidates.insert(0, f"+{digits[2:]}")
    for candidate in candidates:
        phone = _valid_phone(candidate, region)
        if phone:
            return phone
    raise PhoneNotUnderstood


@cache
def _mobile(region: str) -> re.Pattern[str] | None:
    """The region's mobiles as carriers write them, in E.164, where the library would find nothing
    else in them; None where regions share a calling code. Reading one so takes a fiftieth."""
    known = PhoneMetadata.metadata_for_region(region)
    code = known.country_code if known else None
    if known is None or code is None or len(COUNTRY_CODE_TO_REGION_CODE[code]) > 1:
        return None
    valid, mobile = _national(known.general_desc), _national(known.mobile)
    if not (valid and mobile):
        return None
    refused = filter(None, map(_national, (known.premium_rate, known.shared_cost)))
    # A national prefix is taken off even behind the calling code.
    prefix = known.national_prefix_for_parsing
    never = [f"(?:{each})$" for each in refused] + ([prefix] if prefix else [])
    guards = f"(?=(?:{valid})$)" + "".join(f"(?!{each})" for each in never)
    return re.compile(rf"\+{code}{guards}(?:{mobile})", re.ASCII)


def _national(kind: PhoneNumberDesc | None) -> str | None:
    return kind.national_number_pattern if kind else None


def _valid_phone(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if phonenumbers.number_type(number) in _REFUSED_TYPES:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def local_phone(phone: str) -> str:
    """An E.164 number as it is dialled in its own country (`0771234567`)."""
    written = phonenumbers.format_number(phonenumbers.parse(phone), PhoneNumberFormat.NATIONAL)
    return "".join(sign for sign in written if sign.isdigit())


def mask_phone(phone: str) -> str:
    """Hide the middle of an E.164 number, for logs: `+26377*****67`."""
    return f"{phone[:6]}{'*' * max(len(phone) - 8, 3)}{phone[-2:]}"


class Secret:
    """A PIN or one-time code on its way to the hasher; never printed, logged or stored."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(•••)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """An open tenant as everybody may know it: what one chooses among where many share an
    address."""

    tenant_id: UUID
    slug: str
    name: str
