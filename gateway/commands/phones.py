"""`maita dial` and `maita chat`: phones in the terminal, over real HTTP to the server that runs."""

import re
from typing import Annotated, Final, Literal

import typer

from gateway.commands import opening
from gateway.commands.failing import Down, Wrong

NEWCOMER = "+263779990001"
CODE: Final = re.compile(r"\*[0-9*]{1,60}#")
NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")

Phone = Annotated[str, typer.Option("--as", help="Whose phone it is, as E.164.")]
Url = Annotated[str | None, typer.Option(help="Where the server listens.")]


def dial(
    code: Annotated[str, typer.Argument(help="What to dial, such as '*123*1#'.")],
    phone: Phone = NEWCOMER,
    url: Url = None,
) -> None:
    """Dial a USSD code on a handset in the terminal (dev only)."""
    from gateway.terminal import PhoneOff, run_dial

    if not CODE.fullmatch(code):
        raise Wrong(f"{code!r} is no code to dial: type a star-code in quotes, such as '*123*1#'.")
    check_phone(phone)
    try:
        run_dial(server(url), code, phone)
    except PhoneOff as error:
        raise Down(str(error)) from None


def chat(
    kind: Annotated[Literal["whatsapp", "sms"], typer.Argument(help="On which network.")],
    phone: Phone = NEWCOMER,
    url: Url = None,
) -> None:
    """Chat on a phone in the terminal (dev only)."""
    from gateway.terminal import PhoneOff, run_chat

    check_phone(phone)
    try:
        run_chat(server(url), kind, phone)
    except PhoneOff as error:
        raise Down(str(error)) from None


def check_phone(phone: str) -> None:
    """Raise Wrong unless this is a number in full."""
    if not NUMBER.fullmatch(phone):
        raise Wrong(f"--as {phone} is no phone number: type it in full, such as --as {NEWCOMER}.")


def server(url: str | None) -> str:
    """The URL told, else the one of the server of this data folder, else where it would be."""
    if url is not None:
        return url.rstrip("/")
    found = opening.settings(dev=True)
    server = opening.running(found)
    return server.url if server else found.public_url
