"""Reply → pages that fit. Page is what adapters get; nothing is ever refused for length.

Called by gateway/conversation.py and gateway/delivery.py. Three surfaces: `ussd` and `sms` are
numbered text cut into pages, `chat` is buttons, else list rows, else numbered text. The limits are
those of docs/contract.md ("Numbers and texts") and docs/wire-formats.md section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from dialogs.directions import ordered
from dialogs.menus import derived
from dialogs.messages import Choice, Reply
from dialogs.screen import Room
from gateway.encoding import clean, cut, is_simple, message_room, one_line, plain, units, within
from gateway.paging import Fits, Line, chat_fits, cut_page, sms_fits, ussd_fits

MORE: Final = 98
"""The number, and the id, that turns the page; the engine's own (docs/conversation.md, rule 2)."""

_BUTTONS_MAX: Final = 3
_BUTTON_MAX: Final = 20
_ROWS_MAX: Final = 10
_ROW_MAX: Final = 24
_DETAIL_MAX: Final = 72
_BUTTONS_BODY_MAX: Final = 1024
_BODY_MAX: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """What a channel can show. `reply_in_response`: answers inside the request (USSD).
    `surface` picks the rendering: `ussd` pages, `sms` segments, `chat` buttons and lists.
    `body_max` in bytes.
    `signed`: the carrier's requests prove their origin by themselves. `deeper`: the carrier adds a
    path of its own to our URL. `session_scope`: a carrier's session id is one phone's among all
    channels of the kind, or on its channel alone, where unrelated carriers share the kind."""

    surface: Literal["ussd", "sms", "chat"]
    reply_in_response: bool = False
    septets: int = 182
    ucs2_chars: int = 80
    segments: int = 3
    session_ttl_s: int = 180
    methods: tuple[str, ...] = ("POST",)
    body_max: int = 262_144
    door: Literal["ussd", "wa", "sms"] = "ussd"
    signed: bool = False
    deeper: bool = False
    session_scope: Literal["kind", "channel"] = "kind"


class Hints(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """The renderer's own words in the person's language. `more` stands behind 98 and `back`
    behind 0, `choose` (≤ 20) on the button that opens a list, `joint` between a number and its
    label (Arabic: ` - `). `rtl`: lines run from right to left (dialogs/directions.py)."""

    more: str = "More"
    back: str = "Back"
    choose: str = "Choose"
    joint: str = " "
    rtl: bool = False


ENGLISH: Final = Hints()


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A choice ready to show: `number` typed, `id` tapped. On a chat `short` is the button's or
    row's title and `detail` the row's second line, both within the limits. `line`: number and
    label as numbered text shows them."""

    id: str
    number: int
    label: str
    short: str = ""
    detail: str = ""
    line: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as one channel shows it. `text` is complete for text channels (numbers and all);
    for chats `style` says whether `options` go as buttons or list rows below `text`, and `button`
    is what opens the list. `image`: what a QR picture under `text` holds. `end` is never true
    while there is `more`."""

    text: str
    options: tuple[Option, ...] = ()
    style: Literal["text", "buttons", "list"] = "text"
    button: str = ""
    image: str | None = None
    end: bool = False
    number: int = 1
    more: bool = False

    def __repr__(self) -> str:
        return "Page(•••)"


@cache
def screen(profile: Profile) -> Room:
    """What one page of the channel holds, for those who decide what is said first."""
    if profile.surface == "sms":
        septets, units = message_room(profile.segments)
        return Room(septets=septets, units=units)
    return Room(septets=profile.septets, units=profile.ucs2_chars)


def fit(reply: Reply, profile: Profile, page: int = 1, texts: Hints = ENGLISH) -> Page:
    """The page with this number, from 1; one past the end is the last one."""
    listed = derived(reply.choices, _listed, texts)
    if profile.surface == "chat":
        options = listed.options
        shown = _with_buttons(reply, options, texts) or _as_list(reply, options, page, texts)
    else:
        shown = _on_one_page(reply, listed, profile, texts)
    return shown or _as_text(reply, listed.options, profile, page, texts)


class _Listed(msgspec.Struct, frozen=True):
    """Choices ready to show. `lines`: all of them as a phone shows them below a text; `simple`:
    they take one septet a character."""

    options: tuple[Option, ...]
    lines: str
    simple: bool


def _listed(choices: Sequence[Choice], texts: Hints) -> _Listed:
    options = tuple([_option(choice, place, texts) for place, choice in enumerate(choices, 1)])
    lines = "\n".join([plain(option.line).strip() for option in options])
    return _Listed(options, lines, is_simple(lines))


def _option(choice: Choice, place: int, texts: Hints) -> Option:
    number = place if choice.number is None else choice.number
    label = _tidy(choice.label)
    return Option(
        id=choice.id,
        number=number,
        label=label,
        short=_tidy(choice.short),
        detail=_tidy(choice.detail),
        line=ordered(f"{number}{texts.joint}{label}".strip(), rtl=texts.rtl),
    )


@lru_cache(4096)
def _tidy(text: str) -> str:
    """One clean line. Most labels are the catalogue's, said over and over."""
    return one_line(clean(text))


def _with_buttons(reply: Reply, options: tuple[Option, ...], texts: Hints) -> Page | None:
    titled = tuple(replace(option, short=option.short or option.label) for option in options)
    titles = {option.short.casefold() for option in titled}
    text = _ordered(clean(reply.text).strip(), texts)
    if not 1 <= len(options) <= _BUTTONS_MAX or len(titles) < len(options) or not text:
        return None
    if units(text) > _BUTTONS_BODY_MAX or not all(within(t.short, _BUTTON_MAX) for t in titled):
        return None
    return Page(
        text=_and_footer(text, reply, _BUTTONS_BODY_MAX, texts),
        options=titled,
        style="buttons",
        image=_image(reply),
        end=reply.end,
    )


def _as_list(reply: Reply, options: tuple[Option, ...], page: int, texts: Hints) -> Page | None:
    """List rows, at most ten with the row that turns the page."""
    rows = [row for option in options if (row := _row(option, texts))]
    text = _ordered(clean(reply.text).strip(), texts) or texts.choose
    if not rows or len(rows) < len(options) or units(text) > _BODY_MAX:
        return None
    last = max(1, -(-(len(rows) - 1) // (_ROWS_MAX - 1)))
    number = min(max(page, 1), last)
    first = (number - 1) * (_ROWS_MAX - 1)
    more = number < last
    shown = rows[first : first + _ROWS_MAX - 1] if more else rows[first:]
    if more:
        shown.append(_more(texts))
    return Page(
        text=_and_footer(text if number == 1 else text.partition("\n")[0], reply, _BODY_MAX, texts),
        options=tuple(shown),
        style="list",
        button=texts.choose,
        image=_image(reply) if number == 1 else None,
        end=reply.end and not more,
        number=number,
        more=more,
    )


def _more(texts: Hints) -> Option:
    """The row that turns the page; its number is a key and no choice's."""
    more = one_line(texts.more)
    return Option(id=str(MORE), number=MORE, label=more, short=more, line=f"{MORE} {more}")


def _row(option: Option, texts: Hints) -> Option | None:
    """The option as a row; None when its label would lose words."""
    for title in (option.short, option.label):
        if within(title, _ROW_MAX):
            detail = option.detail or (option.label if option.label != title else "")
            return replace(option, short=title, detail=cut(_ordered(detail, texts), _DETAIL_MAX))
    if not within(option.label, _DETAIL_MAX):
        return None
    return replace(option, short=cut(option.label, _ROW_MAX), detail=option.label)


def _ordered(text: str, texts: Hints) -> str:
    """Every line so that its numbers read right."""
    if text.isascii():
        return text
    return "\n".join(ordered(line, rtl=texts.rtl) for line in text.split("\n"))


def _and_footer(text: str, reply: Reply, most: int, texts: Hints) -> str:
    whole = f"{text}\n\n{_ordered(clean(reply.footer).strip(), texts)}"
    return whole if reply.footer and units(whole) <= most else text


def _image(reply: Reply) -> str | None:
    return reply.media.code if reply.media else None


def _on_one_page(reply: Reply, listed: _Listed, profile: Profile, texts: Hints) -> Page | None:
    """The page of an answer that has only one, as most have: nothing of it has to be cut."""
    simple = is_simple(reply.text)
    said = reply.text if simple else _ordered(plain(reply.text).strip(), texts)
    text = "\n".join([line.strip() for line in said.strip().split("\n")])
    if listed.options:
        text = f"{text}\n{listed.lines}"
    text = text.strip("\n")
    fits = _fits_simply(profile) if simple and listed.simple else _fits(profile)
    if reply.footer:
        footer, is_so = _footer(reply.footer, texts)
        shown = f"{text}\n{footer}".strip("\n")
        if footer and (fits if is_so else _fits(profile))(shown):
            return Page(text=shown, options=listed.options, end=reply.end)
    return Page(text=text, options=listed.options, end=reply.end) if fits(text) else None


def _footer(said: str, texts: Hints) -> tuple[str, bool]:
    """In one line, and whether that is simple."""
    if is_simple(said):
        return one_line(said), True
    line = _ordered(one_line(plain(said)), texts)
    return line, is_simple(line)


def _as_text(
    reply: Reply, options: tuple[Option, ...], profile: Profile, page: int, texts: Hints
) -> Page:
    """Numbered text; a choice's number is in its line."""
    tidy = clean if profile.surface == "chat" else plain
    said = _ordered(tidy(reply.text).strip(), texts).split("\n")
    lines: list[Line[Option]] = [Line(line.strip()) for line in said]
    lines += [Line(tidy(option.line).strip(), option) for option in options]
    shown = cut_page(
        lines,
        page,
        fits=_fits(profile),
        turn=tidy(f"{MORE} {_tidy(texts.more)}"),
        footer=_ordered(one_line(tidy(reply.footer)), texts),
        back=tidy(f"0 {_tidy(texts.back)}"),
    )
    return Page(
        text=shown.text,
        options=tuple(shown.marks),
        image=_image(reply) if profile.surface == "chat" and shown.number == 1 else None,
        end=reply.end and not shown.more,
        number=shown.number,
        more=shown.more,
    )


@cache
def _fits(profile: Profile) -> Fits:
    if profile.surface == "ussd":
        return ussd_fits(profile.septets, profile.ucs2_chars)
    return sms_fits(profile.segments) if profile.surface == "sms" else chat_fits(_BODY_MAX)


@cache
def _fits_simply(profile: Profile) -> Fits:
    """The same, of a text for phones that takes one septet a character."""
    most = screen(profile).septets
    return lambda text: len(text) <= most
