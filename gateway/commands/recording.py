"""`maita record`: a conversation on a phone in the terminal, kept as a transcript.

The server that runs records it (`gateway/recording.py`), with stand-ins for whatever must not be
kept; the file is played by `maita replay`, and by the tests of the dialogs it is put beside.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.commands import phones
from gateway.commands.failing import Down, Wrong
from gateway.commands.phones import NEWCOMER, Phone, Url

app = typer.Typer(no_args_is_help=True)
Into = Annotated[Path, typer.Argument(help="The file to write, such as sold_out.txt.")]


@app.command()
def dial(
    code: Annotated[str, typer.Argument(help="What to dial, such as '*123*1#'.")],
    file: Into,
    phone: Phone = NEWCOMER,
    url: Url = None,
) -> None:
    """Record a USSD call on a handset in the terminal."""
    _record(file, phone, url, lambda: phones.dial(code, phone, url))


@app.command()
def chat(
    kind: Annotated[Literal["whatsapp", "sms"], typer.Argument(help="On which network.")],
    file: Into,
    phone: Phone = NEWCOMER,
    url: Url = None,
) -> None:
    """Record a chat on a phone in the terminal; Ctrl-C ends it."""
    _record(file, phone, url, lambda: phones.chat(kind, phone, url))


def _record(file: Path, phone: str, url: str | None, talk: Callable[[], None]) -> None:
    from gateway.terminal import Network, PhoneOff

    if file.exists():
        raise Wrong(f"{file} is there already: choose another name.")
    if not file.absolute().parent.is_dir():
        raise Wrong(f"{file.absolute().parent} is no folder: make it first.")
    phones.check_phone(phone)
    network = Network(phones.server(url), phone)
    try:
        network.post("record")
        talk()
        recorded = str(network.post("record/stop")["transcript"])
    except PhoneOff as error:
        raise Down(str(error)) from None
    finally:
        network.close()
    if not recorded:
        raise Wrong("Nothing was said, so nothing was recorded.")
    file.write_text(recorded)
    said = sum(line.startswith(">") for line in recorded.splitlines())
    typer.echo(f"{file}: {said} turn{'s'[: said - 1]}. `maita replay {file}` plays it again.")
