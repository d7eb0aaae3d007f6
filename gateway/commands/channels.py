"""`maita channel …`: the connections to carriers."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.commands.entering import PROOF, check_values, missing
from gateway.commands.failing import Wrong

if TYPE_CHECKING:
    from gateway.commands.office import Office
    from storage.admin import StoredChannel

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

SECRET: Final = re.compile(r"(.*(secret|token|key|password)|account_sid|username)(_old)?")
"""Names of gateway.adapter.Channel.secrets, those of carriers to come too."""

FIELDS: Final = frozenset({"status", "region", "address", "app_id", "token"})

Slug = Annotated[str, typer.Argument(help="The owner: a shop's short name, or platform.")]
Token = Annotated[str, typer.Argument(help="The last part of the channel's URL.")]
Values = Annotated[list[str], typer.Argument(help="name=value, such as base_url=https://…")]
Optional = Annotated[list[str] | None, typer.Argument(help="name=value …")]


@app.command("add")
def add(slug: Slug, kind: str, address: str, values: Optional = None) -> None:
    """Add a channel to a shop, or change the one at this address; prints its URL."""
    from gateway.commands.office import in_office
    from storage.admin import ChannelPart, add_channel, named_tenant

    told = _sorted(values or [])
    entered = {**told, "address": address}
    part = ChannelPart(
        kind=kind,
        address=address,
        app_id=told.pop("app_id", ""),
        region=told.pop("region", None),
        token=told.pop("token", None),
        settings=_within(told, "settings"),
        secrets=_within(told, "secrets"),
    )

    async def do(office: "Office") -> tuple["Office", "StoredChannel"]:
        if kind not in office.adapters:
            listed = ", ".join(office.adapters)
            raise Wrong(f"There is no channel kind {kind!r}: choose from {listed}.")
        check_values(kind, entered, office.adapters, dev=office.settings.dev)
        owner = await named_tenant(office.db, slug)
        return office, await add_channel(office.db, office.vault, owner.id, part, office.ids)

    office, added = in_office(do)
    _print(slug, added, office)
    tell_missing(added, office)


@app.command("list")
def show_all(slug: Annotated[str | None, typer.Argument(help="Of one owner only.")] = None) -> None:
    """Print channels with the URLs to enter at the carriers."""
    from gateway.commands.office import in_office
    from storage.admin import list_channels, named_tenant

    async def ask(office: "Office") -> tuple["Office", list[tuple[str, "StoredChannel"]]]:
        owner = (await named_tenant(office.db, slug)).id if slug else None
        return office, await list_channels(office.db, office.vault, owner)

    office, found = in_office(ask)
    for owner, channel in found:
        _print(owner, channel, office)


@app.command("set")
def change(token: Token, values: Values) -> None:
    """Change a channel: status, region, address, app_id, token, secrets and settings by name;
    an empty value takes a secret or a setting away."""
    from gateway.commands.office import in_office
    from storage.admin import set_channel

    told = _sorted(values)

    async def do(office: "Office") -> tuple["Office", "StoredChannel"]:
        def fits(stored: "StoredChannel") -> None:
            check_values(stored.kind, told, office.adapters, dev=office.settings.dev)

        return office, await set_channel(office.db, office.vault, token, told, fits)

    office, changed = in_office(do)
    typer.echo(f"{changed.kind} {changed.address} is changed.")
    tell_missing(changed, office)


@app.command("test")
def post_sample(
    token: Token,
    phone: Annotated[str | None, typer.Option("--as", help="Whose message it is.")] = None,
    text: Annotated[str, typer.Option("--say", help="What they say; 1*2 on USSD.")] = "",
) -> None:
    """Post a sample as the carrier would, and show both sides. What it starts is real."""
    from gateway.commands.office import in_office
    from gateway.commands.sampling import sample

    async def do(office: "Office") -> str:
        return await sample(office, token, phone, text)

    typer.echo(in_office(do))


def tell_missing(channel: "StoredChannel", office: "Office") -> None:
    """Say on stderr what a channel still needs to be of use, and the command that sets it."""
    lacks = missing(channel.kind, channel.settings, channel.secrets, office.adapters)
    if lacks and channel.status == "on":
        words = f"maita channel set {channel.token} {' '.join(lacks)}"
        need = "still needs"
        if lacks == [PROOF]:
            need = "needs outside development a second proof of its carrier (or allow=<networks>)"
        typer.echo(f"{channel.kind} {channel.address} {need}: {words}", err=True)


def _sorted(values: Iterable[str]) -> dict[str, str]:
    """`name=value` with each name put where it belongs: a field, `secrets.` or `settings.`."""
    told: dict[str, str] = {}
    for word in values:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise Wrong(f"{name!r} has no value: write name=value.")
        if name in FIELDS or "." in name:
            told[name] = value
        elif SECRET.fullmatch(name):
            told[f"secrets.{name}"] = value
        else:
            told[f"settings.{name}"] = value
    return told


def _within(told: Mapping[str, str], table: str) -> dict[str, str]:
    names = (name for name in told if name.startswith(f"{table}."))
    return {name.partition(".")[2]: told[name] for name in names}


def _print(owner: str, channel: "StoredChannel", office: "Office") -> None:
    from gateway.doors import entry

    adapter, url = office.adapters.get(channel.kind), office.settings.public_url
    shown = entry(adapter, url, channel.token) if adapter else channel.token
    typer.echo(f"{owner:16} {channel.kind:20} {channel.address:18} {channel.status:4} {shown}")
