"""Finding a customer by phone or code: who it is, what they have, and what to do for them."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.members.commands import FindCustomer, ResetPin
from core.ports import Command
from dialogs.choices import no_choice, yes_or_no
from dialogs.customers import customer_line, customer_name, customer_slots
from dialogs.dialog import Call, Dialog, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.room import confirmation
from dialogs.texts import mark

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "find_customer",
    title=mark("Find a customer"),
    start="who",
    staff=True,
    flow=True,
    transitions=[
        ("found", "who", "shown"),
        ("reset", "shown", "confirm"),
        ("done", "confirm", "done"),
        ("back", "shown", "who"),
        ("back", "confirm", "shown"),
        ("back", "done", "shown"),
    ],
)


@dialog.ask("who", free=True)
def ask_who(view: View) -> Reply:
    return Reply(text=view.t("Customer's phone or code?"))


@dialog.hear("who")
def hear_who(view: View) -> Heard:
    found = yield from do(FindCustomer(view.input.text))
    return Move("found", slots=customer_slots(found))


@dialog.ask("shown")
def ask_shown(view: View) -> Reply:
    staff, points = view.caller.staff, view.n("{count} pt", "{count} pts", view.slots["available"])
    choices = [Choice(id="award", label=view.t("Award a purchase"), keywords=(view.t("Award"),))]
    if staff and staff.role == "manager":
        choices.append(Choice(id="reset", label=view.t("Reset PIN")))
    return Reply(text=f"{customer_line(view)}\n{points}", choices=tuple(choices))


@dialog.hear("shown")
def hear_shown(view: View) -> Outcome:
    if view.picked == "reset":
        return Move("reset")
    return Call("award", slots=dict(view.slots))


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(name: str) -> str:
        return view.t("Take {name}'s PIN away?", name=name)

    return confirmation(view, question, customer_name(view), choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    ref = yield from do(ResetPin(UUID(view.slots["member"])))
    return Move("done", slots={"ref": ref})


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    name, ref = customer_name(view), view.slots["ref"]
    return Reply(text=view.t("{name} can set a new PIN now. Ref {ref}", name=name, ref=ref))


dialog.hear("done")(no_choice)
