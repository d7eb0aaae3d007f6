"""Every definition: reachable, drawn, told apart; and a made-up one is one module and no more."""

import re

import pytest

from dialogs.diagram import graph, mermaid, unreachable
from dialogs.dialog import Dialog
from dialogs.keywords import KEYWORDS
from dialogs.messages import Reply
from dialogs.registry import discover
from dialogs.texts import texts

DIALOGS = sorted(discover().values(), key=lambda dialog: dialog.name)
NAMES = [dialog.name for dialog in DIALOGS]


@pytest.mark.parametrize("dialog", DIALOGS, ids=NAMES)
def test_every_state_can_be_reached(dialog: Dialog) -> None:
    assert unreachable(dialog) == frozenset()


@pytest.mark.parametrize("dialog", DIALOGS, ids=NAMES)
def test_back_never_leads_to_a_secret_or_a_result(dialog: Dialog) -> None:
    for trigger, _, dest in dialog.transitions:
        if trigger == "back":
            assert not dialog.states[dest].secret
            assert not dialog.states[dest].result


@pytest.mark.parametrize("dialog", DIALOGS, ids=NAMES)
def test_the_picture_is_the_table(dialog: Dialog) -> None:
    drawn, shown = graph(dialog), mermaid(dialog, dialog.start)
    assert {node.name for node in drawn.nodes} == set(dialog.states)
    for trigger, source, dest in dialog.transitions:
        assert f"    {source} --> {dest} : {trigger}\n" in shown
    assert f"    class {dialog.start} current\n" in shown
    assert "current" not in mermaid(dialog)
    assert [node.name for node in drawn.nodes if node.start] == [dialog.start]
    assert all(re.fullmatch(r"[a-z_]+", node.name) for node in drawn.nodes)


def test_titles_are_texts() -> None:
    assert all(texts("en").t(dialog.title) == dialog.title for dialog in DIALOGS)


def test_keywords_lead_to_dialogs() -> None:
    for keyword in KEYWORDS:
        for name in (keyword.dialog, keyword.via, keyword.elsewhere):
            assert not name or name in discover()


def test_a_state_without_ask_or_hear_is_refused() -> None:
    dialog = Dialog("odd", title="Odd", start="one", transitions=[("go", "one", "two")])
    with pytest.raises(AssertionError, match="state one cannot ask"):
        dialog.check()
    dialog.ask("one")(lambda view: Reply(text="?"))
    with pytest.raises(AssertionError, match="state one cannot hear"):
        dialog.check()


def test_an_island_is_found() -> None:
    table = [("go", "one", "two"), ("swim", "island", "one")]
    assert unreachable(Dialog("odd", title="Odd", start="one", transitions=table)) == {"island"}
