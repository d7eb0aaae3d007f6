"""Small pictures as SVG, drawn on the server from numbers alone. Pure; called by the templates.

No style attribute and no script: colours come from the page's style sheet by class
(docs/security.md 27).
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup

WIDTH: Final = 288
HEIGHT: Final = 36
BAR_WIDTH: Final = 120
BAR_HEIGHT: Final = 8


def sparkline(values: Sequence[int], label: str) -> Markup:
    """A day as an area, one step a value; `label` says it in words to who cannot see it."""
    top, step = max([*values, 1]), WIDTH / max(len(values), 1)
    path, at = f"M0 {HEIGHT}", 0
    for value, run in groupby(values):
        at += len(list(run))
        path += f"V{HEIGHT - round(value / top * (HEIGHT - 2), 1):g}H{round(at * step, 1):g}"
    path += f"V{HEIGHT}Z"
    return _svg(WIDTH, HEIGHT, "spark", label, Markup('<path d="{}"/>').format(path))


def bar(share: float, label: str) -> Markup:
    """A share of one as a bar."""
    filled = round(min(max(share, 0), 1) * BAR_WIDTH, 1)
    rect = Markup('<rect class="{}" width="{}" height="{}"/>').format
    inside = rect("track", BAR_WIDTH, BAR_HEIGHT) + rect("fill", f"{filled:g}", BAR_HEIGHT)
    return _svg(BAR_WIDTH, BAR_HEIGHT, "share", label, inside)


def _svg(width: int, height: int, name: str, label: str, inside: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}</svg>'
    ).format(name, width, height, label, inside)
