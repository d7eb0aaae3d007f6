"""What a member is called; staff see it at the till."""

from collections.abc import Generator
from typing import Any

from core.members.commands import ChangeName
from core.ports import Command
from dialogs.dialog import Dialog, Done, Outcome, Reject, View, do
from dialogs.messages import Reply
from dialogs.names import read_name
from dialogs.texts import mark

dialog = Dialog("name", title=mark("Name"), start="new", transitions=[], flow=True)


@dialog.ask("new", free=True, words=True)
def ask_new(view: View) -> Reply:
    return Reply(text=view.t("What is your name?"))


@dialog.hear("new")
def hear_new(view: View) -> Generator[Command[Any], Any, Outcome]:
    name = read_name(view.input.text)
    if name is None:
        return Reject(view.t("Enter your name in letters."))
    yield from do(ChangeName(name))
    return Done(view.t("Thank you {name}.", name=name))
