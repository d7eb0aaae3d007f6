"""What must hold of every page of every answer; each fault is one line of words.

Called by the tests, which want none, and by the report, which shows them in red.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from dialogs.directions import MARK, ordered
from dialogs.messages import Reply
from gateway.encoding import clean, one_line, plain
from gateway.outgoing import KEPT_SEGMENTS, hints
from gateway.render import Hints, Page, Profile, fit
from tests.screens.channels import Channel, is_gsm, segments, taken, units
from tests.screens.walking import NOTICE, Screen
from tests.screens.worst import FILLINGS, WHOLE

BUTTONS, BUTTON, ROWS, ROW, DETAIL = 3, 20, 10, 24, 72
PAGES_MAX: Final = 60
NAME_SEEN: Final = 5
"""So much of a name tells that it is one."""
CUT: Final = ".…"
"""What the house puts where a name was cut (dialogs/choices.py, gateway/render.py)."""
GSM_LANGUAGES: Final = frozenset({"en", "sn", "nd"})
GSM_FILLINGS: Final = frozenset({"usual", "longest"})
SPLIT_GROUPS: Final = re.compile(r"\S*[0-9] [0-9]")
PLAIN_TEXT: Final = ("ussd", "sms")
FOREIGN: Final = re.compile("[\u0600-\u06ff\u200e]")
"""Letters of names that people have and of languages: no text of ours in Latin letters."""
SMS: Final = Profile(surface="sms", segments=KEPT_SEGMENTS)
READ_FIRST: Final = frozenset({("join", "consent_again")})
"""What is agreed to must be read whole, link and all, before there is anything to agree with."""


def pages(screen: Screen, channel: Channel) -> list[Page]:
    """All pages, turned one by one as the engine does."""
    found: list[Page] = []
    while not found or (found[-1].more and len(found) < PAGES_MAX):
        page = fit(screen.reply, channel.profile, len(found) + 1, hints(screen.language))
        found.append(page)
    return found


def faults(screen: Screen, channel: Channel, shown: list[Page]) -> Iterator[str]:
    """All that is wrong with these pages."""
    texts = hints(screen.language)
    yield from _missing(screen.reply, shown)
    yield from _first_page(screen, channel, shown)
    yield from _cuts(screen, shown)
    for page in shown:
        yield from _room(screen, channel, page, texts)
        if page.style == "text":
            yield from _lines(channel, page, texts)
        else:
            yield from _tappable(page)
    if all(page.style == "text" for page in shown):
        yield from _words(screen.reply, channel, shown, texts)


def _missing(reply: Reply, shown: list[Page]) -> Iterator[str]:
    """Every choice once, in order, with its number; the numbers run on."""
    asked = [(choice.id, choice.number) for choice in reply.choices]
    offered = [(o.id, o.number) for page in shown for o in page.options if o.id != "98"]
    if asked != offered:
        yield f"choices are {offered}, not {asked}"
    if [page.number for page in shown] != list(range(1, len(shown) + 1)) or shown[-1].more:
        yield "pages without end"
    if reply.end != shown[-1].end or any(page.end for page in shown[:-1]):
        yield "does not end with its last page"


def _first_page(screen: Screen, channel: Channel, shown: list[Page]) -> Iterator[str]:
    """A question stands with its answers; where anything typed is one, no key turns a page."""
    first = shown[0]
    if screen.waits and first.more:
        yield "goes on behind a page that no key turns"
    if screen.guards and channel.profile.surface == "ussd" and not screen.waits:
        yield from _question(screen, channel, first)
    at_menu = screen.state == "menu" and screen.dialog in ("home", "welcome")
    if at_menu and channel.profile.surface == "ussd" and not first.options:
        yield "a first page without anything to choose"
    if screen.dialog == NOTICE and first.more:
        yield "a message goes on behind a page that nobody turns"
    if screen.reply.keep and fit(Reply(text=screen.reply.text), SMS).more:
        yield "what is worth keeping is more than one message by SMS"
    if len(shown) >= PAGES_MAX:
        yield f"{len(shown)} pages"


def _question(screen: Screen, channel: Channel, first: Page) -> Iterator[str]:
    """Of screens below the standard's, those in Arabic are too small for a name and two numbers
    of fifteen digits."""
    if (screen.dialog, screen.state) in READ_FIRST:
        return
    if first.more and not channel.small:
        yield "a question whose answer moves value is not one page"
    if not first.options and (not channel.small or screen.language in GSM_LANGUAGES):
        yield "a question whose answer moves value stands without its Yes"


def _room(screen: Screen, channel: Channel, page: Page, texts: Hints) -> Iterator[str]:
    used, most = taken(page, channel.profile)
    if used > most:
        yield f"page {page.number} takes {used} of {most}"
    if channel.profile.surface == "sms" and segments(page.text) > channel.profile.segments:
        yield f"page {page.number} takes {segments(page.text)} messages"
    if not page.text.strip():
        yield f"page {page.number} is empty"
    latin = screen.language in GSM_LANGUAGES and screen.filling in GSM_FILLINGS
    own = FOREIGN.sub("", page.text)
    if latin and channel.profile.surface in PLAIN_TEXT and not is_gsm(own):
        yield f"page {page.number} is not GSM-7"
    for line in page.text.split("\n"):
        if ordered(line, rtl=texts.rtl) != line:
            yield f"page {page.number} has a number that is read in the wrong order: {line!r}"


def _lines(channel: Channel, page: Page, texts: Hints) -> Iterator[str]:
    """A choice's number and label stay together, as one line."""
    tidy = clean if channel.profile.surface == "chat" else plain
    lines = page.text.split("\n")
    for option in page.options:
        line = tidy(f"{option.number}{texts.joint}{option.label}").strip()
        if ordered(line, rtl=texts.rtl) not in lines:
            yield f"page {page.number} cuts the choice {line!r}"
    if page.more and not lines[-1].startswith("98"):
        yield f"page {page.number} does not say how to go on"


def _tappable(page: Page) -> Iterator[str]:
    """Buttons and rows as WhatsApp takes them (docs/wire-formats.md section 8)."""
    titles = [option.short for option in page.options]
    few, room = (BUTTONS, BUTTON) if page.style == "buttons" else (ROWS, ROW)
    if not 1 <= len(titles) <= few:
        yield f"page {page.number} has {len(titles)} {page.style}"
    if page.style == "buttons" and len({title.casefold() for title in titles}) < len(titles):
        yield f"page {page.number} has two buttons of one title"
    for option in page.options:
        if not 0 < units(option.short) <= room or option.short != option.short.strip():
            yield f"page {page.number} has the title {option.short!r}"
        if page.style == "list" and units(option.detail) > DETAIL:
            yield f"page {page.number} has the detail {option.detail!r}"
        if len(option.id) > 200:
            yield f"page {page.number} has the id {option.id!r}"
    if page.style == "list" and not 0 < units(page.button) <= BUTTON:
        yield f"page {page.number} opens its list by {page.button!r}"


def _words(reply: Reply, channel: Channel, shown: list[Page], texts: Hints) -> Iterator[str]:
    """The pages say every word of the answer, whole and in order."""
    tidy = clean if channel.profile.surface == "chat" else plain
    lines = [tidy(reply.text)]
    lines += [f"{c.number}{texts.joint}{tidy(one_line(c.label))}" for c in reply.choices]
    lines = [unmarked(line) for line in lines]
    said = [word for page in shown for word in _said(page, reply, texts)]
    wanted = " ".join(lines).split()
    if said != wanted:
        odd = next((s for s, w in zip(said, wanted, strict=False) if s != w), "the end")
        yield f"a word is cut or lost at {odd!r}"
    ends = set(accumulate(len(words.split()) for line in lines for words in line.split("\n")))
    for place in accumulate(len(_said(page, reply, texts)) for page in shown[:-1]):
        halves = " ".join(wanted[place - 1 : place + 1])
        if place not in ends and SPLIT_GROUPS.match(halves):
            yield f"a number is cut: {halves!r}"


def _said(page: Page, reply: Reply, texts: Hints) -> list[str]:
    """The words of a page without the renderer's own lines."""
    lines = page.text.split("\n")
    if page.more:
        lines.pop()
    hint = unmarked(plain(reply.footer or f"0 {texts.back}"))
    if lines and unmarked(lines[-1]) in (hint, one_line(hint)):
        lines.pop()
    return unmarked(" ".join(lines)).split()


def unmarked(text: str) -> str:
    """The text without the marks that keep its numbers in order."""
    return text.replace(MARK, "")


def _cuts(screen: Screen, shown: list[Page]) -> Iterator[str]:
    """A name is whole, or ends in the sign that it was cut; never within a character."""
    filling = next(filling for filling in FILLINGS if filling.name == screen.filling)
    said = [screen.reply.text, *(choice.label for choice in screen.reply.choices)]
    said += [part for page in shown for o in page.options for part in (o.short, o.detail)]
    for text in dict.fromkeys(said):
        for sentence in (filling.shop, filling.member, filling.reward, filling.tier):
            at = text.find(sentence[:NAME_SEEN]) if sentence else -1
            while at >= 0:
                yield from _cut(text[at:], filling.name)
                at = text.find(sentence[:NAME_SEEN], at + 1)


def _cut(text: str, filling: str) -> Iterator[str]:
    whole = [name for name in WHOLE[filling] if name[:NAME_SEEN] == text[:NAME_SEEN]]
    if any(text.startswith(name) for name in whole):
        return
    longest = max(whole, key=lambda name: _common(text, name))
    kept = _common(text, longest)
    if text[kept : kept + 1] not in CUT or not text[kept : kept + 1]:
        yield f"a name is cut without a sign: {text[: kept + 2]!r}"
    elif _joins(longest, kept):
        yield f"a name is cut within a character: {text[: kept + 1]!r}"


def _common(text: str, name: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(text, name, strict=False)) if a != b), len(text))


def _joins(name: str, at: int) -> bool:
    """Whether the character here belongs to the one before it."""
    after, before = name[at : at + 1], name[at - 1 : at]
    return bool(after) and (
        unicodedata.category(after)[0] == "M"
        or after in "\u200d\ufe0f"
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )
