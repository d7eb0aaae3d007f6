"""In which order a phone shows the characters of one line: the Unicode Bidirectional Algorithm.

The rules of UAX 9 that a line without embeddings, isolates and paired brackets needs, written by
their names, so that what is claimed of Arabic lines is checked by the algorithm and not by eye.
"""

import unicodedata
from itertools import groupby
from typing import Final

STRONG: Final = {"L": "L", "R": "R", "AL": "R"}
NEUTRAL: Final = frozenset({"B", "S", "WS", "ON", "BN"})


def shown(line: str, base: str | None = None) -> str:
    """The line from left to right as it is shown. `base`: "L" or "R" where the phone fixes it,
    None where the first letter decides (rules P2 and P3)."""
    classes = [unicodedata.bidirectional(char) for char in line]
    first = next((STRONG[kind] for kind in classes if kind in STRONG), "L")
    base = base or first
    _weak(classes, base)
    _neutral(classes, base)
    levels = [_level(kind, base) for kind in classes]
    order = list(range(len(line)))
    for level in range(max(levels, default=0), 0, -1):  # L2
        order = _reversed(order, levels, level)
    return "".join(line[place] for place in order).replace("\u200e", "")


def _reversed(order: list[int], levels: list[int], least: int) -> list[int]:
    """The places with every run of at least this level turned around."""
    turned: list[int] = []
    for is_high, found in groupby(order, lambda place: levels[place] >= least):
        run = list(found)
        turned += reversed(run) if is_high else run
    return turned


def _weak(classes: list[str], base: str) -> None:
    for place, kind in enumerate(classes):
        if kind == "NSM":  # W1
            classes[place] = classes[place - 1] if place else base
    _numbers_after(classes, base, "AL", "AN")  # W2
    classes[:] = ["R" if kind == "AL" else kind for kind in classes]  # W3
    for place in range(1, len(classes) - 1):
        _separate(classes, place)
    for kind, run in _runs(classes):
        if kind == "ET":  # W5, W6
            edges = classes[max(run[0] - 1, 0)], classes[min(run[-1] + 1, len(classes) - 1)]
            classes[run[0] : run[-1] + 1] = ["EN" if "EN" in edges else "ON"] * len(run)
    classes[:] = ["ON" if kind in ("ES", "CS") else kind for kind in classes]  # W6
    _numbers_after(classes, base, "L", "L")  # W7


def _numbers_after(classes: list[str], base: str, letter: str, become: str) -> None:
    """European numbers whose nearest letter before is of this class."""
    before = base
    for place, kind in enumerate(classes):
        if kind in STRONG:
            before = kind
        elif kind == "EN" and before == letter:
            classes[place] = become


def _separate(classes: list[str], place: int) -> None:
    """W4: one separator between two numbers belongs to them."""
    around = {classes[place - 1], classes[place + 1]}
    if classes[place] in ("CS", "ES") and around == {"EN"}:
        classes[place] = "EN"
    elif classes[place] == "CS" and around == {"AN"}:
        classes[place] = "AN"


def _runs(classes: list[str]) -> list[tuple[str, list[int]]]:
    places = range(len(classes))
    return [(kind, list(run)) for kind, run in groupby(places, lambda place: classes[place])]


def _neutral(classes: list[str], base: str) -> None:
    """N1 and N2: neutrals between two of one direction take it, others the line's."""
    sides = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
    places = groupby(range(len(classes)), lambda place: classes[place] in NEUTRAL)
    for is_neutral, found in places:
        run = list(found)
        if is_neutral:
            before = sides[classes[run[0] - 1]] if run[0] else base
            after = sides[classes[run[-1] + 1]] if run[-1] + 1 < len(classes) else base
            side = before if before == after else base
            classes[run[0] : run[-1] + 1] = [side] * len(run)


def _level(kind: str, base: str) -> int:
    if base == "L":  # I1
        return {"L": 0, "R": 1}.get(kind, 2)
    return 1 if kind == "R" else 2  # I2
