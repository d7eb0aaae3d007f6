"""Six digits to type on the member's other phone; asking again shows the same ones."""

from collections.abc import Generator
from typing import Any

from core.members.link_commands import ShowLinkCode
from core.ports import Command
from dialogs.choices import no_choice
from dialogs.dialog import Dialog, View, do
from dialogs.messages import Reply
from dialogs.texts import mark

dialog = Dialog("link_code", title=mark("Link a phone"), start="shown", transitions=[])


@dialog.ask("shown", result=True)
def ask_shown(view: View) -> Generator[Command[Any], Any, Reply]:
    code = yield from do(ShowLinkCode())
    return Reply(
        text=view.t(
            "On your other phone send or type: LINK {code}\nNobody else needs it. Until {time}.",
            code=view.code(code.code),
            time=view.time(code.expires_at),
        )
    )


dialog.hear("shown")(no_choice)
