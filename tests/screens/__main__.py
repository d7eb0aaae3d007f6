"""`python -m tests.screens`: walk every screen and write the page that shows them."""

import sys
from os.path import relpath

from tests.screens.report import FOLDER, build


def main() -> int:
    """0 when every page fits."""
    report = build(say=_progress)
    count = sum(count.pages for count in report.counts.values())
    _progress("")
    print(f"{count} pages, {report.faults} faults: {relpath(FOLDER / 'index.html')}")
    return min(report.faults, 1)


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


sys.exit(main())
