"""Finding a customer by phone or code: who it is, what they have, and what to do for them."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.errors import CustomerNotFound, LinkChanged, LinkUndoImpossible, SelfAward
from core.members.commands import FindCustomer, ResetPin
from core.members.link_commands import ShowLastLink, UndoLink
from core.ports import Command
from dialogs.choices import no_choice, yes_or_no
from dialogs.customers import customer_line, customer_name, customer_slots
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.room import confirmation
from dialogs.texts import mark
from dialogs.wording import refusal

Asked = Generator[Command[Any], Any, Reply | Outcome]
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
        ("unlink", "shown", "link"),
        ("changed", "link", "link"),
        ("unlinked", "link", "unlinked"),
        ("back", "shown", "who"),
        ("back", "confirm", "shown"),
        ("back", "done", "shown"),
        ("back", "link", "shown"),
        ("back", "unlinked", "who"),
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
        if view.slots["linked"]:
            choices.append(Choice(id="unlink", label=view.t("Undo a link")))
    return Reply(text=f"{customer_line(view)}\n{points}", choices=tuple(choices))


@dialog.hear("shown")
def hear_shown(view: View) -> Outcome:
    if view.picked in ("reset", "unlink"):
        return Move(view.picked)
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


@dialog.ask("link", guards=True)
def ask_link(view: View) -> Asked:
    """What came by the newest link, and what would go back of it."""
    try:
        last = yield from do(ShowLastLink(UUID(view.slots["member"])))
    except (CustomerNotFound, LinkUndoImpossible, SelfAward) as error:
        return Done(refusal(error, view))
    if view.slots.get("link") != [str(last.link_id), last.back]:
        return Move("changed", slots={"link": [str(last.link_id), last.back]})

    def question(who: str) -> str:
        return view.t("Undo the link of {date} with {phone}?", date=view.date(last.at), phone=who)

    phone = view.phone(last.phone) if last.phone else ""
    who = view.joined(last.name, phone) or view.t("another phone")
    rest = ""
    if last.merged:
        rest = view.t(
            "{back} of {points} pts go back.",
            back=view.points(last.back),
            points=view.points(last.points),
        )
    return confirmation(view, question, who, choices=yes_or_no(view), rest=rest)


@dialog.hear("link")
def hear_link(view: View) -> Heard:
    link_id, back = view.slots["link"]
    try:
        undone = yield from do(UndoLink(UUID(view.slots["member"]), UUID(link_id), back))
    except LinkChanged:
        # The question is put again, as it is now.
        return Move("changed")
    except (CustomerNotFound, LinkUndoImpossible, SelfAward) as error:
        return Done(refusal(error, view))
    return Move("unlinked", slots={"back": undone.back, "ref": undone.ref})


@dialog.ask("unlinked", result=True)
def ask_unlinked(view: View) -> Reply:
    back = view.n("{count} pt went back.", "{count} pts went back.", view.slots["back"])
    ref = view.t("Ref {ref}", ref=view.slots["ref"])
    return Reply(text=f"{view.t('The link is undone.')} {back} {ref}")


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    name, ref = customer_name(view), view.slots["ref"]
    return Reply(text=view.t("{name} can set a new PIN now. Ref {ref}", name=name, ref=ref))


dialog.hear("done", "unlinked")(no_choice)
