"""Leaving: a confirmation that says what becomes of the points; they wait for a return."""

from collections.abc import Generator
from typing import Any

from core.members.commands import Leave
from core.ports import Command
from dialogs.choices import yes_or_no
from dialogs.dialog import Dialog, Done, Outcome, View, do
from dialogs.messages import Reply
from dialogs.room import confirmation
from dialogs.texts import mark

dialog = Dialog("leave", title=mark("Leaving"), start="confirm", transitions=[])


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(shop: str) -> str:
        return view.t("Leave {shop}?", shop=shop)

    programme, available = view.caller.programme, view.caller.available
    rest = view.t("You can come back any time.")
    if available:
        rest = view.n(
            "Your {points} pts wait {count} day for you.",
            "Your {points} pts wait {count} days for you.",
            programme.rejoin_days,
            points=view.points(available),
        )
    return confirmation(view, question, programme.name, choices=yes_or_no(view), rest=rest)


@dialog.hear("confirm")
def hear_confirm(view: View) -> Generator[Command[Any], Any, Outcome]:
    ref = yield from do(Leave())
    return Done(view.t("You have left. Come back any time. Ref {ref}", ref=ref), end=True)
