"""Which messages a member wants, kind by kind; all of them can be stopped here too."""

from collections.abc import Generator
from typing import Any, Final

from core.members.commands import ChangeNotices
from core.ports import Command
from dialogs.dialog import Call, Dialog, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

# Translators: A kind of message, behind which stands on or off.
KINDS: Final = {
    "earn": mark("Points earned"),
    "reward": mark("Rewards"),
    "expiry": mark("Points expiring"),
}

dialog = Dialog(
    "messages",
    title=mark("Messages"),
    start="menu",
    transitions=[("changed", "menu", "menu")],
)


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    wanted = _wanted(view)
    choices = [
        Choice(
            id=f"kind:{kind}",
            label=f"{view.t(name)}: {view.t('on') if kind in wanted else view.t('off')}",
            keywords=(view.t(name),),
        )
        for kind, name in KINDS.items()
    ]
    if view.caller.stopped:
        choices.append(Choice(id="start", label=view.t("Get messages")))
    else:
        choices.append(Choice(id="stop", label=view.t("Stop all")))
    return Reply(text=view.t("Messages you get. Pick one to change it."), choices=tuple(choices))


def _wanted(view: View) -> tuple[str, ...]:
    """The kinds wanted: as just changed, else as the member has them."""
    member = view.caller.member
    assert member
    return tuple(view.slots.get("wanted", member.notices))


@dialog.hear("menu")
def hear_menu(view: View) -> Generator[Command[Any], Any, Outcome]:
    if view.picked in ("stop", "start"):
        return Call(view.picked)
    picked, before = view.picked.removeprefix("kind:"), _wanted(view)
    wanted = tuple(kind for kind in KINDS if (kind in before) != (kind == picked))
    yield from do(ChangeNotices(wanted))
    return Move("changed", slots={"wanted": list(wanted)})
