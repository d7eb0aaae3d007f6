"""Adding a dialog is one module, its transcript and its texts; nothing else is told of it."""

from pathlib import Path

import pytest

from dialogs.diagram import unreachable
from dialogs.registry import discover
from dialogs.session import Session
from tests.dialogs import world
from tests.dialogs.playing import Stage, play

PACKAGE = "tests.dialogs.made_up"
TRANSCRIPT = Path(__file__).parent / "made_up" / "tell_us.txt"


def test_a_dialog_is_found_by_its_module() -> None:
    (found,) = discover(PACKAGE).values()
    assert (found.name, found.start) == ("tell_us", "how")
    assert unreachable(found) == frozenset()
    assert not discover(PACKAGE).keys() & discover().keys()


def test_its_transcript_is_all_it_needs(update: bool) -> None:
    """It stands among the others; a button that names it leads to it."""
    offered = {"tell_us": int(world.NOW.timestamp())}
    stage = Stage(
        dialogs={**discover(), **discover(PACKAGE)},
        session=Session(dialog="home", state="menu", offered_before=offered),
    )
    played = play(TRANSCRIPT, stage)
    if update:
        TRANSCRIPT.write_text(played.text)
    assert played.text.splitlines() == TRANSCRIPT.read_text().splitlines()
    assert {(dialog, state) for dialog, state, _ in played.screens} >= {
        ("tell_us", "how"), ("tell_us", "why"),
    }  # fmt: skip


def test_a_module_without_a_dialog_is_named() -> None:
    with pytest.raises(AssertionError, match=r"tests\.dialogs\.conftest is no dialog"):
        discover("tests.dialogs")
