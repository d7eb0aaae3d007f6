"""Staff prove who they are: a PIN, once per USSD session and every 15 minutes in chat.

The engine leads here whoever enters a staff dialog without it. `onward`: the dialog they wanted.
"""

from collections.abc import Generator
from typing import Any

from core.errors import NotStaff, PinLocked, PinNotSet
from core.facts import Staff
from core.members.commands import SignInStaff
from core.ports import Command
from dialogs.dialog import Dialog, Done, Home, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.pins import read_pin
from dialogs.room import confirmation
from dialogs.texts import mark
from dialogs.wording import refusal

dialog = Dialog(
    "sign_in",
    title=mark("Staff sign-in"),
    start="pin",
    members=False,
    transitions=[("proved", "pin", "proved")],
)


@dialog.ask("pin", secret=True)
def ask_pin(view: View) -> Reply | Outcome:
    staff = view.caller.staff
    if staff and staff.pin_hash is None:
        return Home(_no_pin(view, staff))

    def question(name: str) -> str:
        return view.t("{name}: your staff PIN?", name=name)

    return confirmation(view, question, staff.name if staff else "")


def _no_pin(view: View, staff: Staff) -> str:
    if staff.role == "manager":
        return view.t("No PIN is set yet. The operator sets it: maita staff reset-pin")
    return view.t("No PIN is set yet. Ask your manager, or the operator for a manager.")


@dialog.hear("pin")
def hear_pin(view: View) -> Generator[Command[Any], Any, Outcome]:
    pin = read_pin(view.input.text)
    if pin is None:
        return Reject(view.t("A PIN is four or five digits."))
    try:
        yield from do(SignInStaff(pin))
    except (NotStaff, PinLocked, PinNotSet) as error:
        return Home(refusal(error, view))
    if view.slots.get("onward") == "staff":
        return Done(signed_in=True)
    return Move("proved", signed_in=True)


@dialog.ask("proved")
def ask_proved(view: View) -> Reply:
    """What was broken off may have questions of its own, and a turn asks nothing after it changed
    something: so one screen stands between."""
    return Reply(text=view.t("Thank you."), choices=(Choice(id="go_on", label=view.t("Go on")),))


@dialog.hear("proved")
def hear_proved(view: View) -> Outcome:
    return Done()
