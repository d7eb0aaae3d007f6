"""What an input means: digits, words, taps, keywords, and what is none of them.

The ids are those of docs/security.md, section 2.
"""

import pytest

from core.errors import LoyaltyError
from core.facts import Caller
from tests.dialogs import world
from tests.dialogs.talking import Talk

NOT_A_CHOICE = "That is not a choice."


def at_home(**options: object) -> Talk:
    talk = Talk(**options)  # type: ignore[arg-type]
    talk.say("")
    return talk


@pytest.mark.parametrize(
    "typed",
    [
        "9", "", "1**2", "*", "²", "①", "१", "၂", "1_000", " 1\n", "１", "+1", "1.0", "-1", "99999",
        "1" * 5000, "\x00", "1\x00", "\udcff\udcfe", "😀", "\u202e1", "\u200e\u202e",
        "\r\nEND hacked", "1' OR '1'='1", "{{7*7}}", "${jndi:ldap://x}", "%s%n", "{0}",
        "x" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_choice_says_so_and_shows_the_menu_again(typed: str) -> None:
    """U1-U9, U21, U23-U29 as far as they reach the engine."""
    talk = at_home()
    said = talk.say(typed)
    assert said.split("\n")[:2] == ["Cafe Aroma", NOT_A_CHOICE]
    assert talk.at == "home.menu"
    assert not talk.turn.understood
    assert talk.turn.command is None
    assert typed == "" or typed not in talk.session.to_json().decode()


@pytest.mark.parametrize("typed", ["1", "01", "١", "۱", "Balance", "BALANCE", "balance", "bal"])
def test_what_is_a_choice_is_taken(typed: str) -> None:
    """U7: Arabic-Indic and Persian digits are digits."""
    talk = at_home()
    talk.say(typed)
    assert talk.at == "balance.shown"


@pytest.mark.parametrize("typed", [" 1", "1 ", "1\n", " ١ "])
def test_chats_may_add_spaces(typed: str) -> None:
    talk = at_home(surface="chat")
    talk.say(typed)
    assert talk.at == "balance.shown"


@pytest.mark.parametrize(
    "typed",
    [
        "redeem 2", "Redeem 2", "REDEEM  2", "ＲＥＤＥＥＭ 2", "re\u200bdeem 2",
        "R\u200dE\u200cDEEM 2", "redeem\u00a02", "redeem Free Coffee",
        "REDEEM FREE-COFFEE", "redeem ٢",
    ],
)  # fmt: skip
def test_redeem_in_many_spellings_only_ever_asks(typed: str) -> None:
    """S1, and rule 4: nothing is spent without a confirmation."""
    talk = Talk(surface="sms")
    assert "Free Coffee for 100 pts?" in talk.say(typed)
    assert talk.at == "reward.confirm"
    assert talk.turn.command is None


@pytest.mark.parametrize("typed", ["HİSTORY", "hıstory", "History", "ＨＩＳＴＯＲＹ"])
def test_turkish_letters_are_letters(typed: str) -> None:
    talk = Talk(surface="sms")
    talk.say(typed)
    assert talk.at == "history.shown"


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("REDEEM", "rewards.all"), ("REDEEM -1", "rewards.all"), ("REDEEM 0", "rewards.all"),
        ("REDEEM 1 REDEEM 2", "rewards.all"), ("REDEEM 1e3", "rewards.all"),
        ("REDEEM ²", "rewards.all"), ("REDEEM 98", "rewards.all"),
        ("rewards", "rewards.all"), ("JOIN", "home.menu"), ("CARD", "my_code.shown"),
        ("HELP", "help.shown"), ("LANG", "language.which"), ("CODE", "enter_code.code"),
        ("CODE AB12-CD34", "enter_code.shop"), ("menu", "home.menu"),
        ("my rewards", "my_rewards.open"),
        ("MY DATA", "my_data.shown"), ("delete me", "leave.confirm"),
        ("settings", "settings.menu"),
        ("hi there", "home.menu"), ("balanse", "home.menu"), ("😀😀", "home.menu"),
        ("مرحبا", "home.menu"), ("mhoro", "home.menu"), ("привет", "home.menu"),
        ("你好", "home.menu"),
    ],
)  # fmt: skip
def test_first_words_of_a_chat(typed: str, place: str) -> None:
    """S2-S4, S7, S8: the keyword leads on; anything else is greeted with the menu."""
    talk = Talk(surface="sms")
    talk.say(typed)
    assert talk.at == place
    assert talk.turn.command in (None, "EnterCode", "ShowMyCode")


def test_close_spellings_need_one_near_choice() -> None:
    talk = at_home()
    talk.say("Balanse")
    assert talk.at == "balance.shown"
    talk.say("00", "Historry")
    assert talk.at == "history.shown"
    talk.say("00")
    # "Rewards" and "My rewards" are told apart, though they are alike.
    talk.say("Rewrads")
    assert talk.at == "rewards.all"
    assert NOT_A_CHOICE in talk.say("00", "Rew")
    assert NOT_A_CHOICE in talk.say("My")


def test_a_confirmation_takes_no_close_spelling() -> None:
    talk = Talk()
    talk.say("redeem 2", "yess")
    assert talk.turn.command is None
    assert talk.at == "reward.confirm"


@pytest.mark.parametrize(
    "word",
    [
        "STOP", "stop", "Unsubscribe", "ARRET", "Arrêt", "ＳＴＯＰ", "s\u200btop", "stop please",
        "opt out",
    ],
)  # fmt: skip
@pytest.mark.parametrize("caller", [world.caller(), world.caller(points=1250, pin=True)])
def test_stop_works_at_once_from_anyone(word: str, caller: Caller) -> None:
    """S5."""
    talk = Talk(caller=caller, surface="sms")
    assert "no more messages" in talk.say(word)
    assert talk.turn.command == "StopMessages"
    assert talk.turn.durable


@pytest.mark.parametrize(
    "way", [("settings", "pin", "1"), ("code",), ("redeem 2", "1"), ("staff",), ("award",)]
)
def test_stop_works_where_text_is_awaited(way: tuple[str, ...]) -> None:
    talk = Talk(caller=world.caller(points=1250, pin=True, staff="cashier"), surface="chat")
    talk.say(*way)
    talk.say("STOP")
    assert talk.turn.command == "StopMessages"


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("Menu", "welcome.menu"), ("HELP", "help.shown"), ("join", "join.consent"),
        ("HOME", "welcome.menu"), ("back", "join.consent"), ("start", "welcome.menu"),
        ("0", "join.consent"), ("00", "welcome.menu"),
    ],
)  # fmt: skip
def test_a_word_that_leads_somewhere_is_no_name(word: str, place: str) -> None:
    talk = Talk(caller=world.caller(), surface="sms")
    talk.say("join", "agree")
    assert talk.at == "join.name"
    talk.say(word)
    assert talk.at == place
    assert talk.turn.command is None


@pytest.mark.parametrize("name", ["Balance Moyo", "Joy Help", "Hi Rudo"])
def test_a_name_may_begin_like_a_keyword(name: str) -> None:
    talk = Talk(caller=world.caller(), surface="sms")
    talk.say("join", "agree", name)
    assert getattr(talk.asked[-1], "name", None) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Rudo", "Rudo"), ("O'Neill", "O'Neill"), ("O’Neill", "O'Neill"), ("=Tendai", "Tendai"),
        ("+-@=Tendai", "Tendai"), ("Nyasha Ndlovu-Moyo", "Nyasha Ndlovu-Moyo"), ("ŋaka", "ŋaka"),
        ("رودو", "رودو"), ("J.R.  Smith", "J.R. Smith"), ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 40), ("Rudo " + "x" * 36, "Rudo"), ("Rudo 😀", "Rudo"),
        ("❤️Rudo", "Rudo"), ("a\u202eb", "ab"), ("a\r\nEND hacked", "a END hacked"),
        ("a\x00b", "a b"), ("a\tb", "a b"), ("${jndi:x}", "jndix"), ("<script>", "script"),
        ("Rudo2", "Rudo2"),
    ],
)  # fmt: skip
def test_names_as_people_write_them(name: str, kept: str) -> None:
    talk = Talk(caller=world.caller())
    talk.say("", "1", "1", name)
    enrol = talk.asked[-1]
    assert getattr(enrol, "name", None) == kept


@pytest.mark.parametrize(
    "name", ["", " ", "...", "{{7*7}}", "\u200b", "😀", "👨‍👩‍👧", "1️⃣", "0771234567", "=-+@"]
)
def test_names_nobody_has(name: str) -> None:
    talk = Talk(caller=world.caller())
    assert "Enter your name in letters." in talk.say("", "1", "1", name)
    assert talk.turn.command is None


@pytest.mark.parametrize(
    "pin", ["48 12", "482", "482134", "abcd", "４８１２", "²²²²", "4812\u200b"]
)
def test_what_is_no_pin_is_never_tried(pin: str) -> None:
    talk = Talk(caller=world.caller(points=1250, pin=True))
    assert "A PIN is four or five digits." in talk.say("redeem 2", "1", pin)
    assert not any(type(command).__name__ == "Redeem" for command in talk.asked)


@pytest.mark.parametrize("code", ["482 913", "482913", "٤٨٢٩١٣"])
def test_codes_are_handed_on_as_they_were_typed(code: str) -> None:
    """S9: what spaces mean is core's to know."""
    talk = Talk(caller=world.caller(staff="cashier"))
    talk.say("staff", "7193", "3", code)
    assert talk.at == "use_code.confirm"


def test_refusals_of_core_keep_the_screen() -> None:
    talk = Talk(answers={"EnterCode": LoyaltyError()})
    said = talk.say("", "4", "abc")
    assert "That could not be done. Nothing was changed." in said
    assert talk.at == "enter_code.code"
    assert talk.turn.durable
