"""Service codes: which belong to a channel, and what was dialled past one. Called by adapters."""

import re
from typing import Final

CODE: Final = re.compile(r"[*#0-9]{1,32}")

_DIALLED: Final = re.compile(r"[*0-9]*")
_DIAL_STRING: Final = re.compile(r"\*[*0-9]{1,62}#")


def bare(code: str) -> str:
    """The code without the stars and the hash at its ends: `440` of `*440#`."""
    return code.strip().strip("*#")


def is_ours(code: str, address: str) -> bool:
    """`440`, `*440#` and `*440*1#` all belong to the channel `440`, and to `*440#`."""
    asked, own = bare(code), bare(address)
    return asked == own or asked.startswith(f"{own}*")


def is_dial_string(text: str) -> bool:
    """Whether this is a code as it is dialled: `*440*1#`."""
    return bool(_DIAL_STRING.fullmatch(text.strip()))


def dialled_past(dialled: str, address: str) -> str:
    """`1*2` of `*440*1*2#`: what was dialled past the channel's code, or nothing."""
    whole, own = dialled.strip().removesuffix("#").lstrip("*"), bare(address)
    past = whole.removeprefix(f"{own}*")
    return past if past != whole and _DIALLED.fullmatch(past) else ""
