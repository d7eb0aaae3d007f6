"""Six digits that tell the cashier who this is; asking again shows the same ones."""

from collections.abc import Generator
from typing import Any

from core.ports import Command
from core.rewards.commands import ShowMyCode
from dialogs.choices import no_choice
from dialogs.dialog import Dialog, View, do
from dialogs.messages import Media, Reply
from dialogs.texts import mark

dialog = Dialog("my_code", title=mark("My code"), start="shown", transitions=[])


@dialog.ask("shown", result=True)
def ask_shown(view: View) -> Generator[Command[Any], Any, Reply]:
    code = yield from do(ShowMyCode())
    return Reply(
        text=view.t(
            "Show this to the cashier: {code}\nIt works once, until {time}.",
            code=view.code(code.code),
            time=view.time(code.expires_at),
        ),
        media=Media(kind="qr", code=code.code),
    )


dialog.hear("shown")(no_choice)
