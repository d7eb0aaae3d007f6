"""Joining: language where there is a choice, consent, a name, and the first points."""

from collections.abc import Generator
from typing import Any

from core.errors import AlreadyAMember
from core.members.commands import Enrol, Enrolled
from core.ports import Command
from dialogs.choices import BACK
from dialogs.dialog import Call, Dialog, Home, Move, Outcome, Reject, View, do
from dialogs.languages import language_choices
from dialogs.messages import Choice, Reply
from dialogs.names import read_name
from dialogs.texts import mark
from dialogs.wording import refusal

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "join",
    title=mark("Joining"),
    start="language",
    members=False,
    flow=True,
    transitions=[
        ("speak", "language", "consent"),
        ("agree", "consent", "name"),
        ("return", "consent", "consent_again"),
        ("enrolled", "consent_again", "joined"),
        ("enrolled", "name", "joined"),
        ("back", "name", "consent"),
    ],
)


@dialog.ask("language")
def ask_language(view: View) -> Reply | Outcome:
    if view.is_member:
        return Home(refusal(AlreadyAMember(), view))
    if len(view.caller.programme.languages) < 2 or view.chose_language:
        return Move("speak")
    return Reply(
        text=view.t("Which language?"), choices=language_choices(view.caller.programme.languages)
    )


@dialog.hear("language")
def hear_language(view: View) -> Outcome:
    return Move("speak", language=view.picked)


@dialog.ask("consent")
def ask_consent(view: View) -> Reply | Outcome:
    member = view.caller.member
    return Move("return") if member and member.name else _ask_consent(view)


def _ask_consent(view: View) -> Reply:
    return Reply(
        text=_consent(view),
        choices=(
            Choice(id="agree", label=view.t("Agree"), keywords=(view.t("Yes"),), number=1),
            Choice(id=BACK, label=view.t("No"), number=0),
        ),
    )


def _consent(view: View) -> str:
    """What is kept and why: shown, agreed to, and stored with the member in these very words."""
    # Translators: Consent, one USSD screen with two choices below: 140 characters at most.
    kept = view.t(
        "We keep your number, name and visits to count your points. You can leave any time."
    )
    link = view.caller.programme.privacy_url
    return f"{kept}\n{link}" if link else kept


@dialog.hear("consent")
def hear_consent(view: View) -> Outcome:
    return Move("agree")


@dialog.ask("consent_again", guards=True)
def ask_consent_again(view: View) -> Reply:
    """Of one who comes back, whose name is known: agreeing is all there is to do."""
    return _ask_consent(view)


@dialog.hear("consent_again")
def hear_consent_again(view: View) -> Heard:
    return (yield from _enrol(view, ""))


@dialog.ask("name", free=True, words=True)
def ask_name(view: View) -> Reply:
    return Reply(
        text=view.t("What is your name?"), choices=(Choice(id="skip", label=view.t("Skip")),)
    )


@dialog.hear("name")
def hear_name(view: View) -> Heard:
    name = "" if view.choice == "skip" else read_name(view.input.text)
    if name is None:
        return Reject(view.t("Enter your name in letters."))
    return (yield from _enrol(view, name))


def _enrol(view: View, name: str) -> Heard:
    enrolment = Enrol(name=name, language=view.language, wording=_consent(view))
    try:
        enrolled = yield from do(enrolment)
    except AlreadyAMember as error:
        return Home(refusal(error, view))
    return Move("enrolled", slots=_slots(enrolled))


def _slots(enrolled: Enrolled) -> dict[str, Any]:
    return {
        "name": enrolled.name,
        "bonus": enrolled.bonus,
        "available": enrolled.available,
        "returned": enrolled.returned,
        "ref": enrolled.ref,
    }


@dialog.ask("joined", result=True)
def ask_joined(view: View) -> Reply:
    return Reply(
        text="\n".join([_welcome(view), *_next_steps(view)]),
        choices=(
            Choice(id="rewards", label=view.t("See rewards"), keywords=(view.t("Rewards"),)),
            Choice(id="my_code", label=view.t("My code")),
        ),
    )


def _welcome(view: View) -> str:
    name, slots = view.slots["name"], view.slots
    if slots["returned"]:
        hello = view.t("Welcome back {name}!", name=name) if name else view.t("Welcome back!")
        return f"{hello} {view.t('You have {points} pts.', points=view.points(slots['available']))}"
    hello = view.t("Welcome {name}!", name=name) if name else view.t("Welcome!")
    if not slots["bonus"]:
        return hello
    return f"{hello} {view.t('{points} pts to start.', points=view.points(slots['bonus']))}"


def _next_steps(view: View) -> list[str]:
    dial = view.caller.programme.dial
    ref = view.t("Ref {ref}", ref=view.slots["ref"])
    return [view.t("Dial {dial} any time.", dial=dial), ref] if dial else [ref]


@dialog.hear("joined")
def hear_joined(view: View) -> Outcome:
    return Call(view.picked, instead=True)
