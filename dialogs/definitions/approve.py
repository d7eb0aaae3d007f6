"""Approving rewards that wait: oldest first, who, what, when; or refusing one with a reason."""

from collections.abc import Generator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.errors import IssuanceClosed, IssuanceUnknown, SelfAward
from core.facts import Issuance
from core.ports import Command
from core.rewards.commands import Approve, ListReserved
from core.rewards.commands import Reject as Refuse
from dialogs.choices import shortened
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.offers import BUTTON
from dialogs.reasons import REASONS
from dialogs.room import confirmation, label_in_room
from dialogs.texts import mark
from dialogs.wording import refusal

BUTTONS: Final = 3
PREFIX: Final = "issuance:"
Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "approve",
    title=mark("Approve rewards"),
    start="waiting",
    staff=True,
    transitions=[
        ("show", "waiting", "one"),
        ("refuse", "one", "reason"),
        ("settled", "one", "done"),
        ("settled", "reason", "done"),
        ("back", "one", "waiting"),
        ("back", "reason", "one"),
    ],
)


@dialog.ask("waiting")
def ask_waiting(view: View) -> Generator[Command[Any], Any, Reply]:
    waiting = yield from do(ListReserved())
    if not waiting:
        return Reply(text=view.t("Nothing waits for approval."))
    few = len(waiting) <= BUTTONS
    return Reply(
        text=view.t("Oldest first:"),
        choices=tuple(_choice(view, issuance, few=few) for issuance in waiting),
    )


def _choice(view: View, issuance: Issuance, *, few: bool) -> Choice:
    """Where there are few, buttons would have no room for the customer: they get no short label."""
    name, asked = issuance.member_name or view.t("Customer"), view.until(issuance.reserved_at)

    def label(reward: str, name: str) -> str:
        return view.joined(reward, f"{name} {asked}")

    return Choice(
        id=f"{PREFIX}{issuance.id}",
        label=label_in_room(view, label, issuance.reward_name, name),
        short="" if few else shortened(issuance.reward_name, BUTTON),
        detail=view.joined(name, asked),
        keywords=(issuance.ref,),
    )


@dialog.hear("waiting")
def hear_waiting(view: View) -> Heard:
    picked = view.picked.removeprefix(PREFIX)
    waiting = yield from do(ListReserved())
    issuance = next((i for i in waiting if str(i.id) == picked), None)
    if issuance is None:
        return Reject(view.t("That is not a choice."))
    slots = {
        "issuance": picked,
        "reward": issuance.reward_name,
        "name": issuance.member_name,
        "points": issuance.points,
        "at": issuance.reserved_at.isoformat(),
    }
    return Move("show", slots=slots)


@dialog.ask("one", guards=True)
def ask_one(view: View) -> Reply:
    def question(reward: str, name: str) -> str:
        return view.t("{reward} for {name}?", reward=reward, name=name)

    slots = view.slots
    rest = view.t(
        "{points} pts, asked {when}.",
        points=view.points(slots["points"]),
        when=view.until(datetime.fromisoformat(slots["at"])),
    )
    choices = (
        Choice(id="approve", label=view.t("Approve"), number=1),
        Choice(id="refuse", label=view.t("Reject"), number=2),
    )
    name = slots["name"] or view.t("Customer")
    return confirmation(view, question, slots["reward"], name, choices=choices, rest=rest)


@dialog.hear("one")
def hear_one(view: View) -> Heard:
    if view.picked == "refuse":
        return Move("refuse")
    return (yield from _settle(view, Approve(UUID(view.slots["issuance"]))))


@dialog.ask("reason", guards=True)
def ask_reason(view: View) -> Reply:
    return Reply(
        text=view.t("Why not? The customer is told."),
        choices=tuple(Choice(id=code, label=view.t(text)) for code, text in REASONS.items()),
    )


@dialog.hear("reason")
def hear_reason(view: View) -> Heard:
    return (yield from _settle(view, Refuse(UUID(view.slots["issuance"]), view.picked)))


def _settle(view: View, command: Approve | Refuse) -> Heard:
    try:
        settled = yield from do(command)
    except (IssuanceClosed, IssuanceUnknown, SelfAward) as error:
        return Done(refusal(error, view))
    return Move("settled", slots={"state": settled.state, "ref": settled.ref})


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    slots = view.slots
    if slots["state"] == "rejected":
        said = view.t("Rejected: {reward}. The points are back.", reward=slots["reward"])
    else:
        said = view.t("Approved: {reward}. The customer has the code.", reward=slots["reward"])
    return Reply(
        text=f"{said} {view.t('Ref {ref}', ref=slots['ref'])}",
        choices=(Choice(id="approve", label=view.t("Next")),),
    )


@dialog.hear("done")
def hear_done(view: View) -> Outcome:
    return Call("approve", instead=True)
