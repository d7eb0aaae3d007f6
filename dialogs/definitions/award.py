"""Awarding a purchase: who, how much, a confirmation that names both, then the reference."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from core.earning.commands import QuotePurchase, RecordPurchase
from core.errors import CodeAlreadyUsed, CustomerNotFound, RepeatedPurchase, SelfAward
from core.members.commands import FindCustomer
from core.ports import Command
from core.values import Money, parse_amount
from dialogs.choices import yes_or_no
from dialogs.customers import customer_line, customer_name, customer_slots
from dialogs.dialog import Call, Dialog, Done, Move, Outcome, Reject, View, do
from dialogs.messages import Choice, Reply
from dialogs.texts import mark
from dialogs.wording import refusal

Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "award",
    title=mark("Award a purchase"),
    start="who",
    staff=True,
    transitions=[
        ("found", "who", "amount"),
        ("quoted", "amount", "confirm"),
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
    currency = view.caller.programme.currency
    return Reply(
        text=f"{customer_line(view)}\n{view.t('Amount in {currency}?', currency=currency)}"
    )


@dialog.hear("amount")
def hear_amount(view: View) -> Heard:
    amount = parse_amount(view.input.text, view.caller.programme.currency)
    try:
        quote = yield from do(QuotePurchase(UUID(view.slots["member"]), amount))
    except (SelfAward, CustomerNotFound) as error:
        return Done(refusal(error, view))
    return Move("quoted", slots={"minor": amount.minor, "points": quote.points})


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Reply:
    return Reply(
        text=f"{customer_line(view)}\n{_gain(view)}",
        choices=yes_or_no(view),
    )


def _gain(view: View) -> str:
    return view.n(
        "{amount}: +{count} pt?",
        "{amount}: +{count} pts?",
        view.slots["points"],
        amount=view.money(_amount(view)),
    )


def _amount(view: View) -> Money:
    return Money(view.slots["minor"], view.caller.programme.currency)


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    return (yield from _record(view, again=False))


@dialog.ask("again", guards=True)
def ask_again(view: View) -> Reply:
    return Reply(
        text=view.t(
            "{name} got the same amount {minutes} minutes ago. Again?",
            name=customer_name(view),
            minutes=view.slots["minutes"],
        ),
        choices=yes_or_no(view),
    )


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
    )
    try:
        earned = yield from do(purchase)
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
