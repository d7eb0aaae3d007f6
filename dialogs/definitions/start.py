"""START: messages are welcome again. To those who never stopped them it is a greeting."""

from collections.abc import Generator
from typing import Any

from core.members.commands import StartMessages
from core.ports import Command
from dialogs.choices import yes_or_no
from dialogs.dialog import Dialog, Home, Outcome, View, do
from dialogs.messages import Reply
from dialogs.room import confirmation
from dialogs.texts import mark

dialog = Dialog(
    "start",
    title=mark("Get messages"),
    start="confirm",
    members=False,
    anywhere=True,
    transitions=[],
)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(shop: str) -> str:
        return view.t("Get messages from {shop} again?", shop=shop)

    return confirmation(view, question, view.caller.programme.name, choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Generator[Command[Any], Any, Outcome]:
    if not view.caller.stopped:
        return Home()
    yield from do(StartMessages())
    return Home(view.t("You will get our messages again."))
