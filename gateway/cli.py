"""The command line `maita` (docs/contract.md): its commands, and how they end.

Exit codes: 0 done, 1 an invariant is broken, 2 wrong usage or configuration, 3 a dependency is
down. Whatever a user can cause ends in one sentence on stderr, never in a traceback.
"""

import sys

import typer

from gateway.commands import (
    channels,
    checking,
    demo,
    drawing,
    phones,
    replaying,
    service,
    staff,
    tenants,
)
from gateway.commands.failing import EXPECTED, code_of

app = typer.Typer(
    name="maita",
    help="Loyalty programmes by USSD, WhatsApp and SMS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(service.run)
app.command()(service.serve)
app.command()(service.worker)
app.command()(checking.migrate)
app.command()(checking.verify)
app.command()(demo.demo)
app.command()(drawing.draw)
app.command()(phones.dial)
app.command()(phones.chat)
app.command()(replaying.replay)
app.add_typer(tenants.app, name="tenant", help="Shops: their programme, rewards and staff.")
app.add_typer(channels.app, name="channel", help="Connections to carriers.")
app.add_typer(staff.app, name="staff", help="Who works in a shop.")


def main() -> None:
    """Run one command and exit."""
    try:
        app(prog_name="maita")
    except EXPECTED as error:
        print(f"maita: {error}", file=sys.stderr)
        sys.exit(code_of(error))
