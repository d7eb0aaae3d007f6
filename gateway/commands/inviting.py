"""What to open and what to dial, shown once `maita run` serves."""

import sys

import phonenumbers

from gateway import logs
from gateway.demo.shops import shared, shops
from gateway.settings import OPERATOR_KEY_FILE, Settings
from storage.admin.spec import ChannelPart
from storage.crypto import Vault

WORDS = {
    "africastalking_ussd": "dial",
    "meta_whatsapp": "WhatsApp",
    "twilio_sms": "text",
}


def invite(found: Settings, url: str) -> None:
    """A panel on a terminal, log lines elsewhere; stdout stays free for the READY line."""
    vault = Vault(found.secret_key)
    channels = {shop.tenant.name: shop.channels for shop in shops(vault, found.public_url)}
    channels["All shops"] = tuple(shared(vault, found.public_url))
    lines = {name: "   ".join(map(_way, parts)) for name, parts in channels.items()}
    if sys.stderr.isatty():
        _panel(found, url, lines)
        return
    log = logs.get("process")
    log.info("open", page=f"{url}/simulator", console=f"{url}/console", key=_key(found))
    for name, ways in lines.items():
        log.info("try", shop=name, ways=ways)


def _way(part: ChannelPart) -> str:
    number = part.settings.get("display_phone_number", part.address)
    if number.startswith("+"):
        plain = phonenumbers.parse(number)
        number = phonenumbers.format_number(plain, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"{WORDS[part.kind]} {number}"


def _key(found: Settings) -> str:
    """Where the console's key is: shown nowhere, since terminals are scrolled and recorded."""
    path = found.data_dir / OPERATOR_KEY_FILE
    own = path.is_file() and path.read_text().strip().encode() == found.operator_key
    return str(path) if own else "MAITA_OPERATOR_KEY"


def _panel(found: Settings, url: str, lines: dict[str, str]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    table = Table.grid(padding=(0, 3))
    table.add_row("Open", f"[bold]{url}/simulator[/bold]")
    table.add_row("Watch", f"{url}/console   (key: {_key(found)})")
    for name, ways in lines.items():
        table.add_row(name, ways)
    table.add_row("Dial here", "maita dial '*123*1#'   (.venv/bin/maita, in another terminal)")
    table.add_row("Everything", "maita demo   (people, PINs, tokens)")
    table.add_row("Stop", "Ctrl-C")
    Console(stderr=True).print(Panel(table, title="Maita", expand=False, padding=(1, 2)))
