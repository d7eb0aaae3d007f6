"""What is worked out once for each shop and language, and what must never get into it."""

import gc
from dataclasses import replace

from core.facts import Caller, Programme
from dialogs.menus import KEPT_MAX, LANGUAGES_MAX, Menu, Spoken, derived, spoken
from dialogs.messages import Choice
from tests.dialogs import world
from tests.dialogs.talking import Talk

SAID = ("", "2", "00", "1", "0", "3", "00", "6", "00", "redeem 2", "1", "00", "99", "98")


def talked(talk: Talk) -> Programme:
    """The shop after a long conversation with a member, on a screen and in a chat."""
    for surface in ("ussd", "chat"):
        talk.surface, talk.session = surface, talk.session.forget()
        talk.say(*SAID)
    return talk.caller.programme


def kept_by(programme: Programme) -> str:
    """All that a shop keeps of its conversations, and all that was worked out of it."""
    rows: list[object] = []
    for kept in programme.kept.values():
        rows += [kept.kept, kept.menus] if isinstance(kept, Spoken) else [kept]
        if isinstance(kept, Spoken):
            menus = [menu for menu in kept.menus.values() if isinstance(menu, Menu)]
            while menus:
                rows += [found := menus.pop().derived]
                menus += [menu for menu in found.values() if isinstance(menu, Menu)]
    return repr(rows)


def test_nothing_of_a_person_is_kept() -> None:
    talk = Talk(caller=world.caller(points=98_765))
    assert talk.caller.member
    member = replace(talk.caller.member, name="Nokuthula")
    talk.caller = replace(talk.caller, member=member)
    kept = kept_by(talked(talk))
    assert "Balance" in kept
    for personal in ("Nokuthula", "98 765", "98765", str(member.id), talk.caller.address.value):
        assert personal not in kept


def test_a_shop_never_says_the_words_of_another() -> None:
    first, second = Talk(), Talk()
    first.caller = _own_words(first, "Our points")
    first.say()
    second.say()
    assert [talk.turn.reply.choices[0].label for talk in (first, second)] == [
        "Our points", "Balance",
    ]  # fmt: skip


def test_a_changed_programme_says_its_new_words() -> None:
    talk = Talk()
    talk.caller = _own_words(talk, "Old words")
    talk.say()
    talk.caller = _own_words(talk, "New words")
    talk.say()
    assert talk.turn.reply.choices[0].label == "New words"


def test_what_is_kept_is_no_part_of_the_programme() -> None:
    one = world.programme()
    other = replace(one)
    spoken(one, "en")
    assert one == other
    assert not other.kept
    assert "kept" not in repr(one)


def test_what_is_kept_goes_with_its_programme() -> None:
    programme = world.programme()
    Talk(caller=replace(world.caller(), programme=programme)).say("")
    words = spoken(programme, "en")
    assert words in gc.get_objects()
    seen = id(words)
    del words, programme
    gc.collect()
    assert seen not in map(id, gc.get_objects())


def test_so_much_is_kept_and_no_more() -> None:
    programme = world.programme()
    for number in range(2 * LANGUAGES_MAX):
        spoken(programme, f"x{number}")
    assert len(programme.kept) == LANGUAGES_MAX
    words = Spoken(programme, "en")
    for number in range(2 * KEPT_MAX):
        assert words.keep(number, lambda number=number: number + 1) == number + 1  # type: ignore[misc]
    assert len(words.menus) == KEPT_MAX


def test_only_of_a_menu_anything_is_kept() -> None:
    made: list[int] = []

    def count(choices: tuple[Choice, ...], more: int) -> int:
        made.append(more)
        return len(choices) + more

    choices = (Choice(id="a", label="A"),)
    menu = Menu(choices)
    assert menu == choices
    assert [derived(menu, count, 1), derived(menu, count, 1), derived(menu, count, 2)] == [2, 2, 3]
    assert made == [1, 2]
    assert [derived(choices, count, 1), derived(choices, count, 1)] == [2, 2]
    assert made == [1, 2, 1, 1]


def _own_words(talk: Talk, balance: str) -> Caller:
    programme = replace(talk.caller.programme, texts={"en": {"Balance": (balance,)}})
    return replace(talk.caller, programme=programme)
