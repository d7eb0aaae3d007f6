"""Every dialog as people meet it, line by line; every state of it, on one screen of a phone."""

from functools import cache
from pathlib import Path

import pytest
import smsutil

from dialogs.messages import Reply
from dialogs.registry import discover
from tests.dialogs.playing import play

TRANSCRIPTS = Path(__file__).parent / "transcripts"
CASES = sorted(TRANSCRIPTS.rglob("*.txt"))
SCREEN_SEPTETS = 182
FEW = 7
SAID_FIRST = {
    "notices_first", "says_a_result_again", "newer_news", "locked_before_it_is_asked",
}  # fmt: skip
"""Where news stands above a screen that fits by itself, so that it needs a second page."""

played = cache(play)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_transcript(path: Path, update: bool) -> None:
    now = played(path).text
    if update:
        path.write_text(now)
    assert now.splitlines() == path.read_text().splitlines()


def test_every_dialog_has_a_transcript() -> None:
    assert {path.parent.name for path in CASES} == set(discover())


def test_every_state_is_seen() -> None:
    seen = {(dialog, state) for path in CASES for dialog, state, _ in played(path).screens}
    states = {(dialog.name, state) for dialog in discover().values() for state in dialog.states}
    passed_through = {("join", "language")}
    assert states - seen <= passed_through


def plainly(reply: Reply) -> str:
    """A reply as USSD shows it, without the hints that are left out where the screen is full."""
    return "\n".join([reply.text, *(f"{c.number} {c.label}" for c in reply.choices)])


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_screens_with_few_choices_fit_one_page(path: Path) -> None:
    long = {
        (dialog, state): plainly(reply)
        for dialog, state, reply in played(path).screens
        if len(reply.choices) <= FEW
        and smsutil.is_valid_gsm(plainly(reply))
        and len(smsutil.encode(plainly(reply))) > SCREEN_SEPTETS
    }
    assert long == {} or path.stem in SAID_FIRST
