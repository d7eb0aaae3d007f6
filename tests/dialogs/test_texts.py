"""Formats of points, money and dates, and catalogues that are true to the sources."""

from datetime import timedelta

import pytest

from core.values import Money
from dialogs.choices import shortened
from dialogs.keywords import KEYWORDS, normal, phrases
from dialogs.locales.extraction import stale, template, untranslated, write
from dialogs.texts import Texts, catalogue, languages, texts
from tests.dialogs.world import NOW

WORDS = Texts(language="en", timezone="Asia/Amman", now=NOW)


def test_catalogues_are_up_to_date(update: bool) -> None:
    if update:
        write()
    assert stale() == [], "run python -m dialogs.locales"


def test_every_text_tells_translators_its_screen_and_room() -> None:
    bare = [m.id for m in template() if m.id and "Room: " not in " ".join(m.auto_comments)]
    assert bare == []


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_language_is_whole(language: str) -> None:
    assert untranslated(language) == []


def test_no_text_needs_more_than_gsm_letters_in_english() -> None:
    """A typographic quote turns an SMS from 160 characters into 70."""
    odd = {str(m.id) for m in template() if m.id and not str(m.id).replace("Ê", "").isascii()}
    assert odd == set()


def test_formats_are_plain() -> None:
    assert WORDS.points(1_250_000) == "1 250 000"
    assert WORDS.points(-100) == "-100"
    assert WORDS.money(Money(50_000, "JOD")) == "50.000 JOD"
    assert WORDS.date(NOW) == "20 Nov"
    assert WORDS.date(NOW + timedelta(hours=7)) == "21 Nov"
    assert WORDS.date(NOW + timedelta(days=400)) == "25 Dec 2027"
    assert WORDS.time(NOW) == "18:00"
    assert WORDS.until(NOW) == "18:00"
    assert WORDS.until(NOW + timedelta(days=1)) == "21 Nov"
    assert WORDS.code("482913") == "482 913"
    assert WORDS.code("AB12-CD34") == "AB12-CD34"
    assert WORDS.phone("+962791234567") == "+962 79 *** 4567"
    assert WORDS.phone("+263771234567") == "+263 77 *** 4567"


def test_names_are_never_formats() -> None:
    said = WORDS.t("Welcome {name}!", name="{shop} %s ‘x’")
    assert said == "Welcome {shop} %s 'x'!"
    assert WORDS.t("") == ""


def test_plurals() -> None:
    said = [WORDS.n("{count} visit", "{count} visits", n) for n in (0, 1, 1250)]
    assert said == ["0 visits", "1 visit", "1 250 visits"]


def test_an_unknown_language_speaks_english() -> None:
    assert texts("xx").t("Back") == texts("en").t("Back") == "Back"
    assert texts("../../etc").t("Back") == "Back"


def test_keywords_are_told_apart() -> None:
    words = [word for keyword in KEYWORDS for word in keyword.words.split(",")]
    assert len(words) == len(set(words)) == len(phrases("en"))


def test_texts_within_f_strings_are_found_and_nothing_else_is() -> None:
    known = {m.id for m in template()}
    assert {"Amount in {currency}?", "{reward} for {points} pts?"} <= known
    assert "title" not in known, "a slot's name, within a call that says a text"


@pytest.mark.parametrize("language", sorted(languages()))
def test_keywords_of_a_language_are_told_apart(language: str) -> None:
    """A word leads to one place, and English ones lead where they always do."""
    own = {word: each.dialog for word, each in phrases(language).items()}
    assert {word: own[word] for word in phrases("en")} == {
        word: each.dialog for word, each in phrases("en").items()
    }
    spoken = [catalogue(language).gettext(each.words).split(",") for each in KEYWORDS]
    words = [normal(word) for group in spoken for word in dict.fromkeys(map(normal, group))]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("إيقاف", "ايقاف"),
        ("رصيـــد", "رصيد"),
        ("مُكافآة", "مكافاه"),
        ("مكافأة", "مكافاه"),
        ("ٱلسجل", "السجل"),
        ("عودى", "عودي"),
        ("نقاطک", "نقاطك"),
        ("ARRÊT", "arrêt"),
        ("café", "cafe\u0301"),
    ],
)
def test_spellings_that_mean_one_word_are_one(typed: str, meant: str) -> None:
    assert normal(typed) == normal(meant)


def test_arabic_has_its_six_plural_forms() -> None:
    words = Texts(language="ar", now=NOW)
    said = [words.n("{count} visit", "{count} visits", n) for n in (0, 1, 2, 3, 11, 100, 1250)]
    assert said == [
        "لا زيارات بعد", "زيارة واحدة", "زيارتان", "3 زيارات", "11 زيارة", "100 زيارة",
        "1,250 زيارة",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "room", "shown"),
    [
        ("You have 1 250 pts", 18, "You have 1 250 pts"),
        ("You have 1 250 pts", 14, "You have."),
        ("You have 1 250 pts", 12, "You have."),
        ("You have 1 250 pts", 17, "You have 1 250 p."),
        ("You earned 750 pts. You have 1 250.", 31, "You earned 750 pts."),
        ("Breakfast for Two", 12, "Breakfast f."),
    ],
)
def test_what_is_shortened_never_shows_another_number(label: str, room: int, shown: str) -> None:
    assert shortened(label, room) == shown
