"""Leaving: a confirmation that says what becomes of the points; they wait for a return."""

from collections.abc import Generator
from typing import Any

from core.members.commands import Leave
from core.ports import Command
from dialogs.choices import yes_or_no
from dialogs.dialog import Dialog, Done, Outcome, View, do
from dialogs.messages import Reply
from dialogs.texts import mark

dialog = Dialog("leave", title=mark("Leaving"), start="confirm", transitions=[])


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    programme, wallet = view.caller.programme, view.caller.wallet
    assert wallet
    if not wallet.available:
        text = view.t("Leave {shop}? You can come back any time.", shop=programme.name)
        return Reply(text=text, choices=yes_or_no(view))
    kept = view.n(
        "Leave {shop}? Your {points} pts wait {count} day for you.",
        "Leave {shop}? Your {points} pts wait {count} days for you.",
        programme.rejoin_days,
        shop=programme.name,
        points=view.points(wallet.available),
    )
    return Reply(text=kept, choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Generator[Command[Any], Any, Outcome]:
    ref = yield from do(Leave())
    return Done(view.t("You have left. Come back any time. Ref {ref}", ref=ref), end=True)
