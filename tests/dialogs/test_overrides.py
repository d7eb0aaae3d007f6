"""What a shop's own words must keep of the text they replace, and that no other shop says them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.facts import Caller
from dialogs.locales.extraction import template
from dialogs.notices import NOTICES, say
from dialogs.overrides import fault, forms_of, known, names_in
from dialogs.texts import Texts, plural
from tests.dialogs import world
from tests.dialogs.talking import Talk

EARN = "Earn points on every visit."
HAVE = "You have {count} pt."
AR_HAVE = ("لا نجوم", "نجمة", "نجمتان", "{count} نجوم", "{count} نجمة", "{count} نجمة")


def test_every_text_of_the_catalogue_is_known() -> None:
    texts = {m.id if isinstance(m.id, str) else m.id[0] for m in template() if m.id}
    assert set(known()) == texts
    assert known()[HAVE].plural == "You have {count} pts."
    rooms = {message: known()[message].room for message in (EARN, "Join free", "CODE", "Choose")}
    assert rooms == {EARN: "line", "Join free": "choice", "CODE": "words", "Choose": "choice"}
    assert known()["You have {points}."].room == "notice"


@pytest.mark.parametrize(
    ("language", "message", "forms"),
    [
        ("en", EARN, ("Collect stars.",)),
        ("ar", EARN, ("اجمع النجوم.",)),
        ("en", "Welcome {name}!", ("Hello {name}, {name}.",)),
        ("en", HAVE, ("You have one star.", "You have {count} stars.")),
        ("ar", HAVE, AR_HAVE),
        ("en", "{day} {month}", ("{month} {day}",)),
        ("en", known()["Show this to the cashier: {code}\nIt works once, until {time}."].message,
         ("{code}\nUntil {time}.",)),
    ],
)  # fmt: skip
def test_what_may_be_said(language: str, message: str, forms: tuple[str, ...]) -> None:
    assert fault(language, message, forms) is None


@pytest.mark.parametrize(
    ("language", "message", "forms", "wrong"),
    [
        ("en", "Earn points on every visit", ("x",), f"no such text; did you mean {EARN!r}?"),
        ("en", "?", ("x",), "there is no such text"),
        ("xx", EARN, ("x",), "no language 'xx'"),
        ("en", "BAL,BALANCE,POINTS", ("MONEY",), "same in every shop"),
        ("en", EARN, (), "1 form is needed, not 0"),
        ("en", EARN, ("x", "y"), "1 form is needed, not 2"),
        ("en", HAVE, ("{count}",), "2 forms are needed, not 1"),
        ("ar", HAVE, ("{count}", "{count}"), "6 forms are needed, not 2"),
        ("en", HAVE, ("{count} star", "stars"), "{count} is missing"),
        ("ar", HAVE, (*AR_HAVE[:3], "نجوم", *AR_HAVE[4:]), "{count} is missing"),
        ("en", "Welcome {name}!", ("Welcome!",), "{name} is missing"),
        ("en", "Welcome {name}!", ("Welcome {nam}!",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{name.__class__}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{name[0]}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{name!r}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{name:>9999999}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{name:{name}}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{0} {name}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{} {name}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{{name}} {name}",), "nothing but {name}"),
        ("en", "Welcome {name}!", ("{name", ), "nothing but {name}"),
        ("en", EARN, ("{x}",), "braces are not possible"),
        ("en", EARN, ("}",), "braces are not possible"),
        ("en", EARN, ("",), "empty"),
        ("en", EARN, (" ",), "empty"),
        ("en", EARN, ("Earn ",), "space at an end"),
        ("en", EARN, ("Earn\nEND hacked",), "more lines"),
        ("en", EARN, ("Earn\r\x00",), "not shown"),
        ("en", EARN, ("Earn \u202etxet",), "turns text around"),
        ("en", EARN, ("Earn \u2066text",), "turns text around"),
        ("ar", EARN, ("\u200eنص",), "turns text around"),
        ("en", EARN, ("Earn\u200b",), "not shown"),
        ("en", EARN, ("Earn\u2028more",), "not shown"),
        ("en", EARN, ("Earn \ud800",), "not shown"),
    ],
)  # fmt: skip
def test_what_may_not_be_said(
    language: str, message: str, forms: tuple[str, ...], wrong: str
) -> None:
    assert wrong in (fault(language, message, forms) or "")


@settings(max_examples=200, deadline=None)
@given(form=st.text(st.sampled_from("ab{}:!.[]0 é"), max_size=12))
def test_only_names_in_braces_are_formats(form: str) -> None:
    """What is let through can be filled in, and shows nothing but what it was given."""
    names = names_in(form)
    if names is not None:
        filled = form.format(**dict.fromkeys(names, "X"))
        assert filled == "".join(
            part if place % 2 == 0 else "X"
            for place, part in enumerate(form.replace("}", "{").split("{"))
        )


def test_forms_are_the_language_s() -> None:
    assert [forms_of("en"), forms_of("ar"), forms_of("xx")] == [2, 6, 2]
    assert [plural("ar", n) for n in (0, 1, 2, 3, 100, 11)] == [0, 1, 2, 3, 4, 5]


# ── who says it ─────────────────────────────────────────────────────────────────────────────────

OWN: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        EARN: ("Collect stars.",),
        HAVE: ("You have one star.", "You have {count} stars."),
        "Balance": ("My stars",),
        "You have {points}.": ("{points} stars now.",),
    },
    "ar": {HAVE: AR_HAVE},
}


def ours(**options: object) -> Caller:
    kept = world.caller(**options)  # type: ignore[arg-type]
    return replace(kept, programme=replace(kept.programme, texts=OWN))


def test_a_shop_speaks_its_own_words_and_no_other_does() -> None:
    own, other = Talk(caller=ours()), Talk(caller=world.caller())
    assert own.say("") == "Cafe Aroma\nCollect stars."
    assert other.say("") == f"Cafe Aroma\n{EARN}"
    own, other = Talk(caller=ours(points=1250)), Talk(caller=world.caller(points=1250))
    own.say("")
    other.say("")
    assert "My stars" in [choice.label for choice in own.turn.reply.choices]
    assert own.say("my stars").startswith("Cafe Aroma\nYou have 1 250 stars.")
    assert other.say("1").startswith("Cafe Aroma\nYou have 1 250 pts.")


def test_each_language_has_its_own() -> None:
    talk = Talk(caller=ours(points=1250, language="ar", languages=("en", "ar")))
    assert "1,250 نجمة" in talk.say("BAL")
    talk.say("LANG en")
    assert "You have 1 250 stars." in talk.say("BAL")


def test_plurals_follow_the_language() -> None:
    words = Texts(language="ar", own=OWN["ar"])
    said = [words.n(HAVE, "You have {count} pts.", n) for n in (0, 1, 2, 3, 11, 100)]
    assert said == ["لا نجوم", "نجمة", "نجمتان", "3 نجوم", "11 نجمة", "100 نجمة"]
    grown = Texts(language="ar", own={HAVE: ("one", "{count}")})
    assert grown.n(HAVE, "You have {count} pts.", 11) == "11"


def test_notices_are_said_in_the_shop_s_words() -> None:
    told = world.notice("points_expired", points=10, available=1250)
    shop = world.programme(texts=OWN)
    assert say(told, "en", shop, None).text.endswith("10 pts have expired. 1 250 stars now.")
    assert say(told, "en", world.PROGRAMME, None).text.endswith("You have 1 250.")
    assert "points_expired" in NOTICES
