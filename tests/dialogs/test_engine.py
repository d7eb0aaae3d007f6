"""The engine's own rules: one unit of work a turn, keys, paging, rejects, frames, secrets."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core.errors import PinWrong
from core.ledger.commands import ShowBalance
from core.members.commands import Leave, SeeNotices, StopMessages
from core.ports import Command
from dialogs.choices import yes_or_no
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, View, do
from dialogs.engine import stops_walk
from dialogs.messages import Choice, Reply
from dialogs.registry import discover
from dialogs.session import Frame, Session
from tests.dialogs import world
from tests.dialogs.talking import Talk


def made_up(hear: Any, ask: Any = None) -> dict[str, Dialog]:
    """Today's dialogs, with one more that the settings lead to instead of the PIN."""
    dialog = Dialog("pin", title="Made up", start="one", transitions=[("go", "one", "two")])
    dialog.ask("one")(ask or (lambda view: Reply(text="One?", choices=yes_or_no(view))))
    dialog.ask("two")(lambda view: Reply(text="Two."))
    dialog.hear("one", "two")(hear)
    dialog.check()
    return {**discover(), "pin": dialog}


def test_nothing_is_asked_after_a_command_has_succeeded() -> None:
    def hear(view: View) -> Generator[Command[Any], Any, Outcome]:
        yield from do(Leave())
        yield from do(ShowBalance())
        return Move("go")

    talk = Talk(dialogs=made_up(hear))
    with pytest.raises(AssertionError, match=r"ShowBalance.* is asked after Leave"):
        talk.say("settings", "pin", "yes")


def test_a_refused_command_leaves_room_for_another() -> None:
    def hear(view: View) -> Generator[Command[Any], Any, Outcome]:
        try:
            yield from do(Leave())
        except PinWrong:
            yield from do(ShowBalance())
            yield from do(StopMessages())
        return Move("go")

    talk = Talk(dialogs=made_up(hear), answers={"Leave": PinWrong(left=1)})
    assert talk.say("settings", "pin", "yes") == "Cafe Aroma\nTwo."
    assert talk.turn.command == "StopMessages"


def test_a_question_asked_twice_in_a_turn_goes_out_once() -> None:
    def ask(view: View) -> Generator[Command[Any], Any, Reply]:
        first = yield from do(ShowBalance())
        again = yield from do(ShowBalance())
        return Reply(text=str(first is again))

    talk = Talk(dialogs=made_up(lambda view: Done(), ask))
    assert talk.say("settings", "pin") == "Cafe Aroma\nTrue"
    assert [type(command).__name__ for command in talk.asked] == ["WhoAmI", "ShowBalance"]


def test_a_dialog_that_calls_goes_on_where_it_said() -> None:
    def hear(view: View) -> Outcome:
        return Call("language", on_done="go")

    talk = Talk(dialogs=made_up(hear))
    talk.say("settings", "pin", "yes", "0")
    assert talk.at == "pin.one"
    assert talk.say("yes", "1") == "Cafe Aroma\nTwo."


def test_who_waits_is_bounded() -> None:
    talk = Talk(dialogs=made_up(lambda view: Call("pin")))
    talk.say("settings", "pin", *["yes"] * 20)
    assert len(talk.session.frames) == 8
    talk.say(*["0"] * 9)
    assert talk.at == "home.menu"


def test_numbers_step_over_the_keys() -> None:
    many = tuple(Choice(id=f"c{n}", label=f"C{n}") for n in range(120))
    talk = Talk(dialogs=made_up(lambda view: Done(), lambda view: Reply(text="?", choices=many)))
    talk.say("settings", "pin")
    numbers = [choice.number for choice in talk.turn.reply.choices]
    assert len(set(numbers)) == 120
    assert not {0, 98} & set(numbers)
    assert numbers[96:98] == [97, 99]


def test_more_shows_the_next_page_without_asking_anything() -> None:
    talk = Talk()
    talk.say("", "2")
    shown = talk.turn.reply
    talk.say("98")
    assert [type(command).__name__ for command in talk.asked] == ["WhoAmI"]
    assert (talk.turn.reply, talk.session.page) == (shown, 2)
    talk.say("98")
    assert talk.session.page == 3
    talk.say("2")
    assert (talk.at, talk.session.page) == ("reward.confirm", 1)


def test_more_by_the_word_and_by_the_row() -> None:
    talk = Talk(surface="chat")
    talk.say("rewards")
    talk.say("more")
    assert talk.session.page == 2
    talk.say(tap="98")
    assert talk.session.page == 3


def test_a_page_that_fits_has_no_more() -> None:
    """Whoever cuts pages forgets the reply when it fitted."""
    talk = Talk()
    talk.say("", "2")
    talk.session = replace(talk.session, paged=None)
    assert "That is not a choice." in talk.say("98")


def test_98_is_text_where_text_is_awaited() -> None:
    talk = Talk(caller=world.caller(staff="cashier"))
    talk.say("staff", "7193", "1", "0791234567", "98")
    assert talk.at == "award.confirm"


@pytest.mark.parametrize(("surface", "ends"), [("ussd", True), ("sms", True), ("chat", True)])
def test_the_third_wrong_answer_in_a_row_ends_politely(surface: str, ends: bool) -> None:
    talk = Talk(surface=surface)
    said = talk.say("menu", "x?", "y?")
    assert "That is not a choice." in said
    assert not talk.turn.reply.end
    said = talk.say("z?")
    assert "06 555 0100" in said
    assert talk.turn.reply.end is ends
    assert talk.session.dialog == ""
    assert talk.say("1").endswith("Rudo: 1 250 pts, Silver")


def test_a_right_answer_forgives_the_wrong_ones() -> None:
    talk = Talk()
    talk.say("", "x?", "y?", "1", "x?", "y?", "0", "x?", "y?")
    assert not talk.turn.reply.end


def test_wrong_answers_of_an_earlier_call_are_forgotten() -> None:
    talk = Talk()
    talk.say("", "4")
    talk.session = replace(talk.session, rejects=2)
    talk.say("", resume=True)
    assert talk.at == "resume.offer"
    assert talk.session.rejects == 0
    talk.say("x?", "y?")
    assert not talk.turn.reply.end


def test_a_wrong_amount_counts_and_a_wrong_pin_is_counted_by_core() -> None:
    talk = Talk(caller=world.caller(points=1250, pin=True), answers={"Redeem": PinWrong(left=2)})
    talk.say("redeem 2", "1", "4821", "4821", "4821", "4821")
    assert talk.at == "reward.pin"
    talk = Talk(caller=world.caller(staff="cashier"))
    talk.say("staff", "7193", "1", "0791234567", "0", "-5", "NaN")
    assert talk.turn.reply.end


@pytest.mark.parametrize(
    "typed", ["0", "-5", "1e9", "NaN", "9" * 20, "0.0001", "5,00", "５", "5\x00", "", "inf", "1_0"]
)
def test_amounts_nobody_pays(typed: str) -> None:
    """U10-U16."""
    talk = Talk(caller=world.caller(staff="cashier"))
    said = talk.say("staff", "7193", "1", "0791234567", typed)
    assert "Enter an amount like 5 or 5.50." in said
    assert talk.at == "award.amount"


@pytest.mark.parametrize("typed", ["5", "5.5", "5.50", "50.000", "٥", " 5 "])
def test_amounts_people_pay(typed: str) -> None:
    talk = Talk(caller=world.caller(staff="cashier"))
    talk.say("staff", "7193", "1", "0791234567", typed)
    assert talk.at == "award.confirm"


def test_chats_may_add_lines_to_an_amount() -> None:
    talk = Talk(caller=world.caller(staff="cashier"), surface="chat")
    talk.say("staff", "7193 ", "1", "0791234567\n", " 50\n")
    assert talk.at == "award.confirm"


def test_after_a_deployment_the_menu_has_changed() -> None:
    waits = Frame(dialog="gone", state="x", slots={})
    for gone in (
        Session(dialog="gone", state="x"),
        Session(dialog="balance", state="gone"),
        Session(dialog="balance", state="shown", frames=(waits,)),
    ):
        talk = Talk(session=gone)
        assert talk.say("0").startswith("Cafe Aroma\nThe menu has changed.\nRudo: 1 250 pts")


def test_a_walk_stops_at_secrets_confirmations_and_free_text() -> None:
    """U38."""
    for way, stops in (
        ((), False), (("1",), False), (("2",), False), (("2", "2"), True), (("4",), True),
        (("7", "2", "1"), True), (("7", "5"), True), (("7", "5", "1"), True),
    ):  # fmt: skip
        talk = Talk()
        talk.say("", *way)
        assert stops_walk(discover(), talk.session) is stops, way


def test_what_must_not_be_lost_is_flushed() -> None:
    talk = Talk(caller=world.caller(points=1250, pin=True))
    flushed = []
    for said in ("", "2", "2", "1", "4812", "00", "4", "BELLA"):
        talk.say(said)
        flushed.append(talk.turn.durable)
    # home, rewards | the confirmation, the PIN, the code, | home, the field | the code
    assert flushed == [False, False, True, True, True, False, False, True]


def test_seeing_notices_needs_no_flush() -> None:
    told = world.caller(points=1250, notices=(world.notice("pin_reset", ref="K7F3QD2"),))
    talk = Talk(caller=told)
    assert "Your PIN was reset." in talk.say("")
    assert talk.turn.command == "SeeNotices"
    assert not talk.turn.durable
    assert isinstance(talk.asked[-1], SeeNotices)
    talk.say("1")
    assert not any(isinstance(command, SeeNotices) for command in talk.asked)


def test_notices_never_follow_a_command() -> None:
    told = world.caller(points=1250, notices=(world.notice("pin_reset", ref="K7F3QD2"),))
    talk = Talk(caller=told, surface="sms")
    talk.say("CARD")
    assert talk.turn.command == "ShowMyCode"


@pytest.mark.parametrize(
    ("way", "secrets"),
    [
        (("redeem 2", "1", "48123"), ("48123",)),
        (("settings", "pin", "1", "48123 59271"), ("48123", "59271")),
        (("staff", "71934"), ("71934",)),
        (("my rewards", "1", "1", "12", "71934"), ("71934",)),
        (("redeem 2", "1", "481234567"), ("481234567",)),
    ],
)
def test_a_secret_is_kept_nowhere(way: tuple[str, ...], secrets: tuple[str, ...]) -> None:
    talk = Talk(caller=world.caller(points=1250, pin=True, staff="cashier"), surface="chat")
    talk.say(*way[:-1])
    assert talk.turn.reply.secret
    talk.say(way[-1])
    kept = talk.session.to_json().decode() + repr(talk.asked) + repr(talk.turn)
    assert [secret for secret in secrets if secret in kept] == []


def test_the_sign_in_lasts_a_quarter_of_an_hour_and_no_longer() -> None:
    talk = Talk(caller=world.caller(staff="cashier"), surface="chat")
    talk.say("staff", "7193")
    talk.now += timedelta(minutes=14)
    talk.say("1")
    assert talk.at == "award.who"
    talk.now += timedelta(minutes=1)
    talk.say("0791234567")
    assert talk.at == "sign_in.pin"
    talk.say("0")
    assert talk.at == "welcome.menu"


def test_one_who_is_no_longer_staff_is_shown_out() -> None:
    talk = Talk(caller=world.caller(points=1250, staff="cashier"))
    talk.say("staff", "7193", "1", "0791234567")
    talk.caller = world.caller(points=1250)
    talk.say("50")
    assert talk.at == "home.menu"


def test_one_who_left_elsewhere_is_shown_the_welcome() -> None:
    talk = Talk()
    talk.say("", "2")
    talk.caller = world.caller(points=0, status="left")
    assert "Join first." in talk.say("2")
    assert talk.at == "welcome.menu"
