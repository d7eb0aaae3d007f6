"""What points buy: by category when there are more than seven, what is within reach first."""

from collections.abc import Generator, Iterable
from typing import Any, Final

from core.ports import Command
from core.rewards.commands import ListRewards, Offer
from dialogs.choices import numbered
from dialogs.dialog import Call, Dialog, Move, Outcome, View, do
from dialogs.messages import Choice, Reply
from dialogs.offers import PREFIX, offer_choices
from dialogs.texts import mark

FEW: Final = 7
PAGE: Final = 50
CATEGORY: Final = "category:"

dialog = Dialog(
    "rewards",
    title=mark("Rewards"),
    start="all",
    transitions=[
        ("open", "all", "category"),
        ("turn", "all", "all"),
        ("turn", "category", "category"),
        ("back", "category", "all"),
    ],
)


@dialog.ask("all")
def ask_all(view: View) -> Generator[Command[Any], Any, Reply]:
    offers = yield from do(ListRewards())
    if not offers:
        return Reply(text=view.t("No rewards yet. Points keep counting."))
    shelves = _shelves(view, offers) if len(offers) > FEW else ()
    if len(shelves) < 2:
        return _list(view, offers, "")
    return Reply(text=_standing(view), choices=shelves)


@dialog.ask("category")
def ask_category(view: View) -> Generator[Command[Any], Any, Reply]:
    offers = yield from do(ListRewards())
    name = view.slots["category"]
    return _list(view, [offer for offer in offers if offer.category == name], name)


def _shelves(view: View, offers: Iterable[Offer]) -> tuple[Choice, ...]:
    """The categories that offer something, numbered by the catalogue's own order."""
    offered = [offer.category for offer in offers]
    known = dict.fromkeys(reward.category for reward in view.caller.programme.rewards)
    return tuple(
        Choice(
            id=f"{CATEGORY}{name}",
            label=f"{name or view.t('Other')} ({offered.count(name)})",
            keywords=(name or view.t("Other"),),
            number=number,
        )
        for number, name in enumerate(known, 1)
        if name in offered
    )


def _list(view: View, offers: Iterable[Offer], category: str) -> Reply:
    """Fifty at most at a time; the rest behind a choice, since nobody pages further by key."""
    start = view.slots.get("start", 0)
    listed = list(offers)
    choices = offer_choices(view, listed[start : start + PAGE])
    if len(listed) > start + PAGE:
        behind = numbered(len(view.caller.programme.rewards) + 1)
        choices = (*choices, Choice(id="next", label=view.t("More rewards"), number=behind))
    text = f"{category}\n{_standing(view)}" if category else _standing(view)
    return Reply(text=text, choices=choices)


def _standing(view: View) -> str:
    return view.n("You have {count} pt.", "You have {count} pts.", view.caller.available)


@dialog.hear("all", "category")
def hear(view: View) -> Outcome:
    choice = view.picked
    if choice.startswith(CATEGORY):
        return Move("open", slots={"category": choice.removeprefix(CATEGORY), "start": 0})
    if choice == "next":
        return Move("turn", slots={"start": view.slots.get("start", 0) + PAGE})
    return Call("reward", slots={"wanted": choice.removeprefix(PREFIX)})
