"""Awarding a purchase: who, how much, a confirmation that names both, then the reference."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.earning.commands import QuotePurchase, RecordPurchase
from core.errors import (
    CodeAlreadyUsed,
    CustomerNotFound,
    QuoteChanged,
    RepeatedPurchase,
    SelfAward,
)
from core.members.commands import FindCustomer
from core.ports import Command
from core.values import Money, parse_amount
from dialogs.choices import yes_or_no
from dialogs.customers import customer_line, customer_name, customer_slots, standing_line
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.room import confirmation
from dialogs.texts import mark
from dialogs.wording import refusal

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "award",
    title=mark("Award a purchase"),
    start="who",
    staff=True,
    flow=True,
    transitions=[
        ("found", "who", "amount"),
        ("quoted", "amount", "confirm"),
        ("changed", "confirm", "confirm"),
        ("changed", "again", "confirm"),
        ("repeated", "confirm", "again"),
        ("awarded", "confirm", "done"),
        ("awarded", "again", "done"),
        ("back", "confirm", "amount"),
        ("back", "again", "amount"),
    ],
)


@dialog.ask("who", free=True)
def ask_who(view: View) -> Reply | Outcome:
    if "member" in view.slots:
        return Move("found")
    return Reply(text=view.t("Customer's phone or code?"))


@dialog.hear("who")
def hear_who(view: View) -> Heard:
    try:
        found = yield from do(FindCustomer(view.input.text))
    except CustomerNotFound as error:
        return Reject(_invitation(view, refusal(error, view)))
    return Move("found", slots=customer_slots(found))


def _invitation(view: View, text: str) -> str:
    dial = view.caller.programme.dial
    return f"{text} {view.t('They join with {dial}.', dial=dial)}" if dial else text


@dialog.ask("amount", free=True, zero=True)
def ask_amount(view: View) -> Reply:
    currency = view.currency(view.caller.programme.currency)
    amount = view.t("Amount in {currency}?", currency=currency)
    whole = f"{customer_line(view)}\n{amount}"
    if view.chat or view.room.holds([whole]):
        return Reply(text=whole)
    name, standing = customer_name(view), standing_line(view)
    return confirmation(view, lambda name: f"{name}\n{amount}", name, rest=standing)


@dialog.hear("amount")
def hear_amount(view: View) -> Heard:
    amount = parse_amount(view.input.text, view.caller.programme.currency)
    try:
        quote = yield from do(QuotePurchase(UUID(view.slots["member"]), amount))
    except (SelfAward, CustomerNotFound) as error:
        return Done(refusal(error, view))
    slots = {"minor": amount.minor, "points": quote.points, "changed": False}
    return Move("quoted", slots=slots)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    def question(name: str) -> str:
        return view.n(
            "{name}: +{count} pt for {amount}?",
            "{name}: +{count} pts for {amount}?",
            view.slots["points"],
            name=name,
            amount=view.money(_amount(view)),
        )

    rest = standing_line(view)
    if not view.slots["points"]:
        rest = f"{view.t('That earns no points.')}\n{rest}".rstrip()
    if view.slots["changed"]:
        rest = f"{refusal(QuoteChanged(points=view.slots['points']), view)}\n{rest}".rstrip()
    return confirmation(view, question, customer_name(view), choices=yes_or_no(view), rest=rest)


def _amount(view: View) -> Money:
    return Money(view.slots["minor"], view.caller.programme.currency)


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    return (yield from _record(view, again=False))


@dialog.ask("again", guards=True)
def ask_again(view: View) -> Reply:
    def question(name: str) -> str:
        return view.n(
            "{name}: same amount {count} minute ago. Again?",
            "{name}: same amount {count} minutes ago. Again?",
            view.slots["minutes"],
            name=name,
        )

    return confirmation(view, question, customer_name(view), choices=yes_or_no(view))


@dialog.hear("again")
def hear_again(view: View) -> Heard:
    return (yield from _record(view, again=True))


def _record(view: View, *, again: bool) -> Heard:
    code_id = view.slots["code_id"]
    purchase = RecordPurchase(
        UUID(view.slots["member"]),
        _amount(view),
        again=again,
        code_id=UUID(code_id) if code_id else None,
        quoted=view.slots["points"],
    )
    try:
        earned = yield from do(purchase)
    except QuoteChanged as error:
        return Move("changed", slots={"points": error.params["points"], "changed": True})
    except RepeatedPurchase as error:
        return Move("repeated", slots={"minutes": error.params.get("minutes", 5)})
    except (SelfAward, CustomerNotFound, CodeAlreadyUsed) as error:
        return Done(refusal(error, view))
    slots = {"available": earned.available, "tier": earned.upgraded_to, "ref": earned.ref}
    return Move("awarded", slots=slots)


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    slots = view.slots
    name, points = customer_name(view), view.points(slots["available"])
    lines = [view.t("Done. {name} has {points} pts.", name=name, points=points)]
    if slots["tier"]:
        lines.append(view.t("{name} is {tier} now.", name=name, tier=slots["tier"]))
    lines.append(view.t("Ref {ref}", ref=slots["ref"]))
    return Reply(
        text="\n".join(lines), choices=(Choice(id="award", label=view.t("Award another")),)
    )


@dialog.hear("done")
def hear_done(view: View) -> Outcome:
    return Call("award", instead=True)
