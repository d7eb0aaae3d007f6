"""Whether a text fits where it is shown, with the longest values in it, before it is saved.

Screens hold 182 septets of GSM-7 or 80 UTF-16 units, buttons 20, a notice two SMS with the shop's
name above it (docs/conversation.md). Called by the commands that save a shop's own words, and by
the test that holds the catalogues themselves to it.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from core.facts import Notice, Programme
from core.values import Money
from dialogs import overrides
from dialogs.directions import ordered
from dialogs.notices import NOTICES, say
from dialogs.overrides import Known, known
from dialogs.room import NAME_MIN
from dialogs.screen import Room
from dialogs.texts import EPOCH, Texts
from gateway.encoding import is_gsm, plain, segments, septets, units

SCREEN: Final = Room()
BUTTON: Final = 20
PARTS: Final = 2
LONG_NAME: Final = 40
LONG_POINTS: Final = 9_999_999
FAR: Final = EPOCH + timedelta(days=4 * 365 - 4)
"""A date with two digits of day and month, and a year."""
NOBODY: Final = UUID(int=0)


def fault(language: str, message: str, forms: tuple[str, ...]) -> str | None:
    """What is wrong with a text in one sentence, without its full stop; None when nothing is."""
    wrong = overrides.fault(language, message, forms)
    if wrong:
        return wrong
    text, words = known()[message], Texts(language=language, own={message: forms})
    fit = _on_a_button if text.room == "choice" else _on_a_screen
    found = (fit(words, text, form) for form in forms)
    return next(filter(None, found), None) or _as_a_message(words, text)


def _on_a_button(words: Texts, _: Known, form: str) -> str | None:
    taken = units(plain(_filled(words, form, NAME_MIN)))
    return f"a button holds {BUTTON} characters and this takes {taken}" if taken > BUTTON else None


def _on_a_screen(words: Texts, text: Known, form: str) -> str | None:
    said = _shown(words, text, form, LONG_NAME)
    if is_gsm(said):
        taken, most = septets(said), SCREEN.septets
    else:
        taken, most = units(_shown(words, text, form, NAME_MIN)), SCREEN.units
    if taken <= most:
        return None
    return f"a screen holds {most} characters and this can take {taken}"


def _shown(words: Texts, text: Known, form: str, name_chars: int) -> str:
    """The form on a screen; a question with its Yes and No below it."""
    said = _filled(words, form, name_chars)
    if "?" in text.message:
        joint = words.layout.joint
        said += f"\n1{joint}{words.t('Yes')}\n0{joint}{words.t('No')}"
    return "\n".join(ordered(line, rtl=words.layout.rtl) for line in plain(said).split("\n"))


def _filled(words: Texts, form: str, name_chars: int) -> str:
    return form.format(**{name: longest(words, name, name_chars) for name in names(form)})


def names(form: str) -> frozenset[str]:
    """The names in a form's braces."""
    return overrides.names_in(form) or frozenset()


def longest(words: Texts, name: str, name_chars: int) -> str:
    """The longest value that a placeholder is usually given; names are so long."""
    far = words.date(FAR)
    return {
        "amount": words.money(Money(999_999_999, "JOD")),
        "currency": words.currency("JOD"),
        "code": words.code("482913"),
        "ref": "K7F3QD2",
        "dial": "*123*4567#",
        "phone": "+962 79 555 0100",
        "date": far, "until": far, "when": far, "time": words.time(FAR),
        "day": "28", "month": words.t("Dec"), "year": "2027",
        "factor": "1.25",
        "language": "isiNdebele",
        "reason": words.t("asked by someone else"),
        "redeemed": "999", "used": "999", "joined": "999",
        "count": words.points(LONG_POINTS), "points": words.points(LONG_POINTS),
        "available": words.points(LONG_POINTS), "back": words.points(LONG_POINTS),
        "member": words.joined("Ny***", words.phone("+962795550100")),
        "tier": "N" * NAME_MIN,
    }.get(name, "N" * name_chars)  # fmt: skip


def _as_a_message(words: Texts, text: Known) -> str | None:
    """Every notice that says the text, as a text message with the shop's name."""
    if text.room != "notice":
        return None
    parts = max(_parts(words, kind) for kind in NOTICES)
    usual = Texts(language=words.language)
    if parts <= PARTS or parts <= max(_parts(usual, kind) for kind in NOTICES):
        return None
    return f"a notice is {PARTS} SMS at most and this can make one of {parts}"


def _parts(words: Texts, kind: str) -> int:
    latin = is_gsm(plain(words.t("You have {points}.", points="")))
    name = "N" * (LONG_NAME if latin else NAME_MIN)
    programme = Programme(
        tenant_id=NOBODY, slug="shop", name=name, config_version=1, region="JO", currency="JOD",
        timezone="UTC", dial="*123*4567#", texts={words.language: words.own},
    )  # fmt: skip
    notice = Notice(id=NOBODY, member_id=NOBODY, kind=kind, params=_params(name))
    lines = say(notice, words.language, programme, None).text.split("\n")
    return segments("\n".join(ordered(plain(line), rtl=words.layout.rtl) for line in lines))


def _params(name: str) -> dict[str, Any]:
    """What notices of every kind are told, as long as can be."""
    return {
        "points": LONG_POINTS, "available": LONG_POINTS, "to_next": LONG_POINTS,
        "next_tier": name[:NAME_MIN], "tier": name[:NAME_MIN], "multiplier_pct": 125,
        "amount": str(Money(999_999_999, "JOD")), "reward": name, "reason": "wrong_person",
        "until": FAR.isoformat(), "ref": "K7F3QD2",
    }  # fmt: skip
