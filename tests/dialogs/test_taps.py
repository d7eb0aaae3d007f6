"""Buttons: those of today, those of yesterday, and those nobody was ever offered."""

from datetime import timedelta

import pytest

from tests.dialogs import world
from tests.dialogs.talking import Talk

OLD = "That menu is old. Here is today's:"
TOO_OLD = "Those buttons are too old. Here is today's menu:"


def chat() -> Talk:
    talk = Talk(surface="chat")
    talk.say("hi")
    return talk


def test_a_tap_is_a_choice() -> None:
    talk = chat()
    talk.say(tap="balance")
    assert talk.at == "balance.shown"


def test_a_button_that_only_leads_on_does_so_for_a_day() -> None:
    talk = chat()
    talk.say(tap="settings")
    talk.now += timedelta(hours=23)
    talk.say(tap="balance")
    assert talk.at == "balance.shown"


def test_a_button_of_the_day_before_yesterday_is_too_old() -> None:
    talk = chat()
    talk.say(tap="balance")
    talk.session = talk.session.forget()
    talk.now += timedelta(hours=25)
    assert TOO_OLD in talk.say(tap="rewards")
    assert talk.at == "home.menu"
    assert not talk.turn.understood


def test_a_yes_belongs_to_its_question() -> None:
    talk = chat()
    talk.say("redeem 2")
    yes = talk.turn.reply.choices[0].id
    talk.say("redeem 3")
    assert OLD in talk.say(tap=yes)
    assert talk.at == "reward.confirm"
    assert talk.turn.command != "Redeem"
    talk.say(tap=talk.turn.reply.choices[0].id)
    assert talk.turn.command == "Redeem"
    assert OLD in talk.say(tap=yes)


@pytest.mark.parametrize(
    "forged",
    ["redeem:OTHER_ID", "reward:free-coffee", "yes", "yes~1", "", "back", "pin", "😀", "\x00"],
)  # fmt: skip
def test_a_button_nobody_was_offered(forged: str) -> None:
    """W29, W30."""
    talk = chat()
    assert OLD in talk.say(tap=forged)
    assert talk.at == "home.menu"
    assert talk.turn.command is None
    fresh = Talk(surface="chat")
    assert OLD in fresh.say(tap=forged)


def test_old_buttons_do_not_pile_up() -> None:
    talk = Talk(surface="chat", caller=world.caller(points=1250))
    for n in range(30):
        talk.now += timedelta(minutes=1)
        talk.say("menu", f"redeem {n % 3 + 1}")
    assert len(talk.session.offered_before) <= 40
    talk.now += timedelta(days=8)
    talk.say("help")
    assert talk.session.offered_before == {}


def test_only_chats_remember_buttons() -> None:
    talk = Talk(surface="ussd")
    talk.say("")
    assert talk.session.offered_before == {}


def test_no_is_the_key_for_back() -> None:
    talk = chat()
    talk.say("rewards", "2")
    no = talk.turn.reply.choices[1].id
    talk.say(tap=no)
    assert talk.at == "rewards.all"
