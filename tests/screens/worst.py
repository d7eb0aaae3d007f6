"""The values that need most room: what a shop may be called, what a member may own.

Whatever a transcript builds (who calls, what core answers) is filled here by the name of each
field, so the same conversation is walked with other words in it. A field that neither FILLED nor
KEPT names fails the walk: whoever adds a fact says here what its longest value is.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from core.errors import LoyaltyError
from core.values import AMOUNT_MAX_MINOR, POINTS_MAX, Address, Money
from dialogs.texts import MONTHS, texts
from tests.dialogs.world import NOW

POINTS: Final = POINTS_MAX - 1
PRICE: Final = 888_888_888_888_888
MISSING: Final = 777_777_777_777_777
SHOP, MEMBER, REWARD, TIER, CATEGORY, TERMS = 40, 40, 48, 24, 30, 600
"""Characters at most. A member's name is held to that (dialogs/names.py); the others are what the
screens are proven for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """The words that names are made of; "" leaves everything as the transcript has it."""

    name: str
    shop: str = ""
    member: str = ""
    reward: str = ""
    tier: str = ""
    terms: str = ""


USUAL: Final = Filling(name="usual")
LATIN: Final = Filling(
    name="longest",
    shop="Takunda & Tendai's {Coffee} House ~ Harare",
    member="Nyashadzashe Tafadzwa Munyaradzi Chikwanha",
    reward="Weekend [breakfast] for two & one large juice at",
    tier="Platinum {Founders} Club ^",
    terms="Not on public holidays, nor with any other offer; one a [table] a day. ",
)
ARABIC: Final = Filling(
    name="arabic",
    shop="مقهى ومحمصة الأصدقاء الكبرى في وسط مدينة عمان",
    member="عبد الرحمن بن محمد آل الشيخ الكبير الحسني",
    reward="فطور كامل لشخصين مع عصير برتقال طازج كبير وقهوة",
    tier="البلاتينية للمؤسسين الأوائل",
    terms="لا يشمل أيام العطل الرسمية ولا يجمع مع أي عرض آخر في نفس اليوم. ",
)
EMOJI: Final = Filling(
    name="emoji",
    shop="☕ Café «Aroma» 👩‍🍳👨‍👩‍👧‍👦 Bulawayo & Mutare 🎉🎉",
    member="Nguyễn Thị Hương Giang Đặng Văn Ánh Dương",
    reward="🥐🥐 Crème brûlée 👩🏽‍🤝‍👨🏿 für zwei Personen 🎁🎁🎁 mit",
    tier="💎💎💎 Platinum 💎💎💎",
    terms="Nicht an Feiertagen 🎄, nicht mit anderen Angeboten 🚫. ",
)
FILLINGS: Final = (USUAL, LATIN, ARABIC, EMOJI)

Fill = Callable[[Any, Filling, str], Any]


WHOLE: Final[dict[str, set[str]]] = {filling.name: set() for filling in FILLINGS}
"""Every name that was made, by its filling."""


@cache
def stretched(filling: Filling, part: str, original: str, most: int) -> str:
    """The longest name of its kind that ends as the original does: as much of the sentence as
    leaves the original its place behind it, `most` in all. WHOLE has it from then on."""
    sentence = getattr(filling, part)
    if not sentence or not original:
        return original
    kept = sentence[: max(most - len(original) - 1, 4)]
    while unicodedata.category(sentence[len(kept) : len(kept) + 1] or " ")[0] in "MSC":
        kept = kept[:-1]
    name = f"{kept.rstrip()} {original}"[:most]
    WHOLE[filling.name].add(name)
    return name


@cache
def far(language: str, year: int) -> datetime:
    """The day of that year which takes most room in a language: `30 Sept 2027`."""
    longest = max(range(1, 13), key=lambda month: len(texts(language).t(MONTHS[month - 1])))
    return datetime(year, longest, 28, 12, tzinfo=UTC)


def _number(most: int) -> Fill:
    return lambda value, filling, language: most if value else value


def _words(part: str, most: int) -> Fill:
    return lambda value, filling, language: stretched(filling, part, value, most)


def _text(longest: str) -> Fill:
    return lambda value, filling, language: longest if value else value


def _day(value: datetime | None, filling: Filling, language: str) -> datetime | None:
    return value and far(language, NOW.year + 1 if value > NOW else NOW.year - 1)


def _terms(value: str, filling: Filling, language: str) -> str:
    return (filling.terms * TERMS)[:TERMS].strip() if value else value


def _params(value: dict[str, Any], filling: Filling, language: str) -> dict[str, Any]:
    return {key: _field("", key, param, filling, language) for key, param in value.items()}


def _iso(value: str, filling: Filling, language: str) -> str:
    return far(language, NOW.year + 1).isoformat()


def _detail(value: str, filling: Filling, language: str) -> str:
    """What a line of the history is about: a reward, or an amount without its currency."""
    if value.replace(".", "").isdigit():
        return str(_LARGEST).partition(" ")[0]
    return stretched(filling, "reward", value, REWARD)


def _masked(value: str, filling: Filling, language: str) -> str:
    """Two letters of a name and the rest hidden (core.members.linking)."""
    return f"{filling.member[:2]}***" if value else value


_LARGEST: Final = Money(AMOUNT_MAX_MINOR, "JOD")
_member, _reward, _tier = _words("member", MEMBER), _words("reward", REWARD), _words("tier", TIER)

FILLED: Final[dict[str, Fill]] = {
    "Programme.name": _words("shop", SHOP),
    "JoinTarget.name": _words("shop", SHOP),
    "Shop.name": _words("shop", SHOP),
    "Tier.name": _tier,
    "Reward.name": _reward,
    "Offer.name": _reward,
    "LinkPreview.name": _masked,
    "PhoneLinked.name": _masked,
    "name": _member,
    "member_name": _member,
    "reward_name": _reward,
    "reward": _reward,
    "tier": _tier,
    "next_tier": _tier,
    "upgraded_to": _tier,
    "category": _words("reward", CATEGORY),
    "terms": _terms,
    "detail": _detail,
    "dial": _text("*123*45678*12345#"),
    "help_line": _text("+962 6 555 01000 ext. 22"),
    "privacy_url": _text("https://loyalty.example.co.zw/p/aroma"),
    "Offer.points": _number(PRICE),
    "Reward.points": _number(PRICE),
    "missing": _number(MISSING),
    "amount_minor": _number(AMOUNT_MAX_MINOR),
    "Today.amount_minor": _number(AMOUNT_MAX_MINOR * 1000),
    "limit": lambda value, filling, language: _LARGEST,
    "amount": lambda value, filling, language: str(_LARGEST),
    "params": _params,
    "until": lambda value, filling, language: (
        _iso(value, filling, language) if isinstance(value, str) else _day(value, filling, language)
    ),
    "multiplier_pct": _number(999),
    "points_per_unit": _number(99_999_999),
    "rejoin_days": _number(365),
    "minutes": _number(15),
    "pending": _number(MISSING),
    **dict.fromkeys(("open_issuances", "to_approve"), _number(999)),
    **dict.fromkeys(("visits", "awards", "redemptions", "uses", "joins"), _number(999_999)),
    **dict.fromkeys(
        ("points", "available", "posted", "bonus", "join_bonus", "to_next", "Balance.held", "back"),
        _number(POINTS),
    ),
    **dict.fromkeys(
        (
            "expires_at", "reserved_at", "issued_at", "redeemed_at", "joined_at", "Expiry.at",
            "HistoryLine.at",
        ),
        _day,
    ),
}  # fmt: skip
"""Field → its longest value; `Type.field` before `field`. Zero and nothing stay what they are."""

KEPT: Final = frozenset(
    {
        "id", "tenant_id", "member_id", "reward_id", "issuance_id", "staff_id", "tier_id",
        "hold_id", "transfer_id", "code_id", "slug", "config_version", "version", "region",
        "currency", "timezone", "languages", "rounding", "purchase_max_minor", "lot_days",
        "reserve_days", "threshold", "stocked", "stock", "approval", "active", "valid_days",
        "refund_on_expiry", "language", "status", "left_at", "notices", "pin_hash", "number",
        "role", "phone", "held", "lifetime_earned", "lifetime_spent", "expired_unbooked",
        "stopped", "kind", "ref", "state", "code", "used_at", "reversed", "at", "returned",
        "left", "reason", "required", "value", "texts", "shortcuts", "chosen", "linked",
        "merges", "merged", "pin", "own_pin", "link_id",
    }
)  # fmt: skip
"""Fields whose values are as long as they ever are, or are never shown."""


def filled(value: Any, filling: Filling, language: str) -> Any:
    """The value with everything in it as long as it may be."""
    if filling is USUAL:
        return value
    if isinstance(value, tuple):
        return tuple(filled(each, filling, language) for each in value)
    if isinstance(value, LoyaltyError):
        return type(value)(**_params(value.params, filling, language))
    if isinstance(value, Address) or not is_dataclass(value):
        return value
    kind = type(value).__name__
    changed = {
        field.name: _field(kind, field.name, getattr(value, field.name), filling, language)
        for field in fields(value)
    }
    return replace(value, **changed)  # type: ignore[type-var]


def _field(kind: str, name: str, value: Any, filling: Filling, language: str) -> Any:
    if isinstance(value, tuple) or (is_dataclass(value) and not isinstance(value, Money)):
        return filled(value, filling, language)
    fill = FILLED.get(f"{kind}.{name}") or FILLED.get(name)
    if fill is None:
        known = name in KEPT or value is None
        assert known, f"tests/screens/worst.py: how long may {kind}.{name} be, like {value!r}?"
        return value
    return fill(value, filling, language) if value is not None else None
