"""A tenant in one TOML file: what it may say, checked whole before anything is written.

Decoded by the command line's `tenant create --from` and by tests; applied by admin/tenants.py.
The file's names are the columns' names; amounts are decimals as people write them.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

import msgspec

from core.facts import Rounding, StaffRole
from core.values import EXPONENTS

Number = str | int | float


class SpecError(Exception):
    """The file says something that cannot be; the message is one sentence naming the field."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(f"{field}: {reason}.")


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file. An unknown field is an error: a typing mistake must not be silent."""


class TenantPart(_Part, frozen=True, kw_only=True):
    """`dial` is the star-code people dial; `join_code` what they type to find the shop."""

    slug: str
    name: str
    region: str
    currency: str
    timezone: str
    languages: tuple[str, ...] = ("en",)
    dial: str = ""
    join_code: str | None = None
    help_line: str = ""
    privacy_url: str = ""


class ProgrammePart(_Part, frozen=True, kw_only=True):
    """`points_per_unit`: points for one whole unit of the currency, two decimals at most.
    `lot_days` 0: points never expire. `purchase_max`: in whole currency, None is the default."""

    points_per_unit: Number = 1
    rounding: Rounding = "floor"
    lot_days: int = 365
    join_bonus: int = 0
    reserve_days: int = 7
    rejoin_days: int = 30
    purchase_max: Number | None = None


class TierPart(_Part, frozen=True, kw_only=True):
    """`multiplier`: what purchases earn is multiplied by, such as "1.5"."""

    name: str
    threshold: int
    multiplier: Number = 1

    @property
    def multiplier_pct(self) -> int:
        """150 for 1.5."""
        return scaled(self.multiplier, 2, "tiers.multiplier")


class RewardPart(_Part, frozen=True, kw_only=True):
    """`stock` None: never sold out. `tier`: the name of the tier needed."""

    slug: str
    name: str
    category: str = ""
    points: int
    stock: int | None = None
    approval: bool = False
    active: bool = True
    tier: str | None = None
    terms: str = ""
    valid_days: int = 30
    refund_on_expiry: bool = False


class StaffPart(_Part, frozen=True, kw_only=True):
    """`phone` in the tenant's habit or E.164. `number` None: the next free one."""

    name: str
    phone: str
    role: StaffRole = "cashier"
    number: int | None = None
    pin: str | None = None

    def __repr__(self) -> str:
        return f"StaffPart(name={self.name!r}, role={self.role!r}, pin=•••)"


class ChannelPart(_Part, frozen=True, kw_only=True):
    """A connection to a carrier. `region` None: the tenant's. `token` None: a random one."""

    kind: str
    address: str
    app_id: str = ""
    region: str | None = None
    token: str | None = None
    status: Literal["on", "off"] = "on"
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"ChannelPart(kind={self.kind!r}, address={self.address!r}, secrets=•••)"


class SubCodePart(_Part, frozen=True, kw_only=True):
    """Where several shops share a star-code: the digits behind it that lead to this one, so that
    `*123*45#` is its own. `address` is the shared code, `kind` its channel's."""

    kind: str
    address: str
    digits: str


class TenantSpec(_Part, frozen=True, kw_only=True):
    """The whole file. `shortcuts`: digits dialled behind the shop's code and what they stand for,
    as one would say it: `2 = "REWARDS"`, `5 = "REDEEM free-coffee"`. `texts`: by language, what the
    shop says in its own words, the English text of the catalogue in front; a list where there are
    plural forms."""

    tenant: TenantPart
    programme: ProgrammePart = ProgrammePart()
    tiers: tuple[TierPart, ...] = (TierPart(name="Member", threshold=0),)
    rewards: tuple[RewardPart, ...] = ()
    staff: tuple[StaffPart, ...] = ()
    channels: tuple[ChannelPart, ...] = ()
    sub_codes: tuple[SubCodePart, ...] = ()
    shortcuts: dict[str, str] = {}
    texts: dict[str, dict[str, str | tuple[str, ...]]] = {}

    @property
    def said(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """`texts`, each as its forms: one, or one for each plural form."""
        return {
            language: {
                message: (said,) if isinstance(said, str) else said
                for message, said in texts.items()
            }
            for language, texts in self.texts.items()
        }

    @property
    def points_per_unit(self) -> int:
        """In hundredths: 1000 is 10 points for each whole unit."""
        return scaled(self.programme.points_per_unit, 2, "programme.points_per_unit")

    @property
    def purchase_max_minor(self) -> int:
        """The largest purchase in minor units; 10⁹ when the file does not say."""
        typed, exponent = self.programme.purchase_max, EXPONENTS.get(self.tenant.currency, 2)
        return 10**9 if typed is None else scaled(typed, exponent, "programme.purchase_max")


_AT: Final = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?", re.DOTALL)
_NAMED: Final = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")


def decode(text: str) -> TenantSpec:
    """Read the file's shape. Raises SpecError; values are checked by `checks.check`."""
    try:
        return msgspec.toml.decode(text, type=TenantSpec)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except msgspec.DecodeError as error:
        raise SpecError("file", f"not TOML ({error})") from None


def _named(message: str) -> SpecError:
    """Turn the decoder's words around: first the field, then what is wrong with it."""
    found = _AT.fullmatch(message)
    assert found is not None, "the pattern takes any text"
    reason, path = found[1], found[2] or ""
    named = _NAMED.fullmatch(reason)
    if named is None:
        return SpecError(path or "file", reason[:1].lower() + reason[1:])
    field = f"{path}.{named[2]}" if path else named[2]
    return SpecError(field, "unknown" if "unknown" in named[1] else "missing")


def scaled(typed: Number, decimals: int, field: str) -> int:
    """A decimal as an integer of its smallest step; raises SpecError when it has more decimals."""
    try:
        value = Decimal(str(typed)).scaleb(decimals)
    except InvalidOperation:
        raise SpecError(field, "not a number") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise SpecError(field, f"a number with at most {decimals} decimals is needed")
    return int(value)


def plain(value: int, decimals: int) -> Number:
    """The other way: an integer of smallest steps as people write it (150, 2 → "1.5")."""
    whole, rest = divmod(value, 10**decimals)
    return whole if rest == 0 else f"{whole}.{rest:0{decimals}d}".rstrip("0")
