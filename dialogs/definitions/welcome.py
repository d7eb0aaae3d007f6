"""The first screen of someone who is not a member: what this is, and how to join."""

from core.facts import Programme
from dialogs.dialog import Call, Dialog, Move, Outcome, View
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

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
    choices = [
        Choice(id="join", label=view.t("Join free"), keywords=(view.t("Join"),)),
        Choice(id="how", label=view.t("How it works")),
    ]
    if len(view.caller.programme.languages) > 1:
        choices.append(Choice(id="language", label=view.t("Language")))
    if view.caller.shops is not None:
        choices.append(Choice(id="programmes", label=view.t("Other shops")))
    if view.caller.staff:
        choices.append(Choice(id="staff", label=view.t("Staff")))
    if member is None:
        choices.append(Choice(id="link", label=view.t("I am a member")))
    return Reply(text=line, choices=tuple(choices))


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
