"""What the values of a tenant's file must be; called before anything of it is written.

Each check raises SpecError naming the first field that is wrong (docs/domain.md, 4-16).
"""

import re
from collections.abc import Collection, Iterable
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers

from core.errors import PhoneNotUnderstood
from core.members.weak_pins import weak
from core.values import AMOUNT_MAX_MINOR, POINTS_MAX, parse_phone
from storage.admin.currencies import CURRENCIES
from storage.admin.spec import ChannelPart, RewardPart, SpecError, TenantPart, TenantSpec

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_DIAL: Final = re.compile(r"\*[0-9]+(?:\*[0-9]+)*#|")
_JOIN_CODE: Final = re.compile(r"[A-Z0-9]{2,12}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]*")
_URL: Final = re.compile(r"https?://[^\s]+|")
_PIN: Final = re.compile(r"[0-9]{4,5}")
_NAME_MAX: Final = 40
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,5}")
_SHORTCUT: Final = re.compile(r"[0-9]{1,4}")
_DAYS_MAX: Final = 3650


def check(spec: TenantSpec, kinds: Collection[str] | None = None) -> None:
    """Raise SpecError at the first wrong value. `kinds`: the channel kinds that exist, if known."""
    _check_tenant(spec.tenant)
    _check_programme(spec)
    _check_tiers(spec)
    for place, reward in enumerate(spec.rewards):
        _check_reward(f"rewards[{place}]", reward, {tier.name for tier in spec.tiers})
    _unique("rewards.slug", (reward.slug for reward in spec.rewards))
    _check_staff(spec)
    for place, channel in enumerate(spec.channels):
        check_channel(f"channels[{place}]", channel, kinds)
    _unique("channels.address", (f"{each.kind} {each.address}" for each in spec.channels))
    _unique("channels.token", (each.token for each in spec.channels if each.token))
    _check_codes(spec)


def _check_codes(spec: TenantSpec) -> None:
    for place, part in enumerate(spec.sub_codes):
        right = bool(_DIGITS.fullmatch(part.digits))
        _need(right, f"sub_codes[{place}].digits", "1 to 6 digits are needed, no 0 in front")
    _unique("sub_codes.address", (f"{each.kind} {each.address}" for each in spec.sub_codes))
    for digits, said in spec.shortcuts.items():
        known = _SHORTCUT.fullmatch(digits) and digits not in ("0", "00", "98")
        _need(bool(known), "shortcuts", f"{digits!r} is nothing to dial behind a code")
        _check_text(f"shortcuts.{digits}", said, 60)


def _need(holds: bool, field: str, reason: str) -> None:
    if not holds:
        raise SpecError(field, reason)


def _unique(field: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        _need(value not in seen, field, f"{value} is there twice")
        seen.add(value)


def _check_text(field: str, text: str, longest: int = _NAME_MAX) -> None:
    _need(text == text.strip() and text.isprintable(), field, "plain text is needed")
    _need(0 < len(text) <= longest, field, f"1 to {longest} characters are needed")


def check_name(field: str, text: str) -> None:
    """A name people see: plain text of at most 40 characters."""
    _check_text(field, text)


def _check_tenant(tenant: TenantPart) -> None:
    slug_is_right = _SLUG.fullmatch(tenant.slug) and 2 <= len(tenant.slug) <= _NAME_MAX
    _need(bool(slug_is_right), "tenant.slug", "small letters, digits and dashes are needed")
    _need(tenant.slug != "platform", "tenant.slug", "platform is reserved")
    _check_text("tenant.name", tenant.name)
    check_region("tenant.region", tenant.region)
    known = tenant.currency in CURRENCIES
    _need(known, "tenant.currency", f"{tenant.currency!r} is no currency code we can count in")
    _check_timezone(tenant.timezone)
    _need(bool(tenant.languages), "tenant.languages", "one at least is needed")
    for language in tenant.languages:
        known = bool(_LANGUAGE.fullmatch(language))
        _need(known, "tenant.languages", f"{language!r} is not a language code")
    _unique("tenant.languages", tenant.languages)
    _need(bool(_DIAL.fullmatch(tenant.dial)), "tenant.dial", "a star-code like *123# is needed")
    joins = tenant.join_code is None or _JOIN_CODE.fullmatch(tenant.join_code)
    _need(bool(joins), "tenant.join_code", "2 to 12 capital letters and digits are needed")
    _need(bool(_URL.fullmatch(tenant.privacy_url)), "tenant.privacy_url", "a URL is needed")


def check_region(field: str, region: str) -> None:
    """A region whose phone numbers we can read (ISO 3166, two letters)."""
    _need(region in phonenumbers.SUPPORTED_REGIONS, field, f"{region!r} is not a region code")


def _check_timezone(timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise SpecError("tenant.timezone", f"{timezone!r} is not a time zone") from None


def _check_programme(spec: TenantSpec) -> None:
    rate, largest, part = spec.points_per_unit, spec.purchase_max_minor, spec.programme
    _need(0 < rate <= 10**8, "programme.points_per_unit", "more than 0 is needed")
    in_range = 0 < largest <= AMOUNT_MAX_MINOR
    _need(in_range, "programme.purchase_max", "that is no amount a till can show")
    _need(0 <= part.lot_days <= _DAYS_MAX, "programme.lot_days", f"0 to {_DAYS_MAX} is needed")
    _need(0 <= part.join_bonus <= POINTS_MAX, "programme.join_bonus", "0 or more is needed")
    _need(1 <= part.reserve_days <= 365, "programme.reserve_days", "1 to 365 is needed")
    _need(0 <= part.rejoin_days <= 365, "programme.rejoin_days", "0 to 365 is needed")


def _check_tiers(spec: TenantSpec) -> None:
    _need(bool(spec.tiers), "tiers", "one at least is needed")
    _need(spec.tiers[0].threshold == 0, "tiers[0].threshold", "the first tier starts at 0")
    for place, (below, above) in enumerate(zip(spec.tiers, spec.tiers[1:], strict=False), 1):
        rises = below.threshold < above.threshold <= POINTS_MAX
        _need(rises, f"tiers[{place}].threshold", "each tier is higher than the one before")
    for place, tier in enumerate(spec.tiers):
        _check_text(f"tiers[{place}].name", tier.name, 20)
        fits = 1 <= tier.multiplier_pct <= 10_000
        _need(fits, f"tiers[{place}].multiplier", "0.01 to 100 is needed")
    _unique("tiers.name", (tier.name for tier in spec.tiers))


def _check_reward(field: str, reward: RewardPart, tiers: Collection[str]) -> None:
    _need(bool(_SLUG.fullmatch(reward.slug)), f"{field}.slug", "small letters and dashes only")
    _check_text(f"{field}.name", reward.name)
    _need(len(reward.category) <= 20, f"{field}.category", "20 characters at most")
    _need(0 < reward.points <= POINTS_MAX, f"{field}.points", "1 or more is needed")
    _need(reward.stock is None or reward.stock >= 0, f"{field}.stock", "0 or more is needed")
    known = reward.tier is None or reward.tier in tiers
    _need(known, f"{field}.tier", f"there is no tier {reward.tier!r}")
    _need(1 <= reward.valid_days <= _DAYS_MAX, f"{field}.valid_days", "1 or more is needed")


def _check_staff(spec: TenantSpec) -> None:
    for place, staff in enumerate(spec.staff):
        field = f"staff[{place}]"
        _check_text(f"{field}.name", staff.name)
        staff_phone(f"{field}.phone", staff.phone, spec.tenant.region)
        check_number(f"{field}.number", staff.number)
        if staff.pin is not None:
            check_pin(f"{field}.pin", staff.pin)
    phones = (staff_phone("staff.phone", each.phone, spec.tenant.region) for each in spec.staff)
    _unique("staff.phone", phones)
    _unique("staff.number", (str(each.number) for each in spec.staff if each.number))


def check_number(field: str, number: int | None) -> None:
    """What staff type to say who they are; None: the next free one."""
    _need(number is None or 0 < number < 10_000, field, "1 to 9999 is needed")


def staff_phone(field: str, typed: str, region: str) -> str:
    """A staff member's phone as E.164, read in the tenant's region."""
    try:
        return parse_phone(typed, region)
    except PhoneNotUnderstood:
        raise SpecError(field, "that is not a phone number") from None


def check_channel(field: str, channel: ChannelPart, kinds: Collection[str] | None = None) -> None:
    """A channel that may be stored; its secrets are its adapter's business."""
    known = channel.kind in kinds if kinds is not None else bool(_KIND.fullmatch(channel.kind))
    _need(known, f"{field}.kind", f"there is no channel kind {channel.kind!r}")
    _check_text(f"{field}.address", channel.address, 64)
    if channel.region is not None:
        check_region(f"{field}.region", channel.region)
    unguessable = channel.token is None or _TOKEN.fullmatch(channel.token)
    _need(bool(unguessable), f"{field}.token", "22 to 64 letters, digits, - and _ are needed")


def check_pin(field: str, pin: str) -> None:
    """Four or five digits that are not among the first a stranger tries (security.md 17)."""
    _need(bool(_PIN.fullmatch(pin)), field, "four or five digits are needed")
    _need(not weak(pin), field, "that PIN is among the first a stranger tries")
