"""Lines of text → the page of them that fits a screen or a message. Called by gateway/render.py.

Pages break between lines; a line is cut, at a word boundary, only where no page can hold it or
where the page would stay half empty. Each page's encoding is its own: one line in Arabic makes
only its page short.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from gateway.encoding import is_gsm, segments, septets, units

Mark = TypeVar("Mark")

Fits = Callable[[str], bool]
"""Whether a text fits one page. A text that fits must still fit when its end is cut off."""


class Line(msgspec.Struct, Generic[Mark], frozen=True):
    """A line; `mark` is what begins on it (a choice), which keeps it whole where possible."""

    text: str
    mark: Mark | None = None


class Cut(msgspec.Struct, Generic[Mark], frozen=True):
    """A page: its text, what begins on it, its number from 1, and whether another follows."""

    text: str
    marks: list[Mark]
    number: int
    more: bool


def ussd_fits(septets_max: int, units_max: int) -> Fits:
    """One USSD screen in GSM-7, or in UCS-2 where the text needs it."""

    def fits(text: str) -> bool:
        if len(text) > septets_max:
            return False
        return septets(text) <= septets_max if is_gsm(text) else units(text) <= units_max

    return fits


def sms_fits(segments_max: int) -> Fits:
    """One message of at most so many segments."""
    return lambda text: len(text) <= 160 * segments_max and segments(text) <= segments_max


def chat_fits(units_max: int) -> Fits:
    """One chat message."""
    return lambda text: len(text) <= units_max and units(text) <= units_max


def cut_page(
    lines: Sequence[Line[Mark]], wanted: int, *, fits: Fits, turn: str, footer: str, back: str
) -> Cut[Mark]:
    """The page with this number, or the last one. `turn` is the last line of a page that has a
    next one; `footer`, else on later pages `back`, is shown where there is room."""
    if not fits(f"{turn}\n{turn}"):
        turn = turn.split(" ", 1)[0]
    number, (shown, more) = next(
        found
        for found in enumerate(_pages(list(lines), turn, fits), 1)
        if found[0] >= wanted or not found[1][1]
    )
    end = [turn] if more else []
    hint = footer or (back if number > 1 else "")
    if hint and fits(_joined(shown, hint, *end)):
        end.insert(0, hint)
    marks = [line.mark for line in shown if line.mark is not None]
    return Cut(_joined(shown, *end), marks, number, more)


def _pages(
    lines: list[Line[Mark]], turn: str, fits: Fits
) -> Iterator[tuple[list[Line[Mark]], bool]]:
    """The lines of each page, and whether another follows."""
    while not fits(_joined(lines)):
        taken, lines = _take(lines, turn, fits)
        yield taken, True
    yield lines, False


def _take(
    lines: list[Line[Mark]], turn: str, fits: Fits
) -> tuple[list[Line[Mark]], list[Line[Mark]]]:
    """As many lines as fit, the last one perhaps only in part; and the rest."""
    for place, line in enumerate(lines):
        taken = lines[:place]
        if fits(_joined([*taken, line], turn)):
            continue
        at = _split(taken, line, turn, fits)
        if not at:
            return taken, lines[place:]
        head = Line(line.text[:at].rstrip(), line.mark)
        tail: Line[Mark] = Line(line.text[at:].lstrip())
        return [*taken, head], [tail, *lines[place + 1 :]]
    return lines, []


def _split(taken: list[Line[Mark]], line: Line[Mark], turn: str, fits: Fits) -> int:
    """Where to cut a line that does not fit; 0: not at all, it opens the next page.

    An empty page takes at least one character, so every text comes to its end.
    """
    if taken:
        half_empty = fits(_joined([*taken, *taken], turn))
        if line.mark is not None or (fits(_joined([line], turn)) and not half_empty):
            return 0
    low, high = 0, len(line.text)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(_joined([*taken, Line(line.text[:middle])], turn)):
            low = middle
        else:
            high = middle
    if line.text[low].isspace() and _between_words(line.text, low + 1) == low:
        return low
    boundary = _between_words(line.text, low)
    if boundary > 0:
        return boundary
    return 0 if taken else max(low, 1)


def _between_words(text: str, before: int) -> int:
    """The last blank before this place that parts words, not the groups of a number or a code; 0
    or less when there is none."""
    at = text.rfind(" ", 1, before)
    while at > 0 and text[at - 1].isdigit() and text[at + 1 : at + 2].isdigit():
        at = text.rfind(" ", 1, at)
    return at


def _joined(lines: Sequence[Line[Mark]], *end: str) -> str:
    return "\n".join([*(line.text for line in lines), *end]).strip("\n")
