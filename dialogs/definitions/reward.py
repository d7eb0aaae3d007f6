"""One reward: what it costs and leaves, a confirmation, the PIN where one is set, the till code.

Nothing is spent before the confirmation, and nothing but what it named: the reward and its price
are kept from the question to the answer. What cannot be had says why, and what can be instead.
"""

from collections.abc import Generator
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from core.errors import (
    NotEnoughPoints,
    PinLocked,
    PinRequired,
    PriceChanged,
    RewardInactive,
    RewardUnknown,
    SoldOut,
    TierTooLow,
)
from core.ports import Command
from core.rewards.commands import ListRewards, Offer, Redeem, Redeemed
from core.values import Secret
from dialogs.choices import no_choice, yes_or_no
from dialogs.dialog import Call, Dialog, Done, Home, Move, Outcome, Reject, View, do
from dialogs.menus import menu
from dialogs.messages import Choice, Media, Reply
from dialogs.offers import PREFIX, offer_choices, wanted, within_reach
from dialogs.pins import pin_locked, read_pin
from dialogs.room import confirmation
from dialogs.texts import Texts, mark
from dialogs.wording import refusal

INSTEAD_MAX: Final = 3
Asked = Generator[Command[Any], Any, Reply | Outcome]
Heard = Generator[Command[Any], Any, Outcome]

dialog = Dialog(
    "reward",
    title=mark("Reward"),
    start="confirm",
    flow=True,
    transitions=[
        ("priced", "confirm", "confirm"),
        ("priced", "pin", "confirm"),
        ("hindered", "confirm", "instead"),
        ("hindered", "pin", "instead"),
        ("terms", "confirm", "terms"),
        ("need_pin", "confirm", "pin"),
        ("redeemed", "confirm", "done"),
        ("redeemed", "pin", "done"),
        ("possible", "instead", "confirm"),
        ("back", "pin", "confirm"),
        ("back", "terms", "confirm"),
    ],
)


@dialog.ask("confirm", guards=True)
def ask_confirm(view: View) -> Asked:
    offer = _offer(view, (yield from do(ListRewards())))
    if offer is None:
        return _unknown(view)
    if not within_reach(offer):
        return Move("hindered")
    if view.slots.get("points") != offer.points:
        changed = "points" in view.slots
        slots = {
            "reward": str(offer.reward_id),
            "name": offer.name,
            "points": offer.points,
            "changed": changed,
        }
        return Move("priced", slots=slots)
    return _question(view, offer)


def _question(view: View, offer: Offer) -> Reply:
    left = view.t(
        "You will have {points} left.", points=view.points(view.caller.available - offer.points)
    )

    def shorter(name: str) -> str:
        price = view.points(offer.points)
        return view.t("{reward} for {points} pts?", reward=name, points=price)

    def question(name: str) -> str:
        return f"{shorter(name)} {left}"

    changed = view.slots["changed"]
    news = refusal(PriceChanged(points=offer.points), view) if changed else ""
    rest = "\n".join(line for line in (news, offer.terms) if line)
    asking = (question, shorter)
    reply = confirmation(view, asking, offer.name, choices=yes_or_no(view), rest=rest)
    if not offer.terms or offer.terms in reply.text:
        return reply
    terms = Choice(id="terms", label=view.t("Conditions"), number=2)
    choices = (*yes_or_no(view), terms)
    return confirmation(view, asking, offer.name, choices=choices, rest=news)


def _offer(view: View, offers: tuple[Offer, ...]) -> Offer | None:
    """The reward that was asked about; before that, the one that what was typed means today."""
    if "reward" in view.slots:
        asked = _id(view.slots["reward"])
        return next((offer for offer in offers if offer.reward_id == asked), None)
    reward = wanted(view.caller.programme, view.slots["wanted"])
    return next((offer for offer in offers if reward and offer.reward_id == reward.id), None)


@lru_cache(1000)
def _id(written: str) -> UUID:
    """A reward's id as a session keeps it; there are few, and reading one takes a while."""
    return UUID(written)


def _unknown(view: View) -> Outcome:
    if "reward" in view.slots:
        return Done(refusal(RewardInactive(), view))
    if " " in view.slots["wanted"]:
        return Done(view.t("One reward at a time, like REDEEM 1."))
    return Done(view.t("That is not a choice."))


@dialog.hear("confirm")
def hear_confirm(view: View) -> Heard:
    if view.picked == "terms":
        return Move("terms")
    member = view.caller.member
    if member and member.pin_hash:
        return Move("need_pin")
    return (yield from _redeem(view, None))


@dialog.ask("terms")
def ask_terms(view: View) -> Asked:
    offer = _offer(view, (yield from do(ListRewards())))
    return Reply(text=offer.terms or offer.name) if offer else _unknown(view)


dialog.hear("terms")(no_choice)


@dialog.ask("pin", secret=True, guards=True)
def ask_pin(view: View) -> Asked:
    locked = yield from pin_locked(view)
    if locked:
        return Home(locked)
    return Reply(text=view.t("Enter your PIN."))


@dialog.hear("pin")
def hear_pin(view: View) -> Heard:
    pin = read_pin(view.input.text)
    if pin is None:
        return Reject(view.t("A PIN is four or five digits."))
    return (yield from _redeem(view, pin))


def _redeem(view: View, pin: Secret | None) -> Heard:
    slots = view.slots
    try:
        redeemed = yield from do(Redeem(_id(slots["reward"]), pin, slots["points"]))
    except PriceChanged:
        # The question is put again, with the price as it is now.
        return Move("priced")
    except (NotEnoughPoints, SoldOut, TierTooLow) as error:
        return Move("hindered", slots={"refused": refusal(error, view)})
    except PinRequired:
        return Move("need_pin")
    except PinLocked as error:
        return Home(refusal(error, view))
    except (RewardUnknown, RewardInactive) as error:
        return Done(refusal(error, view))
    return Move("redeemed", slots=_slots(redeemed))


def _slots(redeemed: Redeemed) -> dict[str, Any]:
    return {
        "name": redeemed.reward_name,
        "code": redeemed.code,
        "until": redeemed.expires_at.isoformat(),
        "available": redeemed.available,
        "ref": redeemed.ref,
    }


@dialog.ask("done", result=True)
def ask_done(view: View) -> Reply:
    slots = view.slots
    ref = view.t("Ref {ref}", ref=slots["ref"])
    code, until = slots["code"], view.until(datetime.fromisoformat(slots["until"]))
    if code:
        said = view.t(
            "{reward}: show this code at the till: {code} (until {until}).",
            reward=slots["name"], code=view.code(code), until=until,
        )  # fmt: skip
    else:
        said = view.t(
            "{reward} is reserved until {until}. Staff will approve it soon.",
            reward=slots["name"], until=until,
        )  # fmt: skip
    left = view.n("You have {count} pt left.", "You have {count} pts left.", slots["available"])
    return Reply(
        text=f"{said} {ref}\n{left}",
        choices=_onward(view),
        media=Media(kind="qr", code=code) if code else None,
        keep=bool(code),
    )


@menu
def _onward(words: Texts) -> tuple[Choice, ...]:
    return (Choice(id="my_rewards", label=words.t("My rewards")),)


@dialog.ask("instead")
def ask_instead(view: View) -> Asked:
    offers = yield from do(ListRewards())
    offer = _offer(view, offers)
    if offer is None:
        return _unknown(view)
    refused = view.slots.get("refused", "")
    if within_reach(offer) and not refused:
        return Move("possible")
    others = _others(offer, offers)
    lines = [refused if within_reach(offer) else _why_not(view, offer)]
    if others:
        lines.append(view.t("Like it:") if offer.stock == 0 else view.t("Within reach:"))
    else:
        lines.append(view.t("Points keep counting with every visit."))
    return Reply(text="\n".join(lines), choices=offer_choices(view, others))


def _why_not(view: View, offer: Offer) -> str:
    if offer.stock == 0:
        return view.t("{reward} is sold out.", reward=offer.name)
    if offer.tier:
        return view.t("{reward} is for {tier}.", reward=offer.name, tier=offer.tier)
    return view.n(
        "{reward} costs {points}: {count} pt is missing.",
        "{reward} costs {points}: {count} pts are missing.",
        offer.missing,
        reward=offer.name,
        points=view.points(offer.points),
    )


def _others(offer: Offer, offers: tuple[Offer, ...]) -> list[Offer]:
    """What can be had now; when this one is sold out, of its category first."""
    reachable = [other for other in offers if within_reach(other) and other != offer]
    if offer.stock == 0:
        reachable.sort(key=lambda other: other.category != offer.category)
    return reachable[:INSTEAD_MAX]


@dialog.hear("done", "instead")
def hear_next(view: View) -> Outcome:
    if view.picked == "my_rewards":
        return Call("my_rewards", instead=True)
    return Call("reward", slots={"wanted": view.picked.removeprefix(PREFIX)}, instead=True)
