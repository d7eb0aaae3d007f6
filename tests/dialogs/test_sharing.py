"""Shared addresses in the engine: what goes along to another shop, what digits may stand for."""

import pytest
from msgspec import structs

from dialogs.engine import resumes, stops_walk
from dialogs.registry import discover
from dialogs.session import Session
from dialogs.sharing import stands_for
from tests.dialogs import world
from tests.dialogs.talking import Talk

MINE = (world.shop("Bella Salon"), world.shop("Cafe Aroma"))


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("REWARDS", True),
        ("redeem free-coffee", True),
        ("MENU", True),
        ("STAFF", True),
        ("JOIN", True),
        ("CODE", True),
        ("LANG", True),
        ("CODE ABC", False),
        ("LANG sn", False),
        ("STOP", False),
        ("START", False),
        ("2", False),
        ("", False),
    ],
)
def test_digits_stand_for_words_that_change_nothing_by_themselves(said: str, fits: bool) -> None:
    assert stands_for(said) is fits


def test_a_visit_takes_the_language_along_and_nothing_else() -> None:
    talk = Talk(caller=world.caller(points=50, staff="cashier", shops=MINE), surface="chat")
    talk.session = structs.replace(talk.session, language="sn", staff_until=2**31)
    talk.say("SHOPS")
    talk.say(tap=f"shop:{MINE[0].tenant_id}~cafe-aroma")
    assert talk.turn.visit is not None
    assert talk.turn.visit.tenant_id == MINE[0].tenant_id
    left = talk.turn.session
    assert (left.language, left.staff_until, left.offered_before) == ("sn", 0, {})
    assert (left.dialog, left.offered, left.slots, left.frames) == ("", (), {}, ())


def test_a_language_that_a_shop_does_not_speak_stays_behind() -> None:
    speaks = world.caller(points=50, shops=MINE, languages=("en", "sn"))
    silent = world.caller(points=50, shops=MINE)
    for caller, language in ((speaks, "sn"), (silent, "en")):
        talk = Talk(caller=caller)
        talk.session = structs.replace(talk.session, language="sn")
        talk.say("")
        assert talk.turn.language == language


def test_a_session_is_worth_going_on_with_or_is_not() -> None:
    dialogs = discover()
    talk = Talk(caller=world.caller(points=1250, shops=MINE))
    talk.say("")
    assert not resumes(dialogs, talk.session)
    talk.say("4")
    assert resumes(dialogs, talk.session), "a code was being typed"
    talk.say("00", "redeem free-coffee")
    assert not resumes(dialogs, talk.session), "never at a confirmation"
    talk.say("1")
    assert resumes(dialogs, talk.session), "a result was said"
    assert not resumes(dialogs, Session())


def test_digits_dialled_ahead_choose_no_shop() -> None:
    talk = Talk(caller=world.caller(shops=MINE, chosen=False))
    talk.say("")
    assert stops_walk(discover(), talk.session)
