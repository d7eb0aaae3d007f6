"""How much room a text takes on the air: GSM-7 septets, UTF-16 units, SMS segments.

Called by gateway/render.py and gateway/paging.py. The alphabet is that of 3GPP TS 23.038, section
6.2.1: a character of the extension table costs two septets; one character outside both tables
turns the whole message into UCS-2, where one outside the basic plane costs two units.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from dialogs.choices import whole_characters

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = "\f^{}\\[~]|€"
_GSM: Final = re.compile(f"[{re.escape(_BASIC + _EXTENSION)}]*", re.DOTALL)
_ESCAPED: Final = re.compile(f"[{re.escape(_EXTENSION)}]")
_PRINTABLE_ASCII: Final = re.compile(r"[\n -_a-~]*")
_ONE_SEPTET_EACH: Final = re.compile(r"[\n -Z_a-z]*")

# One message, and one part of several: the parts' header takes 7 septets or 3 units.
_GSM_PART: Final = (160, 153)
_UCS2_PART: Final = (70, 67)


def _ranges(*ranges: tuple[int, int]) -> Iterable[int]:
    return (code for first, last in ranges for code in range(first, last + 1))


_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Control characters, half surrogates, soft hyphens, zero-width spaces, tags, and what changes
# the direction of the text after it (U+202E shows "fdp.exe" as "exe.pdf").
_DROPPED: Final = dict.fromkeys(
    _ranges(
        (0x00, 0x08), (0x0E, 0x1B), (0x1F, 0x1F), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD),
        (0x200B, 0x200B), (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xD800, 0xDFFF),
        (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),
    )
) | {0x09: " "}  # fmt: skip
_PLAIN: Final = str.maketrans(
    dict.fromkeys("‘’‚‛′‵`´ʼ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−•·", "-")
    | dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " ")
    | {chr(code): " " for code in _ranges((0x2000, 0x200A))}
    | {"…": "...", "×": "x"}
)
# Joiners, direction marks and variation selectors are part of some scripts' spelling.
_INVISIBLE: Final = dict.fromkeys(_ranges((0x200C, 0x200F), (0x061C, 0x061C), (0xFE00, 0xFE0F)))


def clean(text: str) -> str:
    """The text with one kind of line end and nothing that hides, reorders or controls."""
    if _PRINTABLE_ASCII.fullmatch(text):
        return text
    return unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text).translate(_DROPPED))


def plain(text: str) -> str:
    """Clean, with quotes, dashes, spaces and dots that GSM-7 lacks as those it has.

    What is still outside GSM-7 then is kept: the text needs UCS-2.
    """
    if _PRINTABLE_ASCII.fullmatch(text):
        return text
    text = clean(text).translate(_PLAIN)
    bare = text.translate(_INVISIBLE)
    return bare if is_gsm(bare) else text


def is_simple(text: str) -> bool:
    """Whether a text is ASCII that takes one septet a character, as most are: it is plain then."""
    return _ONE_SEPTET_EACH.fullmatch(text) is not None


def one_line(text: str) -> str:
    """The text with every run of blanks and line ends as one space."""
    return " ".join(text.split())


def is_gsm(text: str) -> bool:
    """Whether every character is in GSM-7."""
    return _GSM.fullmatch(text) is not None


def septets(text: str) -> int:
    """What a GSM-7 text takes; the text must be GSM-7."""
    return len(text) + len(_ESCAPED.findall(text))


def units(text: str) -> int:
    """What a text takes in UCS-2, as UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def within(title: str, most: int) -> bool:
    """Whether there is a title, of at most so many units."""
    return 0 < units(title) <= most


def cut(text: str, most: int) -> str:
    """The text, shortened to so many units with a sign that it was."""
    if units(text) <= most:
        return text
    kept = whole_characters(text, most - 1)
    while units(kept) > most - 1:
        kept = whole_characters(text, len(kept) - 1)
    return f"{kept.rstrip()}…"


def message_room(parts: int) -> tuple[int, int]:
    """The septets and the UCS-2 units that so many SMS hold together."""
    (septets, in_part), (units_alone, units_in_part) = _GSM_PART, _UCS2_PART
    return (septets, units_alone) if parts == 1 else (in_part * parts, units_in_part * parts)


def segments(text: str) -> int:
    """How many SMS the text is; neither an escaped character nor a surrogate pair is split."""
    gsm = is_gsm(text)
    single, part = _GSM_PART if gsm else _UCS2_PART
    if (septets(text) if gsm else units(text)) <= single:
        return 1
    if gsm:
        costs = [2 if char in _EXTENSION else 1 for char in text]
    else:
        costs = [2 if char > "\uffff" else 1 for char in text]
    count, room = 1, part
    for cost in costs:
        if cost > room:
            count, room = count + 1, part
        room -= cost
    return count
