"""What the tests of the renderer share: channels, menus, and sizes measured with smsutil."""

import itertools

import smsutil

from dialogs.messages import Choice, Reply
from gateway.render import Hints, Page, Profile, fit

USSD = Profile(surface="ussd", reply_in_response=True)
SMS = Profile(surface="sms", door="sms")
CHAT = Profile(surface="chat", door="wa")


def pages(reply: Reply, profile: Profile, texts: Hints | None = None) -> list[Page]:
    """All pages, turned one by one as the engine does."""
    found = []
    for number in itertools.count(1):
        found.append(fit(reply, profile, number, texts or Hints()))
        assert found[-1].number == number
        if not found[-1].more:
            return found
    raise AssertionError


def fits_ussd(text: str) -> bool:
    parts = smsutil.split(text)
    if parts.encoding == "gsm0338":
        return bool(parts.total_bytes <= 182)
    return len(text.encode("utf-16-le")) // 2 <= 80


def fits_sms(text: str) -> bool:
    return len(smsutil.split(text).parts) <= 3


def menu(*labels: str, text: str = "Cafe Aroma", **rest: object) -> Reply:
    choices = tuple(Choice(id=label.lower(), label=label) for label in labels)
    return Reply(text=text, choices=choices, **rest)  # type: ignore[arg-type]
