"""Which shop one means, where many share an address. Through core.service; nothing is changed."""

from core.members.commands import FindShops, ListShops
from core.ports import Decision, UnitOfWork
from core.values import Shop, ascii_digits


async def list_shops(uow: UnitOfWork, command: ListShops) -> Decision[tuple[Shop, ...]]:
    """The open shops by name, page by page."""
    return Decision(await uow.load.shops(after=command.after, limit=command.limit))


async def find_shops(uow: UnitOfWork, command: FindShops) -> Decision[tuple[Shop, ...]]:
    """The shop whose join code or slug was typed, in any case and however spaced, else by name."""
    typed = " ".join(ascii_digits(command.typed).casefold().split())
    return Decision(await uow.load.shops_like(typed) if typed else ())
