"""The channels a screen is shown on: every adapter's profile of a room of its own, and smaller.

Sizes are measured with smsutil, not with our own counting.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import smsutil

from gateway.kinds import discover
from gateway.render import Page, Profile

SMALLER: Final = {
    "USSD 160": Profile(surface="ussd", septets=160, ucs2_chars=70),
    "USSD 120": Profile(surface="ussd", septets=120, ucs2_chars=52),
}
"""USSD of carriers that take less than the standard's 182 (docs/wire-formats.md section 2)."""
BODY_MAX: Final = {"buttons": 1024, "list": 4096, "text": 4096}


@dataclass(frozen=True, slots=True)
class Channel:
    """A way a page is shown. `kinds`: the adapters that show it so, if any does yet."""

    name: str
    profile: Profile
    kinds: tuple[str, ...]

    @property
    def small(self) -> bool:
        """Whether its screen holds less than the standard's."""
        return self.name in SMALLER


@cache
def channels() -> tuple[Channel, ...]:
    """Every distinct one, USSD first."""
    rooms: dict[tuple[object, ...], list[str]] = {}
    profiles = {kind: adapter.PROFILE for kind, adapter in discover().items()} | SMALLER
    for kind, profile in profiles.items():
        rooms.setdefault(room(profile), []).append(kind)
    found = [
        Channel(_name(profiles[kinds[0]]), profiles[kinds[0]], tuple(set(kinds) - set(SMALLER)))
        for kinds in rooms.values()
    ]
    return tuple(
        sorted(found, key=lambda c: (c.profile.surface != "ussd", -c.profile.septets, c.name))
    )


def room(profile: Profile) -> tuple[object, ...]:
    """What tells one way of showing a page from another."""
    match profile.surface:
        case "ussd":
            return ("ussd", profile.septets, profile.ucs2_chars)
        case "sms":
            return ("sms", profile.segments)
    return (profile.surface,)


def _name(profile: Profile) -> str:
    match profile.surface:
        case "ussd":
            return f"USSD {profile.septets}"
        case "sms":
            return "SMS"
    return "WhatsApp"


def is_gsm(text: str) -> bool:
    """Whether the text goes in GSM-7."""
    return bool(smsutil.is_valid_gsm(text))


def units(text: str) -> int:
    """UTF-16 units, as phones and carriers count what is not GSM-7."""
    return len(text.encode("utf-16-le")) // 2


def segments(text: str) -> int:
    """How many SMS carry the text."""
    return len(smsutil.split(text).parts)


def taken(page: Page, profile: Profile) -> tuple[int, int]:
    """What a page takes of the room there is: septets, units, or characters of a chat."""
    if profile.surface == "chat":
        return units(page.text), BODY_MAX[page.style]
    if not is_gsm(page.text):
        most = profile.ucs2_chars if profile.surface == "ussd" else _sms_room(profile, 70, 67)
        return units(page.text), most
    most = profile.septets if profile.surface == "ussd" else _sms_room(profile, 160, 153)
    return len(page.text) + sum(char in "\f^{}\\[~]|€" for char in page.text), most


def _sms_room(profile: Profile, single: int, part: int) -> int:
    return single if profile.segments == 1 else part * profile.segments
