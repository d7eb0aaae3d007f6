"""`maita staff …`: who works in a shop, and new PINs for those who forgot theirs."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from gateway.commands.office import Office

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Slug = Annotated[str, typer.Argument(help="The shop's short name, such as cafe-aroma.")]
Pin = Annotated[
    str, typer.Option(prompt=True, hide_input=True, help="Five digits; asked for when left out.")
]
Role = Literal["cashier", "manager"]


@app.command("add")
def add(
    slug: Slug,
    name: str,
    phone: str,
    pin: Pin,
    role: Role = "cashier",
    number: Annotated[int | None, typer.Option(help="What they type on a phone.")] = None,
) -> None:
    """Add somebody, or change who has this phone; prints the number they type."""
    from gateway.commands.office import in_office
    from storage.admin import StaffPart, add_staff, named_tenant

    part = StaffPart(name=name, phone=phone, role=role, number=number, pin=pin)

    async def do(office: "Office") -> int:
        tenant = await named_tenant(office.db, slug)
        return await add_staff(office.db, office.vault, tenant.id, part, office.ids, office.hasher)

    typer.echo(f"{name} is number {in_office(do)}.")


@app.command("reset-pin")
def reset(
    slug: Slug,
    who: Annotated[str, typer.Argument(help="Their phone, or their number.")],
    pin: Pin,
) -> None:
    """Give somebody a new PIN and forgive their wrong tries."""
    from gateway.commands.office import in_office
    from storage.admin import named_tenant, reset_pin

    async def do(office: "Office") -> None:
        tenant = await named_tenant(office.db, slug)
        await reset_pin(office.db, tenant.id, who, pin, office.hasher)

    in_office(do)
    typer.echo("The PIN is changed.")
