"""What is said first, and how much of a long name, where a screen is small.

Renderers cut pages; here it is decided what stands on the first one: a question with its choices,
the beginning of a menu, a choice whole. Called by dialogs and by the engine.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from dialogs.choices import shortened
from dialogs.dialog import View
from dialogs.menus import Menu, derived
from dialogs.messages import KEY_NUMBER, Choice, Reply
from dialogs.screen import Room
from dialogs.wording import Words

NAME_MIN: Final = 12
"""A name keeps this much while the shop's name stands above it; only then the shop's goes."""
NAME_LEAST: Final = 4
FIRST: Final = 3
"""So many choices of a menu stay on its first page whatever is said above it."""
NEWS_MIN: Final = 8
TWO_DIGITS: Final = 97
"""The widest number of a choice that anybody pages to."""

Question = Callable[..., str]
"""Says a question with the names it is given, whole or cut."""


def confirmation(
    view: View,
    question: Question | Sequence[Question],
    *names: str,
    choices: tuple[Choice, ...] = (),
    rest: str = "",
) -> Reply:
    """A question about `names` with its choices on the first page, however long they are.

    `rest` stands below it where all of it fits the screen, else only where room is left. Of
    several questions each is shorter than the one before, for where that has no room.
    """
    questions = [question] if callable(question) else question
    whole = questions[0](*names)
    name = view.caller.programme.name
    shop = view.spoken.keep(staff_heading, lambda: staff_heading(view, name))
    lines = [whole, rest] if rest else [whole]
    if view.chat or view.room.holds([shop, *lines], choices):
        return Reply(text="\n".join(lines), choices=choices)
    longest = max(map(len, names), default=0)
    for asked in questions:
        for heading, least in (([shop], NAME_MIN), ([], NAME_LEAST)):
            said = partial(_with_names, asked, names)
            fits = partial(_one_page, view.room, heading, choices)
            found = _most(said, least=least, most=longest, fits=fits)
            if found is not None:
                return Reply(text=found, choices=choices, footer=rest)
    shortest = _with_names(questions[-1], names, NAME_LEAST)
    return Reply(text=shortest, choices=choices, footer=rest)


def staff_heading(words: Words, shop: str) -> str:
    """What stands above the screens of staff: the widest heading there is."""
    return words.t("{shop} staff", shop=shop)


def label_in_room(view: View, label: Question, *names: str) -> str:
    """A choice's label with as much of the names as leaves its line whole on one page, with the
    way to the next page below it."""
    whole = label(*names)
    if view.chat:
        return whole
    more = _more(view.t("More"))
    shown = _most(
        partial(_with_names, label, names),
        least=NAME_LEAST,
        most=max(map(len, names), default=NAME_LEAST),
        fits=lambda text: view.room.holds([], [Choice(id="", label=text, number=TWO_DIGITS), more]),
    )
    return whole if shown is None else shown


def name_in_room(view: View, name: str, standing: str, choices: Sequence[Choice]) -> str:
    """As much of a name as leaves room for the first choices of the menu below it; "" for none."""
    if view.chat:
        return name
    shop = shortened(view.caller.programme.name, NAME_MIN)
    first = derived(choices, _first, view.t("More"))
    shown = _most(
        lambda most: shortened(name, most),
        least=NAME_LEAST,
        most=len(name),
        fits=lambda text: view.room.holds([shop, f"{text}: {standing}"], first),
    )
    return shown or ""


def above_menu(
    room: Room,
    heading: str,
    news: Sequence[str],
    menu: str,
    choices: Sequence[Choice],
    more: str,
) -> str:
    """What stands above a menu, of which the first choices stay on the first page: for that the
    menu's own line gives way to news, and the ends of the news and of the shop's name. Where that
    is not enough one choice is, even without the shop's name. `more` stands behind the key that
    turns the page."""
    whole, first = [heading, *news, menu], derived(choices, _first, more)
    if room.holds(whole, first):
        return "\n".join(whole)
    one, said, short = _one(choices, more), "\n".join(news) or menu, shortened(heading, NAME_MIN)
    least = NEWS_MIN if news else len(said)
    for shop, shown, kept in (
        ([heading], first, least), ([short], first, least), ([short], one, least),
        ([], one, NEWS_MIN),
    ):  # fmt: skip
        fits = partial(_one_page, room, shop, shown)
        found = _most(partial(shortened, said), least=kept, most=len(said), fits=fits)
        if found is not None:
            return "\n".join([*shop, found])
    return "\n".join(whole)


def above_question(
    room: Room,
    heading: str,
    news: Sequence[str],
    asked: str,
    choices: Sequence[Choice],
    more: str,
) -> str:
    """A question that stands on one screen with its choices: for that the shop's name gives way,
    then the end of what is said above the question, then all of it. Where that is not enough, the
    first choice stands with it. `more` stands behind the key that turns the page."""
    if room.holds(whole := [heading, *news, asked], choices):
        return "\n".join(whole)
    if not room.holds([asked], choices):
        choices = _one(choices, more)
    for lines in (whole, [*news, asked]):
        if room.holds(lines, choices):
            return "\n".join(lines)
    said = "\n".join(news)
    shown = _most(
        lambda most: shortened(said, most),
        least=NEWS_MIN,
        most=len(said),
        fits=lambda text: room.holds([text, asked], choices),
    )
    return asked if shown is None else f"{shown}\n{asked}"


def _with_names(question: Question, names: Sequence[str], most: int) -> str:
    return question(*(shortened(name, most) for name in names))


def _one_page(room: Room, above: Sequence[str], choices: Sequence[Choice], text: str) -> bool:
    return room.holds([*above, text], choices)


def _first(choices: Sequence[Choice], more: str) -> Menu:
    """The choices that stay on the first page, and the line that turns it."""
    return Menu((*choices[:FIRST], _more(more)))


def _one(choices: Sequence[Choice], more: str) -> Menu:
    return Menu((*choices[:1], _more(more)))


def _more(label: str) -> Choice:
    """The line that turns the page, as the renderer writes it."""
    return Choice(id=str(KEY_NUMBER), label=label, number=KEY_NUMBER)


def _most(
    text: Callable[[int], str], *, least: int, most: int, fits: Callable[[str], bool]
) -> str | None:
    """The text with as many characters of its names as fit, from `most` down to `least`; None
    when not even those do. What fits still fits when it is shorter."""
    if fits(whole := text(most)):
        return whole
    if least > most or not fits(text(least)):
        return None
    low, high = least, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(text(middle)) else (low, middle)
    return text(low)
