"""The shop's day so far, and taking back one's own award of the last 15 minutes."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from core.earning.commands import ShowToday, UndoPurchase
from core.errors import NotEnoughPoints, UndoTooLate
from core.ports import Command, Today
from core.purchases import Purchase
from core.values import Money
from dialogs.choices import no_choice, yes_or_no
from dialogs.dialog import Dialog, Done, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.room import confirmation, label_in_room
from dialogs.texts import mark
from dialogs.wording import refusal

UNDO: Final = timedelta(minutes=15)
PREFIX: Final = "undo:"
Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "today",
    title=mark("Today"),
    start="shown",
    staff=True,
    transitions=[
        ("undo", "shown", "confirm"),
        ("undone", "confirm", "done"),
        ("back", "confirm", "shown"),
        ("back", "done", "shown"),
    ],
)


@dialog.ask("shown")
def ask_shown(view: View) -> Generator[Command[Any], Any, Reply]:
    today = yield from do(ShowToday())
    undoable = [p for p in today.mine if not p.reversed and view.now - p.at <= UNDO]
    return Reply(
        text="\n".join(_lines(view, today)),
        choices=tuple(_choice(view, purchase) for purchase in undoable),
    )


def _lines(view: View, today: Today) -> list[str]:
    spent = view.money(Money(today.amount_minor, view.caller.programme.currency))
    return [
        view.n(
            "Today {count} award: {amount}",
            "Today {count} awards: {amount}",
            today.awards,
            amount=spent,
        ),
        view.t("{points} pts given", points=view.points(today.points)),
        view.t(
            "{redeemed} redeemed, {used} used, {joined} joined",
            redeemed=today.redemptions, used=today.uses, joined=today.joins,
        ),
    ]  # fmt: skip


def _choice(view: View, purchase: Purchase) -> Choice:
    name, points = purchase.member_name or view.t("Customer"), view.points(purchase.points)
    at = view.time(purchase.at)

    def label(name: str) -> str:
        return view.t("Undo {name} +{points} {time}", name=name, points=points, time=at)

    return Choice(
        id=f"{PREFIX}{purchase.id}",
        label=label_in_room(view, label, name),
        short=view.t("Undo {time}", time=at),
        detail=f"{name} +{points}",
        keywords=(purchase.ref,),
    )


@dialog.hear("shown")
def hear_shown(view: View) -> Heard:
    picked = view.picked.removeprefix(PREFIX)
    today = yield from do(ShowToday())
    purchase = next((p for p in today.mine if str(p.id) == picked), None)
    if purchase is None:
        return Reject(view.t("That is not a choice."))
    slots = {"purchase": picked, "name": purchase.member_name, "points": purchase.points}
    return Move("undo", slots=slots)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(name: str) -> str:
        points = view.points(view.slots["points"])
        return view.t("Take {points} pts back from {name}?", points=points, name=name)

    name = view.slots["name"] or view.t("Customer")
    return confirmation(view, question, name, choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    try:
        undone = yield from do(UndoPurchase(UUID(view.slots["purchase"])))
    except NotEnoughPoints:
        return Done(view.t("Those points are spent already."))
    except UndoTooLate as error:
        return Done(refusal(error, view))
    return Move("undone", slots={"ref": undone.ref})


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    return Reply(text=view.t("Undone. The customer is told. Ref {ref}", ref=view.slots["ref"]))


dialog.hear("done")(no_choice)
