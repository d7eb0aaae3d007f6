"""A member's own rewards: codes and end dates, used ones behind; use one now, or cancel one."""

from collections.abc import Generator
from datetime import datetime
from typing import Any, Final

from core.facts import Issuance
from core.ports import Command
from core.rewards.commands import ListIssuances
from dialogs.choices import no_choice, shortened
from dialogs.dialog import Call, Dialog, Move, Outcome, View, do
from dialogs.messages import Choice, Media, Reply
from dialogs.offers import BUTTON, cut_name
from dialogs.room import label_in_room
from dialogs.texts import mark

LINES: Final = 20
PREFIX: Final = "issuance:"
Asked = Generator[Command[Any], Any, Reply]

# Translators: What became of a reward, one word behind its name.
STATES: Final = {
    "redeemed": mark("used"),
    "rejected": mark("not approved"),
    "cancelled": mark("cancelled"),
    "expired": mark("expired"),
}

dialog = Dialog(
    "my_rewards",
    title=mark("My rewards"),
    start="open",
    transitions=[
        ("show", "open", "one"),
        ("look_back", "open", "closed"),
        ("back", "one", "open"),
        ("back", "closed", "open"),
    ],
)


@dialog.ask("open")
def ask_open(view: View) -> Asked:
    issuances = yield from do(ListIssuances())
    choices = [_choice(view, issuance) for issuance in issuances]
    choices.append(Choice(id="closed", label=view.t("Used ones")))
    if issuances:
        return Reply(text=view.t("Your rewards:"), choices=tuple(choices))
    choices.append(Choice(id="rewards", label=view.t("See rewards")))
    return Reply(text=view.t("No open rewards."), choices=tuple(choices))


def _choice(view: View, issuance: Issuance) -> Choice:
    state = view.code(issuance.code) if issuance.code else view.t("waiting")
    until = view.t("until {date}", date=view.until(issuance.expires_at))
    return Choice(
        id=f"{PREFIX}{issuance.id}",
        label=label_in_room(view, lambda name: f"{name} {state}", issuance.reward_name),
        short=shortened(issuance.reward_name, BUTTON),
        detail=view.joined(state, until, cut_name(issuance.reward_name)),
        keywords=(issuance.reward_name,),
    )


@dialog.hear("open")
def hear_open(view: View) -> Outcome:
    choice = view.picked
    if choice.startswith(PREFIX):
        return Move("show", slots={"issuance": choice.removeprefix(PREFIX)})
    if choice == "closed":
        return Move("look_back")
    return Call(choice)


@dialog.ask("closed")
def ask_closed(view: View) -> Asked:
    issuances = yield from do(ListIssuances(is_open=False))
    lines = [f"{_ended(view, issuance)} {issuance.reward_name}" for issuance in issuances[:LINES]]
    return Reply(text="\n".join(lines) if lines else view.t("None yet."))


def _ended(view: View, issuance: Issuance) -> str:
    at: datetime = issuance.redeemed_at or issuance.issued_at or issuance.reserved_at
    return f"{view.date(at)} {view.t(STATES.get(issuance.state, STATES['expired']))}:"


@dialog.ask("one")
def ask_one(view: View) -> Generator[Command[Any], Any, Reply | Outcome]:
    issuances = yield from do(ListIssuances())
    found = next((i for i in issuances if str(i.id) == view.slots["issuance"]), None)
    if found is None:
        return Move("back")
    until = view.until(found.expires_at)
    if found.state == "reserved":
        said = view.t(
            "{reward} waits for staff until {date}.", reward=found.reward_name, date=until
        )
        choice = Choice(id="cancel_reward", label=view.t("Cancel it"), keywords=(view.t("Cancel"),))
        return Reply(text=f"{said} {view.t('Ref {ref}', ref=found.ref)}", choices=(choice,))
    code = found.code or ""
    said = view.t(
        "{reward}: show {code} at the till until {date}.",
        reward=found.reward_name, code=view.code(code), date=until,
    )  # fmt: skip
    return Reply(
        text=f"{said} {view.t('Ref {ref}', ref=found.ref)}",
        choices=(Choice(id="use_reward", label=view.t("Use now")),),
        media=Media(kind="qr", code=code) if code else None,
    )


@dialog.hear("one")
def hear_one(view: View) -> Outcome:
    return Call(view.picked, slots={"issuance": view.slots["issuance"]})


dialog.hear("closed")(no_choice)
