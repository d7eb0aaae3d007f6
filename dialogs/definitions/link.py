"""Linking phones: a code shown on one and typed on the other makes both one member's.

Whoever types it sees, masked, whose code it is and what will happen, and confirms; the PINs of both
memberships, where they are set, come last.
"""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.errors import (
    CodeAlreadyUsed,
    CodeUnknown,
    LinkChanged,
    NotAMember,
    OwnLinkCode,
    PinLocked,
    PinRequired,
    RewardWaiting,
    TooManyTries,
)
from core.members.link_commands import LinkPhone, LinkPreview, LookUpLink
from core.ports import Command
from core.values import Secret
from dialogs.choices import no_choice, yes_or_no
from dialogs.dialog import Call, Dialog, Home, Move, Outcome, Reject, View, do
from dialogs.keywords import keyword
from dialogs.messages import Choice, Reply
from dialogs.pins import read_pin, read_two_pins
from dialogs.room import confirmation
from dialogs.texts import mark
from dialogs.wording import refusal

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "link",
    title=mark("Link a phone"),
    start="menu",
    members=False,
    flow=True,
    transitions=[
        ("type", "menu", "code"),
        ("found", "menu", "confirm"),
        ("found", "code", "confirm"),
        ("need_pin", "confirm", "pin"),
        ("need_pins", "confirm", "pins"),
        ("linked", "confirm", "done"),
        ("linked", "pin", "done"),
        ("linked", "pins", "done"),
        ("back", "confirm", "code"),
        ("back", "pin", "confirm"),
        ("back", "pins", "confirm"),
    ],
)


@dialog.ask("menu")
def ask_menu(view: View) -> Reply | Outcome:
    if not view.is_member:
        return Move("type")
    return Reply(
        text=view.t("One membership on both your phones."),
        choices=(
            Choice(id="show", label=view.t("Show a code")),
            Choice(id="type", label=view.t("I have a code")),
        ),
    )


@dialog.hear("menu")
def hear_menu(view: View) -> Heard:
    if view.choice == "show":
        return Call("link_code")
    if view.choice == "type":
        return Move("type")
    return (yield from _look_up(view))  # `LINK 482913`


@dialog.ask("code", free=True)
def ask_code(view: View) -> Reply:
    asked = view.t("Type the six digits.")
    lines = [asked, view.t("See it on your other phone: Settings, Link a phone.")]
    # Whatever is typed here is a code, so no key turns to a second page.
    fits = view.chat or view.room.holds([*lines, view.t("0 Back  00 Home")])
    return Reply(text="\n".join(lines) if fits else asked)


@dialog.hear("code")
def hear_code(view: View) -> Heard:
    return (yield from _look_up(view))


def _look_up(view: View) -> Heard:
    typed = view.input.text
    word = keyword(typed, view.language, *view.caller.programme.languages)
    if word and word[0].dialog == dialog.name:
        typed = word[1]  # All of what the other phone shows: LINK 482 913.
    try:
        preview = yield from do(LookUpLink(typed))
    except (TooManyTries, RewardWaiting, NotAMember) as error:
        return Home(refusal(error, view))
    return Move("found", slots=_slots(preview))


def _slots(preview: LinkPreview) -> dict[str, Any]:
    return {
        "code_id": str(preview.code_id),
        "who": preview.name,
        "phone": preview.phone,
        "merges": preview.merges,
        "points": preview.points,
        "pin": preview.pin,
        "own_pin": preview.own_pin,
    }


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(who: str) -> str:
        return view.t("Link this phone to {member}?", member=who)

    slots = view.slots
    phone = view.phone(slots["phone"]) if slots["phone"] else ""
    who = view.joined(slots["who"], phone) or view.t("Customer")
    rest = ""
    if slots["merges"]:
        rest = view.n(
            "Your membership here ends, its {count} pt moves.",
            "Your membership here ends, its {count} pts move.",
            slots["points"],
        )
    return confirmation(view, question, who, choices=yes_or_no(view), rest=rest)


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    if view.slots["pin"] and view.slots["own_pin"]:
        return Move("need_pins")
    if view.slots["pin"] or view.slots["own_pin"]:
        return Move("need_pin")
    return (yield from _link(view, None, None))


@dialog.ask("pin", secret=True, guards=True)
def ask_pin(view: View) -> Reply:
    if view.slots["own_pin"]:
        return Reply(text=view.t("Enter the PIN of this phone's membership."))
    return Reply(text=view.t("Enter the PIN of the other phone."))


@dialog.hear("pin")
def hear_pin(view: View) -> Heard:
    pin = read_pin(view.input.text)
    if pin is None:
        return Reject(view.t("A PIN is four or five digits."))
    own = bool(view.slots["own_pin"])
    return (yield from _link(view, None if own else pin, pin if own else None))


@dialog.ask("pins", secret=True, guards=True)
def ask_pins(view: View) -> Reply:
    return Reply(text=view.t("Type this phone's PIN, a space, then the other phone's."))


@dialog.hear("pins")
def hear_pins(view: View) -> Heard:
    pins = read_two_pins(view.input.text)
    if pins is None:
        return Reject(view.t("Type both PINs with a space between."))
    own, pin = pins
    return (yield from _link(view, pin, own))


def _link(view: View, pin: Secret | None, own_pin: Secret | None) -> Heard:
    link = LinkPhone(UUID(view.slots["code_id"]), view.slots["merges"], pin, own_pin)
    try:
        linked = yield from do(link)
    except (PinLocked, CodeUnknown, CodeAlreadyUsed, OwnLinkCode, RewardWaiting) as error:
        return Home(refusal(error, view))
    except (LinkChanged, PinRequired, NotAMember):
        # Somebody joined, left or set a PIN since the code was typed: it is typed again.
        return Home(refusal(LinkChanged(), view))
    slots = {"who": linked.name, "available": linked.available, "ref": linked.ref}
    return Move("linked", slots=slots)


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    slots = view.slots
    have = view.n("You have {count} pt.", "You have {count} pts.", slots["available"])
    return Reply(
        text=f"{view.t('Your phones are linked.')} {have} {view.t('Ref {ref}', ref=slots['ref'])}"
    )


dialog.hear("done")(no_choice)
