"""What an input means where the conversation stands: a key, a choice, a keyword, typed text.

Digits, words and taps are one (docs/conversation.md, rule 3): a choice is found by its number, its
label, its short label, its keywords or a tap. Called by the engine, before any dialog runs.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final, Literal

import msgspec

from core.values import ascii_digits
from dialogs.choices import BACK, STAMP
from dialogs.dialog import State
from dialogs.keywords import Keyword, key_words, keyword, normal, phrases
from dialogs.messages import Input
from dialogs.session import Session

MORE: Final = "98"
"""The key that turns the page, and the id of the list row that does."""

NUMBER: Final = re.compile(r"[0-9]{1,4}\Z")
TOO_OLD_S: Final = 24 * 3600
NEAR: Final = 0.8
NEAR_MIN_CHARS: Final = 4

Key = Literal["back", "home", "more"]


class Pressed(msgspec.Struct, frozen=True):
    """One of the engine's own keys: `0`, `00`, `98`."""

    key: Key


class Picked(msgspec.Struct, frozen=True):
    """An offered choice, by its own id."""

    id: str


class Said(msgspec.Struct, frozen=True):
    """A keyword and the rest of the text."""

    keyword: Keyword
    argument: str = ""


class Typed(msgspec.Struct, frozen=True):
    """Text that the state itself waits for."""


class Stale(msgspec.Struct, frozen=True):
    """A button that is not offered now. `known`: it was, once; `too_old`: over a day ago."""

    id: str
    known: bool
    too_old: bool


class Unclear(msgspec.Struct, frozen=True):
    """Nothing of the above."""


Heard = Pressed | Picked | Said | Typed | Stale | Unclear


class Ear(msgspec.Struct, frozen=True, kw_only=True):
    """Where an input is heard. `state` None: nothing was asked yet. `languages`: those whose
    keywords work besides the English ones: the session's, and all that the programme offers."""

    session: Session
    state: State | None
    languages: tuple[str, ...]
    now: datetime

    def hear(self, said: Input) -> Heard:
        """What the input means here."""
        if said.choice is not None and said.choice != MORE:
            return self._tap(said.choice)
        text = ascii_digits(said.text) if said.choice is None else MORE
        if not text and self.state is None:
            # Dialled, as most conversations begin.
            return Unclear()
        if NUMBER.match(text):
            # No keyword is a number, which most answers are.
            return self._key(text) or self._text(text, int(text))
        found = keyword(text, *self.languages)
        if found and (found[0].at_once or self.state is None):
            return Said(*found)
        return self._text(text, None)

    def _tap(self, tapped: str) -> Heard:
        for offered in self.session.offered:
            if offered.id == tapped:
                return self._picked(tapped)
        at = self.session.offered_before.get(tapped)
        too_old = at is not None and int(self.now.timestamp()) - at > TOO_OLD_S
        return Stale(tapped, known=at is not None, too_old=too_old)

    def _picked(self, offered_id: str) -> Heard:
        own = offered_id.partition(STAMP)[0]
        return Pressed("back") if own == BACK else Picked(own)

    def _key(self, text: str) -> Heard | None:
        state = self.state
        if text == "00":
            return Pressed("home")
        if text == "0":
            first = state is not None and state.zero and not self.session.rejects
            return Typed() if first else Pressed("back")
        if text == MORE and self.session.paged:
            waits = state is not None and (state.free or state.secret) and not state.lists
            return None if waits else Pressed("more")
        return None

    def _text(self, text: str, number: int | None) -> Heard:
        state = self.state
        if state is None:
            return Unclear()
        if state.secret:
            return Typed()
        picked = self._label(text) if number is None else self._number(number)
        if state.lists:
            return picked or self._word(text) or Typed()
        if picked or state.free:
            return picked or (self._only_word(text) if state.words else None) or Typed()
        return self._word(text) or self._near(text) or Unclear()

    def _number(self, number: int) -> Heard | None:
        for offered in self.session.offered:
            if offered.number == number:
                return self._picked(offered.id)
        return None

    def _label(self, text: str) -> Heard | None:
        typed = normal(text)
        if not typed:
            return None
        found = {name: offered_id for offered_id, name in self._names()}.get(typed)
        return self._picked(found) if found else None

    def _names(self) -> Iterable[tuple[str, str]]:
        for offered in self.session.offered:
            for name in (offered.label, offered.short, *offered.keywords):
                yield offered.id, normal(name)

    def _word(self, text: str) -> Heard | None:
        key = key_words(*self.languages).get(normal(text))
        if key == "back":
            return Pressed("back")
        if key == "more" and self.session.paged:
            return Pressed("more")
        found = keyword(text, *self.languages)
        return Said(*found) if found else None

    def _only_word(self, text: str) -> Heard | None:
        """A keyword with nothing behind it, or a word for a key."""
        word = self._word(text)
        return None if isinstance(word, Said) and word.argument else word

    def _near(self, text: str) -> Heard | None:
        """A close spelling, when it is close to one thing only; never where value can move."""
        typed = normal(text)
        if len(typed) < NEAR_MIN_CHARS or (self.state and self.state.guards):
            return None
        near = {offered_id for offered_id, name in self._names() if alike(typed, name)}
        words = {
            word.dialog: word
            for phrase, word in phrases(*self.languages).items()
            if not word.does and not word.argument and alike(typed, phrase)
        }
        if len(near) + len(words.keys() - near) != 1:
            return None
        return self._picked(near.pop()) if near else Said(words.popitem()[1])


def alike(typed: str, name: str) -> bool:
    """Close enough to be the same word, mistyped."""
    if abs(len(typed) - len(name)) > 2 or len(name) < NEAR_MIN_CHARS:
        return False
    return SequenceMatcher(None, typed, name).ratio() >= NEAR
