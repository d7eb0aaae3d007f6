"""A member's home: how many points, and where to go. Opens by dialling, `00`, MENU."""

from dialogs.dialog import Call, Dialog, Outcome, View
from dialogs.menus import menu
from dialogs.messages import Choice, Reply
from dialogs.room import name_in_room
from dialogs.texts import Texts, mark

dialog = Dialog("home", title=mark("Home"), start="menu", transitions=[])


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    caller = view.caller
    assert caller.member
    tier = caller.programme.tier(caller.member.tier_id)
    points = view.n("{count} pt", "{count} pts", caller.available)
    standing = view.joined(points, tier.name if tier else "")
    shared, staff = caller.shops is not None, caller.staff is not None
    choices = _choices(view, caller.open_issuances, shared, staff)
    name = name_in_room(view, caller.member.name, standing, choices)
    return Reply(text=f"{name}: {standing}" if name else standing, choices=choices)


@menu
def _choices(words: Texts, waiting: int, shared: bool, staff: bool) -> list[Choice]:
    mine = words.t("My rewards")
    choices = [
        Choice(id="balance", label=words.t("Balance")),
        Choice(id="rewards", label=words.t("Rewards")),
        Choice(id="my_rewards", label=f"{mine} ({waiting})" if waiting else mine, keywords=(mine,)),
        Choice(id="enter_code", label=words.t("Enter a code")),
        Choice(id="my_code", label=words.t("My code")),
        Choice(id="history", label=words.t("History")),
        Choice(id="settings", label=words.t("Settings")),
    ]
    if shared:
        choices.append(Choice(id="programmes", label=words.t("Other shops")))
    if staff:
        choices.append(Choice(id="staff", label=words.t("Staff")))
    return choices


@dialog.hear("menu")
def hear_menu(view: View) -> Outcome:
    return Call(view.picked)
