"""Rewards as choices and in words: their numbers, prices, and what is in their way.

A reward's number is its place in the catalogue, so it is the same on every page and tomorrow;
`REDEEM 2` means it too. Called by the dialogs about rewards.
"""

from collections.abc import Iterable
from typing import Final

from core.facts import Programme, Reward
from core.rewards.commands import Offer
from core.values import ascii_digits
from dialogs.choices import numbered, shortened
from dialogs.dialog import View
from dialogs.keywords import normal
from dialogs.menus import Menu
from dialogs.messages import Choice
from dialogs.room import label_in_room

BUTTON: Final = 20
PREFIX: Final = "reward:"


def number_of(programme: Programme, slug: str) -> int:
    """A reward's number: its place in the whole catalogue, stepping over the key for more."""
    numbers: dict[str, int] | None = programme.kept.get(number_of)
    if numbers is None:
        places = enumerate(programme.rewards, 1)
        numbers = programme.kept[number_of] = {row.slug: numbered(place) for place, row in places}
    return numbers[slug]


def wanted(programme: Programme, typed: str) -> Reward | None:
    """The reward that a number, a slug or a name means, offered now or not."""
    digits, said = ascii_digits(typed), normal(typed)
    dashed = said.replace(" ", "-")
    for number, name, slug, reward in _named(programme):
        if digits == number or said == name or dashed == slug:
            return reward
    return None


def _named(programme: Programme) -> list[tuple[str, str, str, Reward]]:
    """Each reward with its number, its name as names are compared, and its slug."""
    named: list[tuple[str, str, str, Reward]] | None = programme.kept.get(_named)
    if named is None:
        named = programme.kept[_named] = [
            (str(numbered(place)), normal(row.name), row.slug, row)
            for place, row in enumerate(programme.rewards, 1)
        ]
    return named


def offer_choices(view: View, offers: Iterable[Offer]) -> tuple[Choice, ...]:
    """The offers, one below the other."""
    listed = list(offers)
    choices = tuple([offer_choice(view, offer) for offer in listed])
    if any(offer.missing for offer in listed):
        return choices
    return view.spoken.keep((offer_choices, choices), lambda: Menu(choices))


def offer_choice(view: View, offer: Offer) -> Choice:
    """`Free Coffee 100`, and behind it what is in the way. Where no points are missing that is the
    same for everybody."""
    if offer.missing:
        return _choice(view, offer)
    seen = (offer.slug, offer.name, offer.points, offer.stock == 0, offer.tier)
    return view.spoken.keep((*seen, view.chat, view.room), lambda: _choice(view, offer))


def _choice(view: View, offer: Offer) -> Choice:
    price = view.points(offer.points)
    hindrance = in_the_way(view, offer)
    behind = f"{price} ({hindrance})" if hindrance else price
    return Choice(
        id=f"{PREFIX}{offer.slug}",
        label=label_in_room(view, lambda name: f"{name} {behind}", offer.name),
        short=shortened(offer.name, BUTTON),
        detail=view.joined(view.t("{points} pts", points=price), hindrance, cut_name(offer.name)),
        keywords=(offer.slug, offer.name),
        number=number_of(view.caller.programme, offer.slug),
    )


def cut_name(name: str) -> str:
    """The name again, for the second line of a row that has no room for it in its first."""
    return name if len(name) > BUTTON else ""


def in_the_way(view: View, offer: Offer) -> str:
    """Why the reward cannot be had now, in two words; "" when it can."""
    if offer.stock == 0:
        return view.t("sold out")
    if offer.tier:
        return view.t("for {tier}", tier=offer.tier)
    if offer.missing:
        return view.t("{points} more", points=view.points(offer.missing))
    return ""


def within_reach(offer: Offer) -> bool:
    """True when the caller could have it now."""
    return offer.stock != 0 and not offer.tier and not offer.missing
