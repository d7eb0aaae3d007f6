"""Every screen fits: each dialog × language × channel, longest values filled in, page by page.

What is held stands in tests/screens/checking.py and carried.py; `make screens` shows the pages.
"""

import pytest

from gateway.outgoing import hints
from tests.screens.carried import misfits
from tests.screens.channels import segments
from tests.screens.checking import GSM_LANGUAGES
from tests.screens.matrix import Row, Shown, rows, shown
from tests.screens.worst import USUAL

FEW = 7
LISTS = {("my_rewards", "closed")}
SEGMENTS_USUAL = 2
"""A menu with all its choices needs a second one."""
ONE_SEGMENT_SHARE = 0.75


def told(each: Shown, fault: str) -> str:
    place = f"{each.screen.dialog}.{each.screen.state}"
    way = f"{each.screen.case}, {each.screen.how or 'asked'}"
    return f"{place} ({way}): {fault}\n{[page.text for page in each.pages]}"


@pytest.mark.parametrize("row", rows(), ids=str)
def test_every_page_fits_and_cuts_nothing(row: Row) -> None:
    wrong = [told(each, fault) for each in shown(row) for fault in each.faults]
    assert wrong == []


@pytest.mark.parametrize(
    "row", [row for row in rows() if row.channel.kinds and row.filling is not USUAL], ids=str
)
def test_adapters_send_what_carriers_take(row: Row) -> None:
    pages = {
        page.text: (page, each)
        for each in shown(row)
        if each.screen.language == row.language
        for page in each.pages
    }
    wrong = [
        told(each, fault)
        for page, each in pages.values()
        for kind in row.channel.kinds
        for fault in misfits(kind, page, hints(row.language))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "row",
    [row for row in rows() if row.channel.name == "SMS" and row.filling is USUAL],
    ids=str,
)
def test_answers_are_one_segment_when_they_can(row: Row) -> None:
    """Of usual length and in plain letters: most are one, and none but lists more than two."""
    if row.language not in GSM_LANGUAGES:
        return
    counted = [(each, segments(each.pages[0].text)) for each in shown(row) if not each.screen.how]
    long = [
        told(each, f"{count} segments")
        for each, count in counted
        if count > SEGMENTS_USUAL
        and len(each.screen.reply.choices) <= FEW
        and (each.screen.dialog, each.screen.state) not in LISTS
    ]
    assert long == []
    assert sum(count == 1 for _, count in counted) / len(counted) > ONE_SEGMENT_SHARE
