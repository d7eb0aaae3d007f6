"""What is kept about a member, all of it, in plain lines."""

from collections.abc import Generator
from typing import Any

from core.members.commands import MyData, ShowMyData
from core.ports import Command
from dialogs.dialog import Call, Dialog, Outcome, View, do
from dialogs.languages import NAMES
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

dialog = Dialog("my_data", title=mark("My data"), start="shown", transitions=[])


@dialog.ask("shown")
def ask_shown(view: View) -> Generator[Command[Any], Any, Reply]:
    data = yield from do(ShowMyData())
    return Reply(
        text="\n".join(_lines(view, data)),
        choices=(
            Choice(id="history", label=view.t("History")),
            Choice(id="leave", label=view.t("Leave")),
        ),
    )


def _lines(view: View, data: MyData) -> list[str]:
    member, wallet = data.member, view.caller.wallet
    lines = [view.t("What we keep:")]
    if member.name:
        lines.append(member.name)
    lines += [address.value for address in data.addresses]
    lines.append(
        view.t("Language: {language}", language=NAMES.get(member.language, member.language))
    )
    lines.append(view.t("Member since {date}", date=view.date(member.joined_at)))
    if wallet:
        lines.append(view.n("{count} visit", "{count} visits", wallet.visits))
    return lines


@dialog.hear("shown")
def hear_shown(view: View) -> Outcome:
    return Call(view.picked)
