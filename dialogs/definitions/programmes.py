"""Which shop, where many share an address: the caller's own first, then any by name or code.

Choosing ends the turn here and goes on at the shop (`Visit`), with what was wished for before one
was chosen: BALANCE with two memberships asks which, then shows it there.
"""

from collections.abc import Generator, Iterable
from typing import Any, Final
from uuid import UUID

from core.members.commands import FindShops, ListShops
from core.ports import Command
from core.values import Shop
from dialogs.choices import numbered, shortened
from dialogs.dialog import Dialog, Move, Outcome, Reject, View, Visit, do
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

PAGE: Final = 50
ROW: Final = 24
SHOP: Final = "shop:"
FIND: Final = "find"
MORE: Final = "more_shops"

dialog = Dialog(
    "programmes",
    title=mark("Other shops"),
    start="mine",
    members=False,
    anywhere=True,
    transitions=[
        ("find", "mine", "find"),
        ("turn", "find", "find"),
        ("found", "mine", "found"),
        ("found", "find", "found"),
        ("found", "found", "found"),
        ("back", "find", "mine"),
        ("back", "found", "find"),
    ],
)


@dialog.ask("mine", free=True, lists=True)
def ask_mine(view: View) -> Reply | Outcome:
    shops = view.caller.shops
    if not shops:
        return Move("find")
    find = Choice(id=FIND, label=view.t("Find a shop"))
    return Reply(text=view.t("Which shop?"), choices=(*_choices(shops), find))


@dialog.ask("find", free=True, lists=True)
def ask_find(view: View) -> Generator[Command[Any], Any, Reply]:
    """The open shops by name, fifty at a time; the renderer pages within them."""
    seen, shops = view.slots.get("seen", 0), (yield from _listed(view))
    choices = _choices(shops[:PAGE], seen)
    if len(shops) > PAGE:
        number = numbered(seen + PAGE + 1)
        choices += (Choice(id=MORE, label=view.t("More shops"), number=number),)
    # Translators: Above a list of shops, of which one is picked or typed.
    text = view.t("Find a shop: type its name or code, or pick.")
    return Reply(text=text if choices else view.t("No shop is open now."), choices=choices)


@dialog.ask("found", free=True, lists=True)
def ask_found(view: View) -> Reply:
    shops = [Shop(tenant_id=UUID(i), slug=slug, name=name) for i, slug, name in view.slots["found"]]
    return Reply(text=view.t("Which of these?"), choices=_choices(shops))


def _choices(shops: Iterable[Shop], seen: int = 0) -> tuple[Choice, ...]:
    """One choice a shop; the numbers run on from those that were seen."""
    return tuple(
        Choice(
            id=f"{SHOP}{shop.tenant_id}",
            label=shop.name,
            short=shortened(shop.name, ROW),
            keywords=(shop.slug,),
            number=numbered(place),
        )
        for place, shop in enumerate(shops, seen + 1)
    )


@dialog.hear("mine", "find", "found")
def hear(view: View) -> Generator[Command[Any], Any, Outcome]:
    choice = view.choice or ""
    if choice.startswith(SHOP):
        return _visit(view, UUID(choice.removeprefix(SHOP)))
    if choice == FIND:
        return Move("find")
    if choice == MORE:
        return (yield from _turn(view))
    shops = yield from do(FindShops(view.input.text))
    if len(shops) == 1:
        return _visit(view, shops[0].tenant_id)
    if not shops:
        return Reject(view.t("No shop has that name or code."))
    found = [[str(shop.tenant_id), shop.slug, shop.name] for shop in shops]
    return Move("found", slots={"found": found})


def _visit(view: View, tenant_id: UUID) -> Visit:
    return Visit(tenant_id, view.slots.get("wish", ""))


def _turn(view: View) -> Generator[Command[Any], Any, Outcome]:
    """The next fifty: the last shop shown is asked for once more, so that no name has to be kept
    from one turn to the next."""
    shops = (yield from _listed(view))[:PAGE]
    if not shops:  # All of them closed while they were shown: from the first again.
        return Move("turn", slots={"after": None, "seen": 0})
    seen, last = view.slots.get("seen", 0), shops[-1]
    return Move("turn", slots={"after": [last.name, last.slug], "seen": seen + PAGE})


def _listed(view: View) -> Generator[Command[Any], Any, tuple[Shop, ...]]:
    """The shops of this fifty, and one more where there are more."""
    after = view.slots.get("after")
    asked = ListShops(after=(after[0], after[1]) if after else None, limit=PAGE + 1)
    return (yield from do(asked))
