"""One field for every code; the code tells what it is. Now: a shop's join code."""

from collections.abc import Generator
from typing import Any

from core.errors import TooManyTries
from core.members.commands import EnterCode
from core.ports import Command
from dialogs.dialog import Call, Dialog, Home, Move, Outcome, View, Visit, do
from dialogs.messages import Choice, Reply
from dialogs.texts import mark
from dialogs.wording import refusal

dialog = Dialog(
    "enter_code",
    title=mark("Enter a code"),
    start="code",
    members=False,
    flow=True,
    transitions=[("found", "code", "shop"), ("back", "shop", "code")],
)


@dialog.ask("code", free=True)
def ask_code(view: View) -> Reply:
    return Reply(text=view.t("Type the code."))


@dialog.hear("code")
def hear_code(view: View) -> Generator[Command[Any], Any, Outcome]:
    try:
        target = yield from do(EnterCode(view.input.text))
    except TooManyTries as error:
        return Home(refusal(error, view))
    here = target.tenant_id == view.caller.programme.tenant_id
    if not here and view.caller.shops is not None:
        return Visit(target.tenant_id, "JOIN")
    return Move("found", slots={"name": target.name, "dial": target.dial, "here": here})


@dialog.ask("shop", result=True)
def ask_shop(view: View) -> Reply:
    slots = view.slots
    if not slots["here"]:
        if not slots["dial"]:
            return Reply(
                text=view.t("That is {shop}'s code. Ask there to join.", shop=slots["name"])
            )
        return Reply(
            text=view.t(
                "That is {shop}'s code. Dial {dial} to join.",
                shop=slots["name"],
                dial=slots["dial"],
            )
        )
    if view.is_member:
        return Reply(text=view.t("You are a member here already."))
    return Reply(
        text=view.t("That is our code. Welcome!"),
        choices=(Choice(id="join", label=view.t("Join free"), keywords=(view.t("Join"),)),),
    )


@dialog.hear("shop")
def hear_shop(view: View) -> Outcome:
    return Call("join")
