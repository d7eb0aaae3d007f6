"""Bars with their spread as an SVG picture. Called by the bench's report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 860
NAME: Final = 190
ROW: Final = 26
HEAD: Final = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One stack: the median of its rounds, and the lowest and highest of them."""

    name: str
    low: float
    middle: float
    high: float
    ours: bool


def draw(bars: Sequence[Bar], title: str) -> str:
    """The picture; readable on light and on dark ground."""
    top = max((bar.high for bar in bars), default=1.0)
    height = HEAD + ROW * len(bars) + 12
    rows = "\n".join(_row(bar, HEAD + ROW * place, top) for place, bar in enumerate(bars))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"
  aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="13">
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
<text x="12" y="26" font-size="15" font-weight="600" fill="#1d2733">{escape(title)}</text>
{rows}
</svg>
"""


def _row(bar: Bar, y: int, top: float) -> str:
    def at(value: float) -> float:
        return NAME + value / top * (WIDTH - NAME - 90)

    colour = "#0b7a75" if bar.ours else "#b8c0c8"
    middle = y + ROW / 2
    return (
        f'<text x="12" y="{middle + 4}" fill="#1d2733">{escape(bar.name)}</text>'
        f'<rect x="{NAME}" y="{y + 4}" width="{at(bar.middle) - NAME:.0f}" height="{ROW - 8}" '
        f'rx="2" fill="{colour}"/>'
        f'<line x1="{at(bar.low):.0f}" x2="{at(bar.high):.0f}" y1="{middle}" y2="{middle}" '
        f'stroke="#1d2733"/>'
        f'<text x="{at(bar.high) + 8:.0f}" y="{middle + 4}" fill="#1d2733">{bar.middle:,.0f}</text>'
    )
