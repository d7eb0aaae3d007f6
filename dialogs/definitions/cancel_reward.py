"""Giving back a reward that still waits for staff: a confirmation, then the points are back."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.errors import IssuanceClosed, IssuanceUnknown
from core.ports import Command
from core.rewards.commands import CancelIssuance
from dialogs.choices import yes_or_no
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.texts import mark
from dialogs.wording import refusal

dialog = Dialog(
    "cancel_reward",
    title=mark("Cancel a reward"),
    start="confirm",
    transitions=[("cancelled", "confirm", "done")],
)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    return Reply(text=view.t("Cancel this reward? Its points come back."), choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Generator[Command[Any], Any, Outcome]:
    try:
        settled = yield from do(CancelIssuance(UUID(view.slots["issuance"])))
    except (IssuanceClosed, IssuanceUnknown) as error:
        return Done(refusal(error, view))
    return Move("cancelled", slots={"name": settled.reward_name, "ref": settled.ref})


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    name, ref = view.slots["name"], view.slots["ref"]
    return Reply(
        text=view.t("{reward} is cancelled. Your points are back. Ref {ref}", reward=name, ref=ref),
        choices=(Choice(id="rewards", label=view.t("See rewards")),),
    )


@dialog.hear("done")
def hear_done(view: View) -> Outcome:
    return Call("rewards", instead=True)
