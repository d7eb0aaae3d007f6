"""The PIN that guards spending: set it, change it, or have it reset by staff.

The old and the new PIN are typed on one screen, since nothing secret may wait in a session.
"""

from collections.abc import Generator
from typing import Any

from core.errors import PinLocked
from core.members.commands import ForgetPin, SetPin
from core.ports import Command
from dialogs.choices import no_choice
from dialogs.dialog import Dialog, Home, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.pins import pin_locked, read_pin, read_two_pins
from dialogs.texts import mark
from dialogs.wording import refusal

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "pin",
    title=mark("PIN"),
    start="menu",
    flow=True,
    transitions=[
        ("set", "menu", "new"),
        ("change", "menu", "both"),
        ("changed", "new", "done"),
        ("changed", "both", "done"),
        ("forgotten", "menu", "forgot"),
        ("back", "new", "menu"),
        ("back", "both", "menu"),
        ("back", "forgot", "menu"),
    ],
)


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    member = view.caller.member
    if member and member.pin_hash:
        return Reply(
            text=view.t("Your PIN guards your rewards."),
            choices=(
                Choice(id="change", label=view.t("Change PIN")),
                Choice(id="forgot", label=view.t("Forgot PIN")),
            ),
        )
    return Reply(
        text=view.t("A PIN guards your rewards. You have none."),
        choices=(Choice(id="set", label=view.t("Set a PIN")),),
    )


@dialog.hear("menu")
def hear_menu(view: View) -> Heard:
    if view.picked == "forgot":
        ref = yield from do(ForgetPin())
        return Move("forgotten", slots={"ref": ref})
    return Move(view.picked)


@dialog.ask("new", secret=True)
def ask_new(view: View) -> Reply:
    return Reply(text=view.t("Choose a PIN of four or five digits."))


@dialog.hear("new")
def hear_new(view: View) -> Heard:
    pin = read_pin(view.input.text)
    if pin is None:
        return Reject(view.t("A PIN is four or five digits."))
    yield from do(SetPin(pin))
    return Move("changed")


@dialog.ask("both", secret=True)
def ask_both(view: View) -> Generator[Command[Any], Any, Reply | Outcome]:
    locked = yield from pin_locked(view)
    if locked:
        return Home(locked)
    return Reply(text=view.t("Type your old PIN, a space, then the new one."))


@dialog.hear("both")
def hear_both(view: View) -> Heard:
    pins = read_two_pins(view.input.text)
    if pins is None:
        return Reject(view.t("Type both PINs with a space between."))
    old, new = pins
    try:
        yield from do(SetPin(new, old))
    except PinLocked as error:
        return Home(refusal(error, view))
    return Move("changed")


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    return Reply(text=view.t("Your PIN is set. It is asked before points are spent."))


@dialog.ask("forgot", result=True)
def ask_forgot(view: View) -> Reply:
    return Reply(text=view.t("Ask a manager to reset your PIN. Ref {ref}", ref=view.slots["ref"]))


dialog.hear("done", "forgot")(no_choice)
