"""A member's home: how many points, and where to go. Opens by dialling, `00`, MENU."""

from dialogs.dialog import Call, Dialog, Outcome, View
from dialogs.messages import Choice, Reply
from dialogs.room import name_in_room
from dialogs.texts import mark

dialog = Dialog("home", title=mark("Home"), start="menu", transitions=[])


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    caller = view.caller
    assert caller.member
    tier = caller.programme.tier(caller.member.tier_id)
    points = view.n("{count} pt", "{count} pts", caller.available)
    standing = view.joined(points, tier.name if tier else "")
    choices = _choices(view)
    name = name_in_room(view, caller.member.name, standing, choices)
    return Reply(text=f"{name}: {standing}" if name else standing, choices=choices)


def _choices(view: View) -> tuple[Choice, ...]:
    waiting = view.caller.open_issuances
    mine = view.t("My rewards")
    choices = [
        Choice(id="balance", label=view.t("Balance")),
        Choice(id="rewards", label=view.t("Rewards")),
        Choice(id="my_rewards", label=f"{mine} ({waiting})" if waiting else mine, keywords=(mine,)),
        Choice(id="enter_code", label=view.t("Enter a code")),
        Choice(id="my_code", label=view.t("My code")),
        Choice(id="history", label=view.t("History")),
        Choice(id="settings", label=view.t("Settings")),
    ]
    if view.caller.shops is not None:
        choices.append(Choice(id="programmes", label=view.t("Other shops")))
    if view.caller.staff:
        choices.append(Choice(id="staff", label=view.t("Staff")))
    return tuple(choices)


@dialog.hear("menu")
def hear_menu(view: View) -> Outcome:
    return Call(view.picked)
