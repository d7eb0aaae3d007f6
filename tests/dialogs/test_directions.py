"""Numbers, codes and names keep their order where Arabic and English meet in a line."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from core.values import Money
from dialogs.directions import MARK, layout, ordered
from dialogs.locales.extraction import catalogue_of, forms_of
from dialogs.texts import Texts
from tests.dialogs.ordering import shown
from tests.dialogs.world import NOW

AR = Texts(language="ar", timezone="Asia/Amman", now=NOW)
BASES: Final = [None, "R"]
"""By the first letter, as most phones do, or right to left, as an Arabic phone does."""

VALUES: Final = {
    "count": AR.points(1_250_000),
    "points": AR.points(1250),
    "available": AR.points(12_500),
    "redeemed": "3",
    "used": "2",
    "joined": "14",
    "factor": "1.5",
    "amount": AR.money(Money(50_000, "JOD")),
    "currency": AR.currency("JOD"),
    "code": AR.code("482913"),
    "ref": "7K3F-QD2",
    "dial": "*123*1#",
    "phone": "+962 6 555 0100",
    "date": AR.date(NOW + timedelta(days=400)),
    "until": AR.date(NOW),
    "when": AR.time(NOW),
    "time": AR.time(NOW),
    "day": "20",
    "member": "Ru***",
    "back": "100",
    "month": "11",
    "year": "2027",
    "title": "رصيدي",
    "language": "العربية",
    "reason": "نفدت",
}
NAMES: Final = {"latin": "Free Coffee", "arabic": "قهوة مجانية"}


def test_formats_of_arabic_have_no_space_within_a_number() -> None:
    assert AR.points(1_250_000) == "1,250,000"
    assert AR.money(Money(50_000, "JOD")) == "50.000 د.أ"
    assert AR.money(Money(5_000, "USD")) == "50.00 USD"
    assert AR.amount("50.000 JOD") == "50.000 د.أ"
    assert AR.date(NOW) == "20/11"
    assert AR.date(NOW + timedelta(days=400)) == "25/12/2027"
    assert AR.until(NOW) == "18:00"
    assert AR.code("482913") == "482913"
    assert AR.phone("+962791234567") == "+96279***4567"
    assert AR.joined("ذهبي", "", "50") == "ذهبي، 50"


@pytest.mark.parametrize("language", ["en", "sn", "nd", "xx", "", "../x"])
def test_other_languages_are_laid_out_as_english(language: str) -> None:
    assert not layout(language).rtl
    assert layout("ar").rtl


def filled(name: str) -> Iterator[str]:
    """Every line of every Arabic text, with usual values in it."""
    for message in catalogue_of("ar"):
        for form in forms_of(message):
            values = {**dict.fromkeys(("name", "reward", "shop", "tier"), name), **VALUES}
            yield from form.format(**values).split("\n")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", NAMES)
def test_no_arabic_text_scrambles_what_stands_in_it(name: str, base: str | None) -> None:
    for line in filled(NAMES[name]):
        seen = shown(ordered(line, rtl=True), base)
        for value in VALUES.values():
            if value.isascii() and re.search(rf"(?<![\w+*,./-]){re.escape(value)}(?!\w)", line):
                assert value in seen, line
        if name == "latin" and NAMES[name] in line:
            assert NAMES[name] in seen, line


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("اطلب *123*1# متى شئت", "*123*1#"),
        ("للمساعدة: 06 555 0100", "06 555 0100"),
        ("محمد، +96279***4567", "+96279***4567"),
        ("20/11 -100 قهوة", "-100"),
        ("20/11 -100 قهوة", "20/11"),
        ("20/11 +750 شراء 50.000", "+750"),
        ("مرجع 7K3FQD2", "7K3FQD2"),
    ],
)
def test_what_arabic_would_turn_around_gets_a_mark(
    line: str, wanted: str, base: str | None
) -> None:
    assert ordered(line, rtl=True).count(MARK) == 1
    assert wanted in shown(ordered(line, rtl=True), base)
    assert ordered(ordered(line, rtl=True), rtl=True) == ordered(line, rtl=True)


@pytest.mark.parametrize("line", ["1 - رصيدي", "0 رجوع  00 الرئيسية", "حتى 20/11", "لديك 1,250"])
def test_nothing_is_spent_on_marks_that_are_not_needed(line: str) -> None:
    assert MARK not in ordered(line, rtl=True)


def test_a_choice_reads_from_the_right() -> None:
    assert shown("1 - رصيدي") == "يديصر - 1"
    assert shown("2 - Free Coffee 100") == "2 - Free Coffee 100"
    assert shown("2 - Free Coffee 100", "R") == "Free Coffee 100 - 2"


@pytest.mark.parametrize("base", [None, "L"])
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("محمد: 1 250 pts, Silver", "1 250 pts, Silver"),
        ("2 قهوة مجانية 1 250", "1 250"),
        ("محمد: +750 pts for 50.000 JOD?", "+750 pts for 50.000 JOD"),
        ("مقهى الأصدقاء (06 555 0100)", "06 555 0100"),
    ],
)
def test_numbers_behind_an_arabic_name_keep_their_order_in_english(
    line: str, wanted: str, base: str | None
) -> None:
    assert wanted in shown(ordered(line, rtl=False), base)


def test_an_english_line_with_an_arabic_name_needs_no_mark_without_numbers() -> None:
    for line in (
        "Welcome محمد!",
        "محمد, what shall we do?",
        "1 قهوة",
        "plain 1 250",
        "رصيدك 1250 نقطة",
    ):
        assert ordered(line, rtl=False) == line
