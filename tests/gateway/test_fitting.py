"""Texts fit where they are shown: the catalogues' own, and none that a shop puts in their place
unless it does too."""

import pytest

from dialogs.definitions.messages import KINDS
from dialogs.locales.extraction import catalogue_of, forms_of
from dialogs.overrides import known
from dialogs.reasons import REASONS
from dialogs.texts import Texts, languages
from gateway.fitting import BUTTON, fault, longest, names

EARN = "Earn points on every visit."
WORDS = "keywords mean the same in every shop"


@pytest.mark.parametrize("language", sorted(languages()))
def test_the_catalogue_itself_fits(language: str) -> None:
    faults = {}
    for entry in catalogue_of(language):
        message = entry.id if isinstance(entry.id, str) else entry.id[0]
        faults[message] = fault(language, message, forms_of(entry))
    typed = {message for message in known() if known()[message].room == "words"}
    assert {message for message, wrong in faults.items() if wrong == WORDS} == typed
    assert {m: wrong for m, wrong in faults.items() if wrong and m not in typed} == {}


@pytest.mark.parametrize("language", sorted(languages() - {"en"}))
def test_labels_from_tables_fit_a_button(language: str) -> None:
    words = Texts(language=language)
    labels = [words.t(reason) for reason in REASONS.values()]
    labels += [f"{words.t(kind)}: {words.t(on)}" for kind in KINDS.values() for on in ("on", "off")]
    assert [label for label in labels if len(label) > BUTTON] == []


def test_every_placeholder_has_a_longest_value() -> None:
    words = Texts(language="en")
    placeholders = {name for text in known().values() for name in text.placeholders}
    given = {name for name in placeholders if longest(words, name, 40) != "N" * 40}
    assert placeholders - given == {"name", "reward", "shop", "title"}


@pytest.mark.parametrize(
    ("language", "message", "form", "wrong"),
    [
        ("en", EARN, "x" * 182, None),
        ("en", EARN, "x" * 183, "a screen holds 182 characters and this can take 183"),
        ("en", EARN, "x" * 181 + "[", "this can take 183"),
        ("en", EARN, "ô" * 80, None),
        ("en", EARN, "ô" * 81, "a screen holds 80 characters and this can take 81"),
        ("ar", EARN, "م" * 80, None),
        ("ar", EARN, "م" * 81, "a screen holds 80 characters"),
        ("ar", EARN, "😀" * 41, "this can take 82"),
        ("en", "Welcome {name}!", "{name}" + "x" * 142, None),
        ("en", "Welcome {name}!", "{name}" + "x" * 143, "this can take 183"),
        ("ar", "Welcome {name}!", "{name}" + "م" * 68, None),
        ("ar", "Welcome {name}!", "{name}" + "م" * 69, "this can take 81"),
        ("en", "Leave {shop}?", "{shop}" + "x" * 131, None),
        ("en", "Leave {shop}?", "{shop}" + "x" * 131 + "?", "this can take 183"),
        ("en", "Join free", "x" * 20, None),
        ("en", "Join free", "x" * 21, "a button holds 20 characters and this takes 21"),
        ("en", "Undo {time}", "Take back {time}", None),
        ("en", "Undo {time}", "Take it all back {time}", "a button holds 20"),
        ("ar", "More", "م" * 21, "a button holds 20"),
        ("en", "You have {points}.", "{points}" + "x" * 160, None),
        ("en", "You are {tier} now!", "{tier} {tier} " + "x" * 156, None),
        ("en", "Your {reward} has expired.", "{reward}" + "ô" * 68, "can make one of 3"),
        ("ar", "You have {points}.", "{points}" + "م" * 60, "a notice is 2 SMS at most"),
    ],
)
def test_what_does_not_fit_is_said(
    language: str, message: str, form: str, wrong: str | None
) -> None:
    said = fault(language, message, (form,))
    assert (said is None) if wrong is None else (said is not None and wrong in said)


def test_what_is_no_text_is_said_before() -> None:
    assert fault("en", "no text", ("x",)) == "there is no such text"
    assert names("{name") == frozenset()
