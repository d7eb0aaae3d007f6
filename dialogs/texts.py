"""Words in a language, and how points, money, dates and codes are written in them.

Catalogues are gettext's: `locales/<language>/LC_MESSAGES/maita.po`, English being the source. A
`.po` is compiled in memory the first time its language is spoken, so no built file can be stale.
Formats are fixed, with plain spaces and quotes: what CLDR writes turns an SMS from 160 characters
into 70 (docs/conversation.md, rule 10). Those of Arabic are other ones (dialogs/directions.py).
Called by views, the engine and the notices.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.facts import OwnTexts, Programme
from core.values import Money
from dialogs.directions import Layout, currency, layout

LOCALES: Final = Path(__file__).parent / "locales"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEXT_YEAR: Final = timedelta(days=330)
KEPT_MAX: Final = 5000
"""So many forms and dates are kept; the catalogue has some hundreds, the rest are days."""
PLAIN: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "\u2009": " ", "–": "-"}
)


def mark(message: str) -> str:
    """Mark a text for the catalogue where it is not said yet; `Texts.t` translates it later."""
    return message


# Translators: The month within a date, short; a number where that is the habit.
MONTHS: Final = (
    *(mark("Jan"), mark("Feb"), mark("Mar"), mark("Apr"), mark("May"), mark("Jun")),
    *(mark("Jul"), mark("Aug"), mark("Sep"), mark("Oct"), mark("Nov"), mark("Dec")),
)

# Translators: What a renderer says behind 98 and 0, and on the button that opens a list.
RENDERED: Final = (mark("More"), mark("Back"), mark("Choose"))


@cache
def languages() -> frozenset[str]:
    """The languages that have a catalogue."""
    return frozenset(path.parent.parent.name for path in LOCALES.glob("*/LC_MESSAGES/maita.po"))


@cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language; an unknown one speaks English."""
    if language not in languages():
        return NullTranslations()
    with (LOCALES / language / "LC_MESSAGES/maita.po").open("rb") as source:
        messages = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def plural(language: str, count: int) -> int:
    """Which of the language's plural forms a number takes, from 0."""
    return _plurals(language)(count)


@cache
def _plurals(language: str) -> Callable[[int], int]:
    found = catalogue(language)
    if isinstance(found, GNUTranslations):
        return found.plural  # type: ignore[attr-defined,no-any-return]
    # NullTranslations has no rule: English.
    return lambda count: int(count != 1)


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(PLAIN)


@cache
def _said(message: str, language: str) -> str:
    """A text that nothing is filled into, as most are; there are as many as the catalogue has."""
    return _plain(catalogue(language).gettext(message).format())


NO_TEXTS: Final[OwnTexts] = MappingProxyType({})


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """A language, a zone and the present moment. `own`: what the shop says in its own words,
    checked when it was saved (dialogs/overrides.py). `kept`: the forms and dates looked up so far,
    before anything of a person is filled in; shared by all that speak so."""

    language: str
    timezone: str = "UTC"
    now: datetime = EPOCH
    own: OwnTexts = NO_TEXTS
    kept: dict[Any, str] = msgspec.field(default_factory=dict)

    def t(self, message: str, **params: object) -> str:
        """The text in this language, `{name}`s filled in. `message` is the English."""
        if not message:
            return ""
        own = self.own.get(message) if self.own else None
        if own is None and not params:
            return _said(message, self.language)
        form = self.kept.get(message)
        if form is None:
            form = own[0] if own else catalogue(self.language).gettext(message)
            self.kept[message] = form
        return _plain(form.format(**params))

    def n(self, one: str, many: str, count: int, **params: object) -> str:
        """The plural form for `count`, which also fills `{count}`."""
        place = (one, _plurals(self.language)(count), count == 1)
        form = self.kept.get(place)
        if form is None:
            form = self.kept[place] = self._counted(one, many, count)
        return _plain(form.format(count=self.points(count), **params))

    def _counted(self, one: str, many: str, count: int) -> str:
        own = self.own.get(one)
        if not own:
            return catalogue(self.language).ngettext(one, many, count)
        # A rule that grew since the text was saved must not break the turn.
        return own[min(plural(self.language, count), len(own) - 1)]

    @property
    def layout(self) -> Layout:
        """How this language sets numbers and lists."""
        return layout(self.language)

    def points(self, count: int) -> str:
        """`1 250`, with a plain space."""
        if -1000 < count < 1000:
            return str(count)
        return f"{count:,}".replace(",", layout(self.language).thousands)

    def money(self, amount: Money) -> str:
        """`50.000 JOD`."""
        return self.amount(str(amount))

    def amount(self, written: str) -> str:
        """Money that was written as `50.000 JOD` when it was noted."""
        number, _, code = written.partition(" ")
        return f"{number} {self.currency(code)}" if code else written

    def currency(self, code: str) -> str:
        """`JOD`, as this language calls it where that is as short."""
        return currency(code, self.language)

    def joined(self, *parts: str) -> str:
        """The parts that are there, with commas between."""
        return self.layout.comma.join(filter(None, parts))

    def date(self, at: datetime) -> str:
        """`31 Jan`, in the tenant's zone; with its year when that is nearly a year away."""
        day, far = at.astimezone(ZoneInfo(self.timezone)), abs(at - self.now) > NEXT_YEAR
        place = (day.year if far else 0, day.month, day.day)
        said = self.kept.get(place)
        if said is None:
            said = self._dated(day, far=far)
            if len(self.kept) < KEPT_MAX:
                self.kept[place] = said
        return said

    def _dated(self, day: datetime, *, far: bool) -> str:
        month = self.t(MONTHS[day.month - 1])
        # Translators: A date such as 31 Jan; where months are numbers, 31/1.
        if not far:
            return self.t("{day} {month}", day=day.day, month=month)
        # Translators: A date that is nearly a year away, such as 31 Jan 2027.
        return self.t("{day} {month} {year}", day=day.day, month=month, year=day.year)

    def time(self, at: datetime) -> str:
        """`18:00`, in the tenant's zone."""
        return f"{at.astimezone(ZoneInfo(self.timezone)):%H:%M}"

    def until(self, at: datetime) -> str:
        """The time when that is today, else the date."""
        zone = ZoneInfo(self.timezone)
        today = at.astimezone(zone).date() == self.now.astimezone(zone).date()
        return self.time(at) if today else self.date(at)

    def code(self, digits: str) -> str:
        """`482 913`: six digits in two groups; anything else as it is."""
        return f"{digits[:3]}{self.layout.gap}{digits[3:]}" if len(digits) == 6 else digits

    def phone(self, number: str) -> str:
        """An E.164 number with its middle hidden: `+962 79 *** 4567`."""
        parsed = phonenumbers.parse(number)
        national = phonenumbers.national_significant_number(parsed)
        parts = (f"+{parsed.country_code}", national[:2], "***", national[-4:])
        return self.layout.gap.join(parts)


def speaking(programme: Programme, language: str, now: datetime) -> Texts:
    """A programme's words in a language: its own where it has some."""
    return Texts(
        language=language,
        timezone=programme.timezone,
        now=now,
        own=programme.texts.get(language, NO_TEXTS),
    )


def texts(language: str) -> Texts:
    """Words alone, where no zone and no moment matter."""
    return Texts(language=language)
