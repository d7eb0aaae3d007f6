"""The command line `maita` (docs/contract.md): its commands, and how they end.

Exit codes: 0 done, 1 an invariant is broken, 2 wrong usage or configuration, 3 a dependency is
down, 141 nobody read the output to its end. Whatever a user can cause ends in one sentence on
stderr, never in a traceback.
"""

import os
import sys
from typing import Final, NoReturn

import typer
from typer.exceptions import TyperException

from gateway.commands import (
    channels,
    checking,
    demo,
    drawing,
    phones,
    recording,
    replaying,
    service,
    staff,
    tenants,
)
from gateway.commands.failing import EXPECTED, WRONG, code_of

UNHEARD: Final = 141

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
app.add_typer(recording.app, name="record", help="Keep a conversation as a transcript (dev only).")
app.add_typer(tenants.app, name="tenant", help="Shops: their programme, rewards and staff.")
app.add_typer(channels.app, name="channel", help="Connections to carriers.")
app.add_typer(staff.app, name="staff", help="Who works in a shop.")


def main() -> None:
    """Run one command and exit."""
    try:
        code = app(prog_name="maita", standalone_mode=False)
        sys.stdout.flush()
    except EXPECTED as error:
        _end(str(error), code_of(error))
    except TyperException as error:
        _end(_usage(error), WRONG)
    except typer.Abort:
        _end("Nothing was typed, so nothing was done.", WRONG)
    except BrokenPipeError:
        _end_unheard()
    except SystemExit as end:
        # Typer ends with 1 when nobody reads any more, which here means a broken promise.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        _end_unheard()
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: TyperException) -> str:
    """What is wrong with the words, in one sentence; the whole help where there are none."""
    message, context = error.format_message(), getattr(error, "ctx", None)
    if "\n" in message or context is None:
        return message
    plain = message.replace("Value error, ", "").rstrip(". ")
    return f"{plain}: see `{context.command_path} --help`."


def _end(reason: str, code: int) -> NoReturn:
    print(reason if "\n" in reason else f"maita: {reason}", file=sys.stderr)
    sys.exit(code)


def _end_unheard() -> NoReturn:
    """End as whoever writes to `head` does: in silence, with what the shell makes of SIGPIPE."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    sys.exit(UNHEARD)
