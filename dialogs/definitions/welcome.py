"""The first screen of someone who is not a member: what this is, and how to join."""

from core.facts import Programme
from dialogs.dialog import Call, Dialog, Move, Outcome, View
from dialogs.menus import menu
from dialogs.messages import Choice, Reply
from dialogs.texts import Texts, mark

dialog = Dialog(
    "welcome",
    title=mark("Welcome"),
    start="menu",
    members=False,
    transitions=[("explain", "menu", "how"), ("back", "how", "menu")],
)


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    member = view.caller.member
    if member and member.status == "blocked":
        line = view.t("Your membership is closed. Ask at the till.")
    elif member and member.status == "left":
        line = view.t("Welcome back. Join again any time.")
    else:
        line = view.t("Earn points on every visit.")
    several = len(view.caller.programme.languages) > 1
    shared, staff = view.caller.shops is not None, view.caller.staff is not None
    return Reply(text=line, choices=_choices(view, several, shared, staff, member is None))


@menu
def _choices(
    words: Texts, several: bool, shared: bool, staff: bool, stranger: bool
) -> list[Choice]:
    choices = [
        Choice(id="join", label=words.t("Join free"), keywords=(words.t("Join"),)),
        Choice(id="how", label=words.t("How it works")),
    ]
    if several:
        choices.append(Choice(id="language", label=words.t("Language")))
    if shared:
        choices.append(Choice(id="programmes", label=words.t("Other shops")))
    if staff:
        choices.append(Choice(id="staff", label=words.t("Staff")))
    if stranger:
        choices.append(Choice(id="link", label=words.t("I am a member")))
    return choices


@dialog.ask("how")
def ask_how(view: View) -> Reply:
    programme = view.caller.programme
    earn = view.t(
        "Every {currency} you spend earns {points} pts.",
        currency=view.currency(programme.currency),
        points=_per_unit(programme),
    )
    spend = view.t("Points buy rewards. Joining is free.")
    return Reply(
        text=f"{earn}\n{spend}",
        choices=(Choice(id="join", label=view.t("Join free"), keywords=(view.t("Join"),)),),
    )


def _per_unit(programme: Programme) -> str:
    """Points per currency unit, which are kept in hundredths: `10`, `0.5`."""
    whole, rest = divmod(programme.points_per_unit, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


@dialog.hear("menu", "how")
def hear(view: View) -> Outcome:
    return Move("explain") if view.picked == "how" else Call(view.picked)
