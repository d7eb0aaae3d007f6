"""PINs as people type them. Called by the dialogs that ask for one, and by nothing else."""

import re
from collections.abc import Generator
from typing import Any, Final

from core.errors import PinLocked
from core.members.commands import CheckPinLock
from core.ports import Command
from core.values import Secret, ascii_digits
from dialogs.dialog import View, do
from dialogs.wording import refusal

PIN: Final = re.compile(r"[0-9]{4,5}\Z")
TWO_PINS: Final = re.compile(r"([0-9]{4,5})[^0-9]+([0-9]{4,5})\Z")


def pin_locked(view: View) -> Generator[Command[Any], Any, str]:
    """Why a PIN is not even asked now and what helps, in words; "" when it may be typed."""
    try:
        yield from do(CheckPinLock())
    except PinLocked as error:
        return f"{refusal(error, view)} {view.t('Forgot it? See Settings, PIN.')}"
    return ""


def read_pin(typed: str) -> Secret | None:
    """Four or five digits, else None: what led to the PIN screen is never taken for a PIN."""
    text = ascii_digits(typed).strip()
    return Secret(text) if PIN.match(text) else None


def read_two_pins(typed: str) -> tuple[Secret, Secret] | None:
    """Two PINs, one after the other: `1234 56789`, or eight or ten digits with nothing between."""
    text = ascii_digits(typed).strip()
    if len(text) in (8, 10) and text.isascii() and text.isdigit():
        half = len(text) // 2
        return Secret(text[:half]), Secret(text[half:])
    found = TWO_PINS.match(text)
    return (Secret(found[1]), Secret(found[2])) if found else None
