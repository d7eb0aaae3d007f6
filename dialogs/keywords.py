"""Words that lead somewhere from anywhere: BAL, REWARDS, REDEEM 2, CODE x, STOP …

First word counts, the rest is the argument. Each entry's words are one text of the catalogue, so
every language adds its own. The English ones always work, and so do those of every language that
the programme offers, since who has not chosen one yet writes in their own: no word means different
things in two languages (a test sees to it). Called by hearing and running.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from dialogs.texts import catalogue, mark

HEARD_MAX_CHARS: Final = 200
"""Longer texts name no choice and no keyword; they are cut before anything is compared."""
UNSEEN: Final = ("Cf", "Cs")
"""Unicode categories that are dropped: formatting characters and halves of pairs."""
ARABIC: Final = re.compile("[\u0600-\u06ff]")
UNWRITTEN: Final = re.compile("[\u0640\u064b-\u065f\u0670]")
"""What Arabic leaves out as often as it writes it: vowel signs, hamzas on their seats, tatweel."""
SAME_LETTERS: Final = str.maketrans({"ٱ": "ا", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك"})
"""Arabic letters that people write for one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """`words` lead to `dialog` ("" is home). `argument`: what the rest of the text becomes: a slot
    named so, or the first thing `heard` there. `via`: the dialog that `0` goes back to. `does`: a
    yes to what it asks. `at_once`: obeyed from any screen, even one that waits for free text.
    `elsewhere`: the dialog that hears an argument which is not this shop's name."""

    words: str
    dialog: str
    argument: str = ""
    via: str = ""
    does: bool = False
    at_once: bool = False
    elsewhere: str = ""


HEARD: Final = "heard"

# Translators: Words that people send to get somewhere, separated by commas, in any case. Give
# those of your language; the English ones work anyway.
KEYWORDS: Final = (
    Keyword(
        words=mark("STOP,STOPALL,UNSUBSCRIBE,OPTOUT,OPT OUT,ARRET,ARRÊT"),
        dialog="stop",
        does=True,
        at_once=True,
    ),
    Keyword(words=mark("START,UNSTOP"), dialog="start", does=True),
    Keyword(words=mark("MENU,HI,HELLO,HEY,HOME"), dialog=""),
    Keyword(words=mark("HELP,INFO"), dialog="help"),
    Keyword(words=mark("JOIN,REGISTER"), dialog="join", elsewhere="enter_code"),
    Keyword(words=mark("BAL,BALANCE,POINTS"), dialog="balance"),
    Keyword(words=mark("REWARDS,CATALOGUE"), dialog="rewards"),
    Keyword(words=mark("REDEEM,CLAIM"), dialog="reward", argument="wanted", via="rewards"),
    Keyword(words=mark("CODE"), dialog="enter_code", argument=HEARD),
    Keyword(words=mark("LINK"), dialog="link", argument=HEARD),
    Keyword(words=mark("CARD,QR,MY CODE"), dialog="my_code"),
    Keyword(words=mark("MY REWARDS,VOUCHERS"), dialog="my_rewards"),
    Keyword(words=mark("HISTORY,STATEMENT"), dialog="history"),
    Keyword(words=mark("LANG,LANGUAGE"), dialog="language", argument=HEARD),
    Keyword(words=mark("SETTINGS"), dialog="settings"),
    Keyword(words=mark("MY DATA"), dialog="my_data"),
    Keyword(words=mark("LEAVE,DELETE ME"), dialog="leave"),
    Keyword(words=mark("STAFF"), dialog="staff"),
    Keyword(words=mark("SHOPS,PROGRAMMES"), dialog="programmes"),
)

# Translators: Words for the keys 0 (back), 00 (home has its own entry) and 98 (more).
KEY_WORDS: Final = {"back": mark("BACK"), "more": mark("MORE,NEXT")}


def normal(text: str) -> str:
    """A text as it is compared: NFKC, casefolded, no invisible characters, single spaces.

    Turkish dotted and dotless i count as i (security.md, S1). Arabic is compared without what
    most people leave out: `إيقاف`, `ايقاف` and `ايقــاف` are one word.
    """
    if text.isascii() and text.isprintable():
        # As most texts are; what follows would change nothing else of them.
        return " ".join(text[:HEARD_MAX_CHARS].casefold().split())
    shown = unicodedata.normalize("NFKC", visible(text))
    folded = shown.casefold().replace("\u0307", "").replace("ı", "i")
    if ARABIC.search(folded):
        bare = UNWRITTEN.sub("", unicodedata.normalize("NFKD", folded))
        folded = unicodedata.normalize("NFC", bare).translate(SAME_LETTERS)
    return " ".join(folded.split())


@cache
def phrases(*languages: str) -> dict[str, Keyword]:
    """Every keyword of these languages and of English, as it is compared."""
    return {word: kept for kept in KEYWORDS for word in _spoken(kept.words, languages)}


@cache
def key_words(*languages: str) -> dict[str, str]:
    """Words for the fixed keys: `back` and `more`."""
    return {word: key for key, words in KEY_WORDS.items() for word in _spoken(words, languages)}


def _spoken(words: str, languages: tuple[str, ...]) -> Iterator[str]:
    for spoken in (words, *(catalogue(language).gettext(words) for language in languages)):
        yield from map(normal, spoken.split(","))


def keyword(text: str, *languages: str) -> tuple[Keyword, str] | None:
    """The keyword that a text begins with, and the rest of the text as it was typed."""
    words = visible(text).split()
    if not words:
        return None
    known = phrases(*languages)
    for count in (2, 1):
        found = known.get(normal(" ".join(words[:count])))
        if found and len(words) >= count:
            return found, " ".join(words[count:])
    return None


def visible(text: str) -> str:
    """A text cut to what is ever compared: no invisible characters, none that cannot be stored,
    and a space for each that controls."""
    if text.isascii() and text.isprintable():
        return text[:HEARD_MAX_CHARS]
    categories = ((char, unicodedata.category(char)) for char in text[:HEARD_MAX_CHARS])
    return "".join(" " if kind == "Cc" else char for char, kind in categories if kind not in UNSEEN)
