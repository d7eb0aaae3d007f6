"""What adapters make of a page: the very requests and answers, held to the carriers' limits.

Limits: docs/wire-formats.md sections 7 (Twilio) and 8 (Meta).
"""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from core.values import Address
from dialogs.directions import ordered
from dialogs.messages import Input
from gateway.adapter import Channel, Outgoing
from gateway.declared.carrier import Declared
from gateway.inbound import HttpRequest, Inbound
from gateway.kinds import discover
from gateway.render import Hints, Page
from gateway.samples import screen
from tests.screens.channels import units

ID: Final = UUID(int=1)
PHONE: Final = Address("msisdn", "+962791234567")
ADAPTERS: Final = discover()
TWILIO_MAX, CAPTION_MAX, TEXT_MAX, BUTTONS_MAX, LIST_MAX = 1600, 1024, 4096, 1024, 4096
SECRETS: Final = dict.fromkeys(
    ("access_token", "account_sid", "auth_token", "api_key", "username", "password"), "secret"
)


def misfits(kind: str, page: Page, texts: Hints) -> Iterator[str]:
    """What the carrier would refuse, or not show, of a page."""
    requests = ADAPTERS[kind].compose(_outgoing(page), _channel(kind))
    if not requests:
        if _shown(kind, page) not in _answer(kind, page):
            yield f"{kind} answers with another text"
    elif kind == "meta_whatsapp":
        for request in requests:
            yield from _meta(json.loads(request.body))
    else:
        yield from _numbered(kind, page, [_text(request) for request in requests], texts)


def _outgoing(page: Page) -> Outgoing:
    link = "https://maita.example/m/i/abc.png" if page.image else None
    return Outgoing(id=ID, recipient=PHONE, page=page, media_url=link)


def _channel(kind: str) -> Channel:
    return Channel(
        id=ID, owner=ID, kind=kind, address="+962790000000", token="t", region="JO",
        secrets=SECRETS,
    )  # fmt: skip


def _shown(kind: str, page: Page) -> str:
    """The page's words; characters that the carrier gives another meaning stand as others."""
    adapter, words = ADAPTERS[kind], page.text
    if isinstance(adapter, Declared):
        for found, put in adapter.table.answer.replace.items():
            words = words.replace(found, put) if found != "\n" else words
    return words


def _answer(kind: str, page: Page) -> str:
    """The words of an answer, as the carrier reads them."""
    inbound = Inbound(address="*123#", sender=PHONE, conversation="1", input=Input(""))
    response = ADAPTERS[kind].render(page, inbound)
    shown = screen(ADAPTERS[kind], _channel(kind), response)
    return shown.words if shown else ""


def _text(request: HttpRequest) -> str:
    """The text in a form or in the query of a request."""
    query = urlsplit(request.url).query
    fields = parse_qs(request.body.decode()) | parse_qs(query)
    if fields.get("coding") == ["2"]:
        fields["text"] = parse_qs(query, encoding="utf-16-be", errors="replace")["text"]
    return next(fields[name][0] for name in ("Body", "message", "text") if name in fields)


def _meta(message: dict[str, Any]) -> Iterator[str]:
    match message:
        case {"type": "text", "text": {"body": body}}:
            yield from _length("text", body, TEXT_MAX)
        case {"type": "image", "image": image}:
            yield from _length("caption", image.get("caption", "-"), CAPTION_MAX)
        case {"interactive": {"type": kind, "body": {"text": body}}}:
            yield from _length(kind, body, BUTTONS_MAX if kind == "button" else LIST_MAX)
        case _:
            yield f"meta_whatsapp sends {message}"


def _length(name: str, text: str, most: int) -> Iterator[str]:
    if not 0 < units(text) <= most:
        yield f"meta_whatsapp sends a {name} of {units(text)}"


def _numbered(kind: str, page: Page, said: list[str], texts: Hints) -> Iterator[str]:
    """Everything is in the words, each choice with its number on a line of its own."""
    if any(units(text) > TWILIO_MAX for text in said) and kind.startswith("twilio"):
        yield f"{kind} sends more than {TWILIO_MAX} at once"
    lines = "\n".join(said).split("\n")
    for option in page.options if page.style != "text" else ():
        joint = " " if option.id == "98" else texts.joint
        if ordered(f"{option.number}{joint}{option.label}", rtl=texts.rtl) not in lines:
            yield f"{kind} does not list {option.label!r}"
    if " ".join(page.text.split()) not in " ".join(" ".join(said).split()):
        yield f"{kind} sends another text"
