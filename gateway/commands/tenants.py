"""`maita tenant …`: a shop's programme, tiers, rewards, staff and channels in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.channels import tell_missing
from gateway.commands.entering import check_values
from gateway.commands.failing import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.commands.office import Office
    from storage.admin import Applied, ChannelPart, StoredChannel, TenantRow

    Made = tuple[Office, Applied, list[tuple[int, str]], list[tuple[str, StoredChannel]]]

ROW = ("slug", "name", "id", "status", "dial", "join_code", "config_version")

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

File = Annotated[Path, typer.Option("--from", help="The shop's TOML file.")]
Slug = Annotated[str, typer.Argument(help="The shop's short name, such as cafe-aroma.")]
Toml = Annotated[bool, typer.Option("--toml", help="As a file that `create --from` takes.")]
Secrets = Annotated[bool, typer.Option("--secrets", help="With tokens and carriers' secrets.")]

Language = Annotated[str, typer.Argument(help="One of its languages, such as en.")]
Said = Annotated[str, typer.Argument(help="The English text, as docs/texts.md lists it.")]
Forms = Annotated[
    list[str] | None, typer.Argument(help="What to say for it; once for each plural form.")
]
Gone = Annotated[bool, typer.Option("--remove", help="Say it as everybody does again.")]


@app.command("create")
def create(file: File) -> None:
    """Make a shop what a file says; saying the same twice changes nothing."""
    from gateway.commands.office import in_office
    from gateway.fitting import fault
    from storage.admin import (
        SpecError,
        create_tenant,
        decode,
        list_channels,
        staff_without_pin,
    )

    try:
        spec = decode(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Wrong(f"{file} is no file that can be read.") from None
    except SpecError as error:
        raise Wrong(f"{file}: {error}") from None

    async def make(office: "Office") -> "Made":
        _check_shortcuts(spec.shortcuts)
        for part in spec.channels:
            check_values(part.kind, _told(part), office.adapters, dev=office.settings.dev)
        applied = await create_tenant(
            office.db, office.vault, spec, office.ids, office.hasher, office.adapters.keys(), fault
        )
        shop = applied.tenant.id
        pinless = await staff_without_pin(office.db, shop)
        return office, applied, pinless, await list_channels(office.db, office.vault, shop)

    office, applied, pinless, channels = in_office(make)
    done = "created" if applied.created else "changed" if applied.changed else "unchanged"
    slug = applied.tenant.slug
    typer.echo(f"{slug} {done}: {applied.tenant.id}")
    for number, name in pinless:
        typer.echo(f"{name} has no PIN yet: maita staff reset-pin {slug} {number}", err=True)
    for _, channel in channels:
        tell_missing(channel, office)


def _check_shortcuts(shortcuts: "Mapping[str, str]") -> None:
    from dialogs.sharing import stands_for

    for digits, said in shortcuts.items():
        if not stands_for(said):
            raise Wrong(f"shortcuts.{digits}: {said!r} opens nothing: write a word like REWARDS.")


def _told(part: "ChannelPart") -> dict[str, str]:
    """What a file says of a channel, as `check_values` reads it."""
    tables = {"settings": part.settings, "secrets": part.secrets}
    named = {f"{table}.{name}": v for table, pairs in tables.items() for name, v in pairs.items()}
    return {"address": part.address, **named}


@app.command("list")
def show_all() -> None:
    """Print all shops."""
    from gateway.commands.office import in_office
    from storage.admin import list_tenants

    async def ask(office: "Office") -> list["TenantRow"]:
        return await list_tenants(office.db)

    for row in in_office(ask):
        if row.status != "platform":
            typer.echo(f"{row.slug:24} {row.status:8} {row.dial:12} {row.id}  {row.name}")


@app.command("show")
def show(slug: Slug, toml: Toml = False, secrets: Secrets = False) -> None:
    """Print what a shop is, or the file that would make it; PINs cannot be read back."""
    from gateway.commands.office import in_office
    from storage.admin import named_tenant, tenant_toml

    async def ask(office: "Office") -> str:
        row = await named_tenant(office.db, slug)
        if toml or secrets:
            return await tenant_toml(office.db, office.vault, slug, with_secrets=secrets)
        fields = ((name, getattr(row, name)) for name in ROW)
        return "\n".join(f"{name:15} {value or ''}" for name, value in fields)

    typer.echo(in_office(ask))


@app.command("text")
def text(
    slug: Slug,
    language: Language = "",
    message: Said = "",
    forms: Forms = None,
    remove: Gone = False,
) -> None:
    """Say a text in the shop's own words from the next message on; alone, print those it has."""
    from gateway.commands.office import in_office
    from gateway.fitting import fault
    from storage.admin import named_tenant, remove_text, set_text

    if message and bool(forms) == remove:
        raise Wrong("Give the shop's words for the text, or --remove.")

    async def change(office: "Office") -> None:
        shop = (await named_tenant(office.db, slug)).id
        if remove:
            await remove_text(office.db, shop, language, message)
        else:
            await set_text(office.db, shop, language, message, tuple(forms or ()), fault)

    if message:
        in_office(change)
        typer.echo(f"{slug} says {'that as everybody does' if remove else 'so'} from now on.")
    else:
        _tell_texts(slug, language)


def _tell_texts(slug: str, language: str) -> None:
    """The shop's own words, as a file says them."""
    from gateway.commands.office import in_office
    from storage.admin import named_tenant, stored_texts, texts_toml

    async def ask(office: "Office") -> str:
        said = await stored_texts(office.db, (await named_tenant(office.db, slug)).id)
        return texts_toml({name: said[name] for name in said if language in ("", name)})

    typer.echo(in_office(ask) or f"{slug} has no words of its own.")
