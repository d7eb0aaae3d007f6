"""Use a reward on the customer's phone: the cashier types their number and PIN there."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.errors import IssuanceClosed, IssuanceUnknown, PinLocked, PinNotSet
from core.ports import Command
from core.rewards.commands import UseHere
from core.values import ascii_digits
from dialogs.dialog import Call, Dialog, Done, Home, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.pins import read_pin
from dialogs.texts import mark
from dialogs.wording import refusal

dialog = Dialog(
    "use_reward",
    title=mark("Use a reward"),
    start="number",
    flow=True,
    transitions=[
        ("numbered", "number", "pin"),
        ("used", "pin", "done"),
        ("back", "pin", "number"),
    ],
)


@dialog.ask("number", free=True)
def ask_number(view: View) -> Reply:
    return Reply(text=view.t("Hand the phone to the cashier.\nCashier: your staff number?"))


@dialog.hear("number")
def hear_number(view: View) -> Outcome:
    typed = ascii_digits(view.input.text).strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        return Reject(view.t("Enter your staff number, like 12."))
    return Move("numbered", slots={"number": int(typed)})


@dialog.ask("pin", secret=True, guards=True)
def ask_pin(view: View) -> Reply:
    return Reply(text=view.t("Cashier: your PIN? The reward is used at once."))


@dialog.hear("pin")
def hear_pin(view: View) -> Generator[Command[Any], Any, Outcome]:
    pin = read_pin(view.input.text)
    if pin is None:
        return Reject(view.t("A PIN is four or five digits."))
    use = UseHere(UUID(view.slots["issuance"]), view.slots["number"], pin)
    try:
        settled = yield from do(use)
    except (PinLocked, PinNotSet) as error:
        return Home(refusal(error, view))
    except (IssuanceClosed, IssuanceUnknown) as error:
        return Done(refusal(error, view))
    return Move("used", slots={"name": settled.reward_name, "ref": settled.ref})


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    return Reply(
        text=view.t(
            "Used: {reward}. Enjoy! Ref {ref}", reward=view.slots["name"], ref=view.slots["ref"]
        ),
        choices=(Choice(id="my_rewards", label=view.t("My rewards")),),
    )


@dialog.hear("done")
def hear_done(view: View) -> Outcome:
    return Call("my_rewards", instead=True)
