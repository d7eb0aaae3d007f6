"""Shona and Ndebele: whole, sendable as plain SMS, short enough, and heard as they are written."""

import re
from collections.abc import Iterator
from itertools import combinations

import pytest
import smsutil
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from dialogs.choices import NO_WORDS, YES_WORDS
from dialogs.definitions.messages import KINDS
from dialogs.keywords import KEY_WORDS, KEYWORDS, keyword, normal
from dialogs.locales.extraction import untranslated
from dialogs.locales.rooms import room_in
from dialogs.notices import NOTICES, say
from dialogs.reasons import REASONS
from dialogs.texts import LOCALES, MONTHS, catalogue, languages, texts
from gateway.render import Profile, fit
from tests.dialogs import test_room as room
from tests.dialogs import world
from tests.dialogs.talking import Talk

LANGUAGES = ("sn", "nd")
LABEL_CHARS = 20
SMS_SEPTETS = 160
PLACEHOLDER = re.compile(r"\{\w+\}")
SAME = {
    *MONTHS,
    *("{day} {month}", "{day} {month} {year}"),
    *("on", "off", "Ref {ref}", "{count} pt", "{count} pts", "{points} pts"),
}
"""What people here say in English too: months in dates, `pts` behind a number, a switch."""
SAME_IN = {"sn": {*SAME, "PIN"}, "nd": SAME}
NAMING_WORDS = (
    "Send BAL, REWARDS, REDEEM 1, CODE x, CARD, HISTORY, LANG, MENU or STOP.",
    "Send JOIN to join, LANG for your language, STOP to hear no more.",
    "Send HELP to see what you can send.",
    "One reward at a time, like REDEEM 1.",
    "You will get no more messages from us. Send START to get them again.",
    "No shop will write to you from here. Send START to get messages again.",
)
"""Texts that tell people which words to send."""
spoken = pytest.mark.parametrize("language", LANGUAGES)


def messages(language: str) -> list[Message]:
    with (LOCALES / language / "LC_MESSAGES/maita.po").open("rb") as source:
        return [message for message in read_po(source, locale=language) if message.id]


def pairs(message: Message) -> list[tuple[str, str]]:
    """English and translation; each plural form beside the English form it stands for."""
    forms = [[each] if isinstance(each, str) else each for each in (message.id, message.string)]
    english, said = (list(form or ()) for form in forms)
    return list(zip(english, said, strict=True))


def every(language: str) -> list[tuple[str, str]]:
    return [pair for message in messages(language) for pair in pairs(message)]


@spoken
def test_nothing_is_left_in_english(language: str) -> None:
    assert untranslated(language) == []
    same = {english for english, said in every(language) if english == said}
    assert same == SAME_IN[language]


@spoken
def test_placeholders_and_line_ends_are_kept(language: str) -> None:
    lost = [
        (english, said)
        for english, said in every(language)
        if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(said))
        or english.count("\n") != said.count("\n")
    ]
    assert lost == []


@spoken
def test_every_text_is_sent_in_seven_bits(language: str) -> None:
    """One letter outside GSM-7 turns a screen of 182 characters into one of 80; the few that the
    table's extension holds count twice, and are as needless."""
    odd = [
        said
        for _, said in every(language)
        if not (plain := PLACEHOLDER.sub("", said)).isascii()
        or not smsutil.is_valid_gsm(plain)
        or len(smsutil.encode(plain)) != len(plain)
    ]
    assert odd == []


@spoken
def test_labels_fit_a_button(language: str) -> None:
    labels = [
        said
        for message in messages(language)
        for _, said in pairs(message)
        if room_in(" ".join(message.auto_comments)) == "choice" and not PLACEHOLDER.search(said)
    ]
    words = texts(language)
    labels += [words.t(reason) for reason in REASONS.values()]
    labels += [f"{words.t(kind)}: {words.t('off')}" for kind in KINDS.values()]
    assert len(labels) > 50
    assert [label for label in labels if len(label) > LABEL_CHARS] == []


@spoken
def test_plurals_follow_the_count(language: str) -> None:
    words = texts(language)
    said = [words.n("You have {count} pt.", "You have {count} pts.", n) for n in (0, 1, 1250)]
    expected = {
        "sn": ["Mune mapoinzi 0.", "Mune poinzi 1.", "Mune mapoinzi 1 250."],
        "nd": [
            "Ulamaphoyinti angu-0.", "Ulephoyinti eli-1.", "Ulamaphoyinti angu-1 250.",
        ],
    }  # fmt: skip
    assert said == expected[language]


@spoken
@pytest.mark.parametrize("english", NAMING_WORDS)
def test_words_that_are_told_are_understood(language: str, english: str) -> None:
    told = texts(language).t(english)
    assert led_to(told, language) == led_to(english, "en") != []


def led_to(told: str, language: str) -> list[str]:
    """Where the capital words of a text lead, in its order."""
    found = (keyword(word, language) for word in re.findall(r"\b[A-Z]{3,}\b", told))
    return [word[0].dialog if word else "nowhere" for word in found]


def meanings(language: str) -> Iterator[tuple[str, str]]:
    """Every word that is heard anywhere, and what it means."""
    tables = {f"dialog {kept.dialog}": kept.words for kept in KEYWORDS}
    tables |= {f"key {key}": words for key, words in KEY_WORDS.items()}
    tables |= {"yes": YES_WORDS, "no": NO_WORDS}
    for meaning, words in tables.items():
        for word in catalogue(language).gettext(words).split(","):
            assert normal(word), (language, words)
            yield normal(word), meaning


@pytest.mark.parametrize(("one", "other"), list(combinations(sorted(languages()), 2)))
def test_no_word_means_two_things(one: str, other: str) -> None:
    heard = [*meanings(one), *meanings(other)]
    assert len(dict(heard)) == len(set(heard)), {
        (word, meaning) for word, meaning in heard if dict(heard)[word] != meaning
    }


@spoken
@pytest.mark.parametrize("shop", ["Cafe Aroma", room.ARABIC], ids=["latin", "arabic"])
@pytest.mark.parametrize("place", sorted(room.CASES), ids=".".join)
def test_a_guarding_question_is_one_page(language: str, place: tuple[str, str], shop: str) -> None:
    """As in English, also when it is asked a second time (tests/dialogs/test_room.py)."""
    status = "left" if place[0] == "join" else "active"
    caller = room.someone(
        shop, language=language, languages=(language,), status=status,
        pin=place == ("reward", "pin"), stopped=place[0] == "start",
    )  # fmt: skip
    talk = Talk(caller=caller, answers=room.answers(place))
    here = {"messages": texts(language).t("Messages")}
    talk.say(*(here.get(said, said) for said in room.CASES[place]))
    for said in ("", "mhrwx"):
        if said:
            talk.say(said)
        assert tuple(talk.at.split(".")) == place
        page = fit(talk.turn.reply, Profile(surface="ussd"))
        assert not page.more
        assert len(page.options) == len(talk.turn.reply.choices)


@spoken
@pytest.mark.parametrize("name", ["Rudo", "R" * 40])
def test_home_offers_something_on_its_first_page(language: str, name: str) -> None:
    talk = Talk(caller=room.someone("Cafe Aroma", name=name, staff="", language=language))
    talk.say("")
    page = fit(talk.turn.reply, Profile(surface="ussd"))
    words = texts(language)
    offered = [words.t("Balance"), words.t("Rewards"), words.t("My rewards")]
    assert [option.label for option in page.options][:3] == offered


@spoken
@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_a_notice_is_one_plain_sms(language: str, kind: str) -> None:
    told = world.notice(
        kind, points=11_750, available=112_500, next_tier="Silver", to_next=2500, tier="Silver",
        multiplier_pct=150, amount="1 250.50 USD", ref="K7F3QD2", reward="Breakfast for Two",
        reason="conditions", until="2026-12-20T20:59:59+00:00",
    )  # fmt: skip
    issuance = world.issuance() if kind == "ready" else None
    said = say(told, language, world.PROGRAMME, issuance).text
    assert said != say(told, "en", world.PROGRAMME, issuance).text
    assert smsutil.is_valid_gsm(said)
    assert len(smsutil.encode(said)) <= SMS_SEPTETS


@pytest.mark.parametrize("language", sorted(languages()))
@pytest.mark.parametrize(
    ("word", "dialog"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("BAL", "balance")]
)
def test_english_words_always_work(language: str, word: str, dialog: str) -> None:
    found = keyword(word, language)
    assert found
    assert found[0].dialog == dialog


@pytest.mark.parametrize(("number", "language"), [("2", "sn"), ("3", "nd")])
def test_the_language_dialog_offers_what_the_programme_lists(number: str, language: str) -> None:
    talk = Talk(caller=world.caller(points=1250, languages=("en", "sn", "nd")))
    talk.say("", "lang")
    assert [c.label for c in talk.turn.reply.choices] == ["English", "chiShona", "isiNdebele"]
    talk.say(number)
    assert talk.session.language == language
    labels = [choice.label for choice in talk.turn.reply.choices]
    assert labels[:2] == [texts(language).t("Balance"), texts(language).t("Rewards")]


@pytest.mark.parametrize(
    ("typed", "language"),
    [("LANG shona", "sn"), ("lang Ndebele", "nd"), ("ulimi isindebele", "nd")],
)
def test_a_language_is_chosen_by_its_name(typed: str, language: str) -> None:
    talk = Talk(caller=world.caller(languages=("en", "sn", "nd")), surface="sms")
    talk.say(typed)
    assert talk.session.language == language


@pytest.mark.parametrize("word", ["PINDA", "Joyina"])
def test_a_stranger_is_heard_in_a_language_of_the_programme(word: str) -> None:
    talk = Talk(caller=world.caller(languages=("en", "sn", "nd")), surface="sms")
    talk.say(word)
    assert talk.at == "join.language"
    talk = Talk(caller=world.caller(), surface="sms")
    talk.say(word)
    assert talk.at == "welcome.menu", "a programme in English only hears English"


def test_only_the_very_word_brings_messages_back() -> None:
    """A misspelling is heard as what it is close to, but consent is never guessed."""
    talk = Talk(
        caller=world.caller(points=10, stopped=True, languages=("en", "sn", "nd"), language="sn")
    )
    for near in ("tangai", "start"):
        assert "StartMessages" in asked(talk, near)
    for near in ("tengai", "tangoi", "staart"):
        assert "StartMessages" not in asked(talk, near)


def asked(talk: Talk, said: str) -> list[str]:
    talk.say("00", said)
    return [type(command).__name__ for command in talk.asked]
