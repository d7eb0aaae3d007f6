"""STOP: no more messages, at once, for members and strangers alike; only START undoes it.

The word STOP is itself the yes to the question below (dialogs/keywords.py), which is only seen by
those who come from the settings.
"""

from collections.abc import Generator
from typing import Any

from core.members.commands import StopMessages
from core.ports import Command
from dialogs.choices import yes_or_no
from dialogs.dialog import Dialog, Done, Outcome, View, do
from dialogs.messages import Reply
from dialogs.room import confirmation
from dialogs.texts import mark

dialog = Dialog(
    "stop",
    title=mark("Stop messages"),
    start="confirm",
    members=False,
    anywhere=True,
    transitions=[],
)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(shop: str) -> str:
        return view.t("Stop all messages from {shop}?", shop=shop)

    if view.caller.shops is not None:
        text = view.t("Stop the messages of all shops from this number?")
        return Reply(text=text, choices=yes_or_no(view))
    return confirmation(view, question, view.caller.programme.name, choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Generator[Command[Any], Any, Outcome]:
    if view.caller.stopped and view.chat:
        # It was confirmed before, and is confirmed once (docs/conversation.md, rule 12).
        return Done(end=True)
    yield from do(StopMessages())
    said = view.t("You will get no more messages from us. Send START to get them again.")
    if view.caller.shops is not None:
        said = view.t("No shop will write to you from here. Send START to get messages again.")
    return Done(said, end=True)
