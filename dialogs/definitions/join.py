"""Joining: language where there is a choice, consent, a name, and the first points."""

import unicodedata
from collections.abc import Generator
from typing import Any, Final

from core.errors import AlreadyAMember
from core.members.commands import Enrol, Enrolled
from core.ports import Command
from dialogs.choices import BACK
from dialogs.dialog import Call, Dialog, Home, Move, Outcome, Reject, View, do
from dialogs.languages import language_choices
from dialogs.messages import Choice, Reply
from dialogs.texts import mark
from dialogs.wording import refusal

NAME_MAX: Final = 40
MARKS_IN_NAMES: Final = frozenset(" '-.=,")

dialog = Dialog(
    "join",
    title=mark("Joining"),
    start="language",
    members=False,
    transitions=[
        ("speak", "language", "consent"),
        ("agree", "consent", "name"),
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
def ask_consent(view: View) -> Reply:
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


@dialog.ask("name", free=True)
def ask_name(view: View) -> Reply:
    return Reply(
        text=view.t("What is your name?"), choices=(Choice(id="skip", label=view.t("Skip")),)
    )


@dialog.hear("name")
def hear_name(view: View) -> Generator[Command[Any], Any, Outcome]:
    name = "" if view.choice == "skip" else _name(view.input.text)
    if name is None:
        return Reject(view.t("Enter your name in letters."))
    enrolment = Enrol(name=name, language=view.language, wording=_consent(view))
    try:
        enrolled = yield from do(enrolment)
    except AlreadyAMember as error:
        return Home(refusal(error, view))
    return Move("enrolled", slots=_slots(enrolled))


def _name(typed: str) -> str | None:
    """A name as people write it: letters of any script, and the few marks that names hold."""
    words = unicodedata.normalize("NFKC", typed).replace("’", "'").split(" ")
    name = " ".join(word for word in words if word)
    good = all(unicodedata.category(c)[0] in "LM" or c in MARKS_IN_NAMES for c in name)
    has_letter = any(unicodedata.category(c)[0] == "L" for c in name)
    return name if good and has_letter and len(name) <= NAME_MAX else None


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
