"""How much fits one USSD screen, where a question must stand on the first page with its choices.

Renderers cut pages; here it is only decided what is said first and how much of a long name. A
screen holds 182 characters of GSM-7, 80 where one is outside it (docs/contract.md). What is not
ASCII counts as outside, which errs on the short side. Called by dialogs and by the engine.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from dialogs.choices import KEY_NUMBER, shortened
from dialogs.dialog import View
from dialogs.messages import Choice, Reply

SCREEN_CHARS: Final = 182
SCREEN_UNITS: Final = 80
NAME_MIN: Final = 12
"""A name keeps this much while the shop's name stands above it; only then the shop's goes."""
NAME_LEAST: Final = 4
JOINT: Final = " "
"""What stands between a number and its label."""
TWO_SEPTETS: Final = re.compile(r"[\^{}\\\[~\]|]")
FIRST: Final = 3
"""So many choices of a menu stay on its first page whatever is said above it."""
NEWS_MIN: Final = 8


def fits_screen(lines: Sequence[str], choices: Sequence[Choice] = ()) -> bool:
    """True when the lines and the choices below them are one screen."""
    text = "\n".join([*lines, *(f"{_number(choice)}{JOINT}{choice.label}" for choice in choices)])
    if text.isascii():
        return len(text) + len(TWO_SEPTETS.findall(text)) <= SCREEN_CHARS
    return len(text.encode("utf-16-le")) // 2 <= SCREEN_UNITS


def _number(choice: Choice) -> int:
    return 9 if choice.number is None else choice.number


def confirmation(
    view: View,
    question: Callable[..., str],
    *names: str,
    choices: tuple[Choice, ...],
    rest: str = "",
) -> Reply:
    """A question about `names` with its choices on the first page, however long they are.

    `rest` stands below it where all of it fits the screen, else only where room is left.
    """
    whole = question(*names)
    shop = view.t("{shop} staff", shop=view.caller.programme.name)
    lines = [whole, rest] if rest else [whole]
    if view.chat or fits_screen([shop, *lines], choices):
        return Reply(text="\n".join(lines), choices=choices)
    longest = max(map(len, names), default=0)
    for heading, least in (([shop], NAME_MIN), ([], NAME_LEAST)):
        for most in range(longest, least - 1, -1):
            asked = question(*(shortened(name, most) for name in names))
            if fits_screen([*heading, asked], choices):
                return Reply(text=asked, choices=choices, footer=rest)
    return Reply(text=whole, choices=choices, footer=rest)


def name_in_room(view: View, name: str, standing: str, choices: Sequence[Choice]) -> str:
    """As much of a name as leaves room for the first choices of the menu below it; "" for none."""
    shop = shortened(view.caller.programme.name, NAME_MIN)
    for most in range(len(name), NAME_LEAST - 1, -1):
        shown = shortened(name, most)
        if view.chat or fits_screen([shop, f"{shown}: {standing}"], _first_page(choices)):
            return shown
    return ""


def above_menu(heading: str, news: Sequence[str], menu: str, choices: Sequence[Choice]) -> str:
    """What stands above a menu, of which the first choices stay on the first page: for that the
    menu's own line gives way to news, and the ends of the news and of the shop's name."""
    first = _first_page(choices)
    if fits_screen([heading, *news, menu], first):
        return "\n".join([heading, *news, menu])
    said = "\n".join(news) or menu
    for shop in (heading, shortened(heading, NAME_MIN)):
        least = NEWS_MIN if news else len(said)
        for most in range(len(said), least - 1, -1):
            lines = [shop, shortened(said, most)]
            if fits_screen(lines, first):
                return "\n".join(lines)
    return "\n".join([heading, *news, menu])


def _first_page(choices: Sequence[Choice]) -> list[Choice]:
    return [*choices[:FIRST], Choice(id=str(KEY_NUMBER), label="More", number=KEY_NUMBER)]
