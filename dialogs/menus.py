"""Choices that are the same for everybody of a shop: made once, and once what follows from them.

A menu's words, numbers, widths and lines depend on the shop's words and on its language, not on who
reads it. So they are worked out when the first one sees it and kept with the programme as loaded
(`Programme.kept`): a changed programme begins anew, and the old one takes its menus along. Nothing
of a person may go in, which is why a menu is made from words alone. Called by dialogs, the engine
and the renderer.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from core.facts import Programme
from dialogs.directions import Layout
from dialogs.messages import Choice
from dialogs.texts import NO_TEXTS, Texts

KEPT_MAX: Final = 1000
"""So much is kept of a language; any more, of numbers nobody foresaw, is made each time."""
LANGUAGES_MAX: Final = 20

P = ParamSpec("P")
R = TypeVar("R")


class Menu(tuple[Choice, ...]):
    """Choices, and what was worked out of them (`derived`)."""

    derived: dict[Any, Any]

    def __new__(cls, choices: Sequence[Choice]) -> "Menu":
        """An empty store beside the choices."""
        made = super().__new__(cls, choices)
        made.derived = {}
        return made


def derived(choices: Sequence[Choice], make: Callable[[Any, Any], R], given: Any = None) -> R:
    """`make(choices, given)`; of a menu only the first time. `given` is hashable, one of few."""
    if type(choices) is not Menu:
        return make(choices, given)
    key = (make, given)
    found: R | None = choices.derived.get(key)
    if found is None:
        found = choices.derived[key] = make(choices, given)
    return found


class Spoken:
    """A programme in one of its languages: its words, and the menus made of them so far.
    `heard`: the languages whose keywords work."""

    __slots__ = ("heard", "kept", "language", "layout", "menus", "own", "timezone", "words")

    def __init__(self, programme: Programme, language: str) -> None:
        self.language: Final = language
        self.timezone: Final = programme.timezone
        self.own: Final = programme.texts.get(language, NO_TEXTS)
        self.words: Final = Texts(language=language, timezone=self.timezone, own=self.own)
        self.kept: Final = self.words.kept
        self.layout: Final[Layout] = self.words.layout
        self.heard: Final = (language, *programme.languages)
        self.menus: Final[dict[Any, Any]] = {}

    def keep(self, key: Hashable, make: Callable[[], R]) -> R:
        """What `make` answered the first time. Nothing of a person goes into it or into the key."""
        found: R | None = self.menus.get(key)
        if found is None:
            found = make()
            if len(self.menus) < KEPT_MAX:
                self.menus[key] = found
        return found


def spoken(programme: Programme, language: str) -> Spoken:
    """The programme in this language, as it was made before."""
    found: Spoken | None = programme.kept.get(language)
    if found is None:
        found = Spoken(programme, language)
        if len(programme.kept) < LANGUAGES_MAX:
            programme.kept[language] = found
    return found


class Speaking(Protocol):
    """What a menu needs of a view."""

    @property
    def spoken(self) -> Spoken: ...


def menu(
    make: Callable[Concatenate[Texts, P], Sequence[Choice]],
) -> Callable[Concatenate[Speaking, P], Menu]:
    """A function of words (and of few other things, none of them personal) becomes one of a view
    that makes its menu once for each shop and language."""

    def made(view: Speaking, /, *args: P.args, **kwargs: P.kwargs) -> Menu:
        assert not kwargs, "what a menu depends on is given by place"
        spoken = view.spoken
        return spoken.keep((make, *args), lambda: Menu(make(spoken.words, *args, **kwargs)))

    return made
