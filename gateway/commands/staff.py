"""`maita staff …`: who works in a shop, and new PINs for those who forgot theirs."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from gateway.commands.failing import Wrong

if TYPE_CHECKING:
    from gateway.commands.office import Office

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Slug = Annotated[str, typer.Argument(help="The shop's short name, such as cafe-aroma.")]
Pin = Annotated[
    str | None, typer.Option(help="Five digits; asked for, or read from a pipe, when left out.")
]
Role = Literal["cashier", "manager"]


@app.command("add")
def add(
    slug: Slug,
    name: str,
    phone: str,
    pin: Pin = None,
    role: Role = "cashier",
    number: Annotated[int | None, typer.Option(help="What they type on a phone.")] = None,
) -> None:
    """Add somebody, or change who has this phone; prints the number they type."""
    from gateway.commands.office import in_office
    from storage.admin import StaffPart, add_staff, check_staff, named_tenant

    part = StaffPart(name=name, phone=phone, role=role, number=number, pin=pin)

    async def fits(office: "Office") -> None:
        tenant = await named_tenant(office.db, slug)
        await check_staff(office.db, tenant.id, part)

    if pin is None:
        in_office(fits)
        part = msgspec.structs.replace(part, pin=_asked_pin())

    async def do(office: "Office") -> int:
        tenant = await named_tenant(office.db, slug)
        return await add_staff(office.db, office.vault, tenant.id, part, office.ids, office.hasher)

    typer.echo(f"{name} is number {in_office(do)}.")


@app.command("reset-pin")
def reset(
    slug: Slug,
    who: Annotated[str, typer.Argument(help="Their phone, or their number.")],
    pin: Pin = None,
) -> None:
    """Give somebody a new PIN and forgive their wrong tries."""
    from gateway.commands.office import in_office
    from storage.admin import find_staff, named_tenant, reset_pin

    async def exists(office: "Office") -> None:
        tenant = await named_tenant(office.db, slug)
        await find_staff(office.db, tenant.id, who)

    if pin is None:
        in_office(exists)
    new = _asked_pin() if pin is None else pin

    async def do(office: "Office") -> None:
        tenant = await named_tenant(office.db, slug)
        await reset_pin(office.db, tenant.id, who, new, office.hasher)

    in_office(do)
    typer.echo("The PIN is changed.")


@app.command("remove")
def remove(
    slug: Slug, who: Annotated[str, typer.Argument(help="Their phone, or their number.")]
) -> None:
    """Somebody works here no more; what they did stays."""
    from gateway.commands.office import in_office
    from storage.admin import named_tenant, remove_staff

    async def do(office: "Office") -> None:
        tenant = await named_tenant(office.db, slug)
        await remove_staff(office.db, office.vault, tenant.id, who)

    in_office(do)
    typer.echo("They are staff no more.")


def _asked_pin() -> str:
    """A PIN typed on the terminal, unseen, or the first line of what is piped in. The database is
    closed by then: nothing waits while somebody thinks. Raises Wrong."""
    try:
        typed = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline()
    except EOFError:
        typed = ""
    if not typed.strip():
        raise Wrong("A PIN is needed: type it when asked, pipe it in, or say --pin.")
    return typed.strip()
