"""What stands in a recorded transcript for what must not be kept: names, numbers, codes, PINs.

Each real value has one stand-in of its form wherever it occurs, so that the recorded conversation
goes on as the real one did. What is hidden is said here field by field; a test holds that nothing
core tells is forgotten. Called by the recorder.
"""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar
from uuid import UUID

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from core.errors import AmountNotUnderstood, LoyaltyError, PhoneNotUnderstood
from core.facts import Programme
from core.values import Money, ascii_digits, parse_amount, parse_phone
from dialogs.keywords import key_words, keyword, normal
from dialogs.session import Session
from dialogs.transcript import HIDDEN
from dialogs.written import id_of

T = TypeVar("T")

FIELDS: Final = {
    "name": {
        "Member.name", "Staff.name", "Issuance.member_name", "Purchase.member_name", "Earned.name",
        "Undone.name", "Settled.member_name", "Found.name", "Enrolled.name", "Enrol.name",
        "ChangeName.name", "LinkPreview.name", "PhoneLinked.name", "LastLink.name",
    },
    "phone": {
        "Staff.phone", "Found.phone", "Customer.phone", "Address.value", "LinkPreview.phone",
        "LastLink.phone",
    },
    "code": {
        "Issuance.code", "TillCode.code", "Redeemed.code", "LookUpCode.code", "EnterCode.code",
        "FindCustomer.typed", "FindShops.typed", "LookUpLink.code",
    },
    "ref": {
        "Issuance.ref", "Purchase.ref", "HistoryLine.ref", "Earned.ref", "Undone.ref",
        "Redeemed.ref", "Settled.ref", "Enrolled.ref", "PhoneLinked.ref", "LinkUndoneRef.ref",
    },
    "hash": {"Member.pin_hash", "Staff.pin_hash"},
    "params": {"Notice.params"},
}  # fmt: skip
"""What is hidden, as what. The rest of what core tells is the shop's own, or numbers and times."""

PARAMS: Final = {"name": "name", "member": "name", "phone": "phone", "code": "code", "ref": "ref"}
"""What is hidden of a notice's params and of a refusal's."""

NAMES: Final = ("Rudo", "Thandi", "Farai", "Layla", "Tendai", "Nyasha", "Sami", "Chipo")
NOTHING: Final = "?"
"""What stands for words that meant nothing to the dialog: it means nothing either."""

_KINDS: Final = {field: kind for kind, named in FIELDS.items() for field in named}
_SHORT: Final = re.compile(r"[0-9*#]{0,3}")
_RUN: Final = re.compile(r"[0-9]{3,}")


class StandIns:
    """The stand-ins of one recording. `region`: ISO 3166, of numbers without a country."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._known: dict[tuple[str, str], str] = {}
        self._words: set[str] = set()
        self._languages: tuple[str, ...] = ()
        self._amounts: set[Money] = set()

    def value(self, real: T) -> T:
        """The same value with stand-ins for all that is hidden in it."""
        return self._value(real)  # type: ignore[no-any-return]

    def result(self, real: Any) -> Any:
        """What core answered; a bare text is a reference."""
        return self._hidden("ref", real) if isinstance(real, str) else self._value(real)

    def typed(self, text: str, session: Session, *, secret: bool) -> str:
        """What was typed, as it may be kept: PINs hidden, what was offered or is a word of ours
        as it is, what core was asked about by its stand-in, and of the rest nothing."""
        plain = " ".join(ascii_digits(text).split())
        if secret:
            return _secrets_hidden(plain)
        if _SHORT.fullmatch(plain) or _is_offered(plain, session):
            return self._substituted(plain)
        if (stand_in := self._stand_in(plain)) is not None:
            return stand_in
        spoken = (session.language, *self._languages)
        found = keyword(plain, *spoken)
        if found:
            words = plain.removesuffix(found[1])
            return words + (self.typed(found[1], Session(), secret=False) if found[1] else "")
        ours = normal(plain) in self._words or normal(plain) in key_words(*spoken)
        return plain if ours else NOTHING

    def chosen(self, choice: str) -> str:
        """The id of a choice that was tapped."""
        return self._substituted(choice)

    def know(self, programme: Programme) -> None:
        """The shop's own words may be typed, and ours in each of its languages."""
        self._languages = programme.languages
        self._words |= {normal(word) for row in programme.rewards for word in (row.name, row.slug)}

    def _value(self, real: Any) -> Any:
        match real:
            case UUID():
                return id_of(self._hidden("id", str(real)))
            case tuple():
                return tuple(self._value(item) for item in real)
            case LoyaltyError():
                return type(real)(**self._params(real.params))
        if not is_dataclass(real) or isinstance(real, type):
            return real
        if isinstance(real, Programme):
            self.know(real)
        masked = {
            row.name: self._field(f"{type(real).__name__}.{row.name}", getattr(real, row.name))
            for row in fields(real)
        }
        if isinstance(real, Money):
            self._amounts.add(real)
        return replace(real, **masked)

    def _field(self, field: str, real: Any) -> Any:
        kind = _KINDS.get(field)
        if kind is None or real is None:
            return self._value(real)
        return self._params(real) if kind == "params" else self._hidden(kind, real)

    def _params(self, real: dict[str, object]) -> dict[str, object]:
        return {
            name: self._hidden(PARAMS[name], str(value)) if name in PARAMS else self._value(value)
            for name, value in real.items()
        }

    def _hidden(self, kind: str, real: str) -> str:
        if kind == "hash" or not real:
            return real and "hash"
        if kind == "code" and (phone := self._phone(real)):
            kind, real = "phone", phone
        key = (kind, normal(real))
        if key not in self._known:
            number = 1 + sum(known == kind for known, _ in self._known)
            self._known[key] = _new(kind, real, number)
        return self._known[key]

    def _stand_in(self, typed: str) -> str | None:
        """What stands for a text that is one of the known values, however it is spelt; an amount
        that was asked about stands for itself."""
        meant = (self._phone(typed) or typed, typed)
        for (kind, real), mine in self._known.items():
            if kind in ("name", "phone", "code") and any(_is_same(real, each) for each in meant):
                return mine
        return typed if self._is_amount(typed) else None

    def _is_amount(self, typed: str) -> bool:
        for currency in {money.currency for money in self._amounts}:
            try:
                return parse_amount(typed, currency) in self._amounts
            except AmountNotUnderstood:
                continue
        return False

    def _phone(self, typed: str) -> str | None:
        try:
            return parse_phone(typed, self._region)
        except PhoneNotUnderstood:
            return None

    def _substituted(self, text: str) -> str:
        """A text of ours in which known values stand, such as `Free Coffee, Thandi`."""
        for (kind, real), mine in self._known.items():
            stands = str(id_of(mine)) if kind == "id" else mine
            text = stands.join(re.split(re.escape(real), text, flags=re.IGNORECASE))
        return text


def _new(kind: str, real: str, number: int) -> str:
    """The stand-in for the nth value of a kind, of the same form."""
    match kind:
        case "name":
            return NAMES[number - 1] if number <= len(NAMES) else f"Person {number}"
        case "ref":
            return f"R{number:06d}"
        case "phone":
            return _number_like(real, number)
        case "code" if real.isdigit():
            return str(10 ** (len(real) - 1) + number)
        case "code":
            return f"CODE{number}"
    return f"id{number}"


def _number_like(real: str, number: int) -> str:
    """A number of the same country and kind as the numbering plan's own example."""
    if not real.startswith("+"):
        return f"ZW.{number}"
    region = phonenumbers.region_code_for_number(phonenumbers.parse(real))
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is None:
        return f"+26377123{number:04d}"
    told = phonenumbers.format_number(example, PhoneNumberFormat.E164)
    return f"{told[:-3]}{number:03d}"


def _is_offered(typed: str, session: Session) -> bool:
    wanted = normal(typed)
    return any(
        wanted in map(normal, (each.id, each.label, each.short, *each.keywords))
        for each in session.offered
    )


def _secrets_hidden(typed: str) -> str:
    """A text typed where a PIN is awaited: its PINs hidden, other long numbers and words gone."""

    def hidden(run: re.Match[str]) -> str:
        length = len(run[0])
        return {4: HIDDEN, 5: HIDDEN}.get(length, f"{HIDDEN} {HIDDEN}" if length in (8, 10) else "")

    masked = _RUN.sub(hidden, typed)
    ours = re.fullmatch(f"[0-9*#{HIDDEN[0]} ]*", masked)
    return masked if ours and masked else NOTHING


def _is_same(real: str, typed: str) -> bool:
    """Whether a text is this value but for its case, blanks and signs."""
    squeezed = [re.sub(r"[^\w]", "", normal(each)) for each in (real, typed)]
    return squeezed[0] == squeezed[1] != ""
