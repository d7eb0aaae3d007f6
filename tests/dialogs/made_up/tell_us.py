"""Tell us how it was: one to three, and a word about it when it was not good. Made up for tests."""

from collections.abc import Generator
from typing import Any

from core.ledger.commands import ShowBalance
from core.ports import Command
from dialogs.dialog import Dialog, Done, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply

Asked = Generator[Command[Any], Any, Reply]

dialog = Dialog(
    "tell_us",
    title="Tell us",
    start="how",
    transitions=[("bad", "how", "why"), ("back", "why", "how")],
)


@dialog.ask("how")
def ask_how(view: View) -> Asked:
    balance = yield from do(ShowBalance())
    points = view.points(balance.available)
    return Reply(
        text=view.t("You have {points} pts. How was it?", points=points),
        choices=(Choice(id="good", label="Good"), Choice(id="bad", label="Not good")),
    )


@dialog.hear("how")
def hear_how(view: View) -> Outcome:
    return Move("bad") if view.picked == "bad" else Done("We are glad.", end=True)


@dialog.ask("why", free=True)
def ask_why(view: View) -> Reply:
    return Reply(text="What went wrong?")


@dialog.hear("why")
def hear_why(view: View) -> Outcome:
    if len(view.input.text) < 3:
        return Reject("Say it in a few words.")
    return Done("Thank you.")
