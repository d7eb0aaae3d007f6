"""Handing a reward over: the customer's code, what it is for, a confirmation, the reference."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.errors import IssuanceClosed, IssuanceUnknown, TooManyTries
from core.ports import Command
from core.rewards.commands import LookUpCode, UseIssuance
from dialogs.choices import yes_or_no
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.room import confirmation
from dialogs.texts import mark
from dialogs.wording import refusal

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "use_code",
    title=mark("Use a code"),
    start="code",
    staff=True,
    flow=True,
    transitions=[
        ("found", "code", "confirm"),
        ("used", "confirm", "done"),
        ("back", "confirm", "code"),
    ],
)


@dialog.ask("code", free=True)
def ask_code(view: View) -> Reply:
    return Reply(text=view.t("The customer's reward code?"))


@dialog.hear("code")
def hear_code(view: View) -> Heard:
    try:
        issuance = yield from do(LookUpCode(view.input.text))
    except TooManyTries as error:
        return Done(refusal(error, view))
    slots = {
        "issuance": str(issuance.id),
        "reward": issuance.reward_name,
        "name": issuance.member_name,
    }
    return Move("found", slots=slots)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(reward: str, name: str) -> str:
        return view.t("Hand {reward} to {name}?", reward=reward, name=name)

    name = view.slots["name"] or view.t("the customer")
    return confirmation(view, question, view.slots["reward"], name, choices=yes_or_no(view))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    try:
        settled = yield from do(UseIssuance(UUID(view.slots["issuance"])))
    except (IssuanceClosed, IssuanceUnknown) as error:
        return Done(refusal(error, view))
    return Move("used", slots={"ref": settled.ref})


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    slots = view.slots
    return Reply(
        text=view.t("Used: {reward}. Ref {ref}", reward=slots["reward"], ref=slots["ref"]),
        choices=(Choice(id="use_code", label=view.t("Another code")),),
    )


@dialog.hear("done")
def hear_done(view: View) -> Outcome:
    return Call("use_code", instead=True)
