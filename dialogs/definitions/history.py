"""The last entries, newest first, one line each: `20 Nov +750 Purchase 50.000`."""

from collections.abc import Generator
from typing import Any, Final
from uuid import UUID

from core.ledger.commands import ShowHistory
from core.ports import Command, HistoryLine
from dialogs.dialog import Dialog, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

LINES: Final = 5
CHAT_LINES: Final = 10

# Translators: What an entry was, one word in a line of the history.
ENTRIES: Final = {
    "earn": mark("Purchase"),
    "bonus": mark("Bonus"),
    "redeem": mark("Reward"),
    "expire": mark("Expired"),
    "refund": mark("Given back"),
    "reverse": mark("Taken back"),
    "merge": mark("Linked"),
}

dialog = Dialog(
    "history", title=mark("History"), start="shown", transitions=[("older", "shown", "shown")]
)


@dialog.ask("shown")
def ask_shown(view: View) -> Generator[Command[Any], Any, Reply]:
    before = view.slots.get("before")
    limit = CHAT_LINES if view.chat else LINES
    lines = yield from do(ShowHistory(before=UUID(before) if before else None, limit=limit + 1))
    if not lines:
        return Reply(text=view.t("No more entries.") if before else view.t("Nothing yet."))
    shown = lines[:limit]
    older = Choice(id=f"older:{shown[-1].id}", label=view.t("Older"), keywords=(view.t("More"),))
    return Reply(
        text="\n".join(_line(view, line) for line in shown),
        choices=(older,) if len(lines) > limit else (),
    )


def _line(view: View, line: HistoryLine) -> str:
    sign = "+" if line.points > 0 else ""
    what = line.detail if line.code == "redeem" and line.detail else ""
    if not what:
        what = f"{view.t(ENTRIES.get(line.code, ENTRIES['bonus']))} {line.detail}".rstrip()
    return f"{view.date(line.at)} {sign}{view.points(line.points)} {what}"


@dialog.hear("shown")
def hear_shown(view: View) -> Outcome:
    return Move("older", slots={"before": view.picked.removeprefix("older:")})
