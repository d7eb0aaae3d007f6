"""The report: one page of phone screens to look through, everything in one file.

Called by `make screens` (tests/screens/__main__.py) and by its test. Of every state it keeps, for
each language, channel and kind of words, the first screen and the fullest one, and whatever has a
fault; the counts are of all that was walked.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dialogs.directions import layout
from dialogs.languages import NAMES
from tests.screens.channels import segments, taken
from tests.screens.matrix import Row, Shown, rows, shown
from tests.screens.walking import DIALOGS

FOLDER: Final = Path(__file__).parent / "report"
PAGE: Final = Path(__file__).parent / "page"
ROWS_SHOWN: Final = 10


@dataclass(slots=True)
class Count:
    """What one language on one channel came to."""

    screens: int = 0
    pages: int = 0
    faults: int = 0
    fullest: int = 0
    one_segment: int = 0
    usual: int = 0


@dataclass(slots=True)
class Report:
    """What the page shows: `screens` in the order of dialogs and states, `counts` of all."""

    screens: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)

    @property
    def faults(self) -> int:
        """How many pages are over a limit or cut something."""
        return sum(count.faults for count in self.counts.values())

    def add(self, row: Row, found: Iterable[Shown]) -> None:
        """One row of the matrix."""
        kept: dict[tuple[str, str, int], Shown] = {}
        count = self.counts.setdefault((row.language, row.channel.name), Count())
        for each in found:
            if each.screen.language != row.language:
                continue
            _counted(count, each)
            place = (each.screen.dialog, each.screen.state)
            kept.setdefault((*place, 0), each)
            if fullness(each) > fullness(kept.setdefault((*place, 1), each)):
                kept[(*place, 1)] = each
            if each.faults:
                kept[(*place, 2 + len(kept))] = each
        distinct = {id(each): each for each in kept.values()}
        fullest = {id(each) for (_, _, kind), each in kept.items() if kind == 1}
        self.screens += [
            _described(row, each, fullest=key in fullest) for key, each in distinct.items()
        ]

    def page(self) -> str:
        """The whole report as one file."""
        order = [name for name in ("home", "welcome") if name in DIALOGS]
        order += [name for name in sorted(DIALOGS) if name not in order]
        data = {
            "languages": {
                code: [NAMES.get(code, code), layout(code).rtl]
                for code in dict.fromkeys(language for language, _ in self.counts)
            },
            "channels": list(dict.fromkeys(channel for _, channel in self.counts)),
            "dialogs": [*order, "notice"],
            "counts": [
                [language, channel, *(getattr(count, name) for name in Count.__slots__)]
                for (language, channel), count in self.counts.items()
            ],
            "screens": self.screens,
        }
        written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return (
            (PAGE / "index.html")
            .read_text()
            .replace("/* style */", (PAGE / "report.css").read_text())
            .replace("/* script */", (PAGE / "report.js").read_text())
            .replace("/* data */", written.replace("<", "\\u003c"))
        )


def build(folder: Path = FOLDER, say: Callable[[str], None] = lambda line: None) -> Report:
    """Walk everything and write `index.html`; `say` is told how far it is."""
    report, every = Report(), rows()
    for place, row in enumerate(every, 1):
        say(f"{place} of {len(every)}: {row}")
        report.add(row, shown(row))
        shown.cache_clear()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(report.page())
    return report


def fullness(each: Shown) -> tuple[int, float]:
    """By how many pages there are, then by how much of its room the fullest takes."""
    return len(each.pages), max(used / most for used, most in _rooms(each))


def _rooms(each: Shown) -> list[tuple[int, int]]:
    return [taken(page, each.channel.profile) for page in each.pages]


def _counted(count: Count, each: Shown) -> None:
    count.screens += 1
    count.pages += len(each.pages)
    count.faults += len(each.faults)
    count.fullest = max(count.fullest, *(used * 100 // most for used, most in _rooms(each)))
    if each.screen.filling == "usual":
        count.usual += 1
        count.one_segment += segments(each.pages[0].text) == 1


def _described(row: Row, each: Shown, *, fullest: bool) -> dict[str, Any]:
    screen = each.screen
    state = DIALOGS[screen.dialog].states.get(screen.state) if screen.dialog in DIALOGS else None
    marks = [name for name in ("guards", "secret", "free") if state and getattr(state, name)]
    return {
        "language": row.language, "channel": row.channel.name, "dialog": screen.dialog,
        "state": screen.state, "filling": screen.filling, "how": screen.how, "case": screen.case,
        "fullest": fullest, "marks": marks, "faults": list(each.faults),
        "pages": [
            {
                "text": page.text, "used": used, "most": most, "style": page.style,
                "options": [
                    [option.short, option.detail] for option in page.options[:ROWS_SHOWN]
                ] if page.style != "text" else [],
                "button": page.button, "image": bool(page.image), "number": page.number,
                "segments": segments(page.text) if row.channel.profile.surface == "sms" else 0,
            }
            for page, (used, most) in zip(each.pages, _rooms(each), strict=True)
        ],
    }  # fmt: skip
