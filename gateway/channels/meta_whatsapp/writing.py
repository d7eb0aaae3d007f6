"""A page → the JSON bodies that send it, and what Meta's error codes mean
(docs/wire-formats.md section 8). Called by the adapter only.
"""

from typing import Any, Final

from core.values import Address
from gateway.adapter import Outgoing, Refused
from gateway.render import Page

_CAPTION_MAX: Final = 1024

CODES: Final = {
    code: verdict
    for verdict, codes in (
        (
            Refused(reason="too fast", retryable=True, throttled=True),
            (4, 80007, 130429, 131048, 131056, 133016, 131064),
        ),
        (Refused(reason="not now", retryable=True), (131000, 131016, 131057)),
        (Refused(reason="media", retryable=True, once=True), (131053,)),
        (Refused(reason="outside the 24 hours", fallback="template"), (131047,)),
        (Refused(reason="not reachable", fallback="sms"), (131026, 130472, 131049, 130497)),
        (Refused(reason="opted out", opted_out=True), (131050,)),
        (
            Refused(reason="configuration", alert=True),
            (0, 3, 10, 190, *range(200, 300), 131031, 131042, 131045, 131037, 368),
        ),
        (
            Refused(reason="template", alert=True),
            (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016),
        ),
        (Refused(reason="flow", alert=True), (132068, 132069)),
        (
            Refused(reason="not accepted"),
            (100, 131008, 131009, 131021, 131030, 131051, 131052, 131062),
        ),
    )
    for code in codes
}
"""Error code → what it means (docs/wire-formats.md section 8, Codes)."""


def parts(outgoing: Outgoing) -> list[dict[str, Any]]:
    """The message, in one body where it can be. A picture is the caption's or the buttons' head;
    a list has none. Our own id travels along and comes back with every status."""
    page, image = outgoing.page, outgoing.media_url if outgoing.page.image else None
    envelope: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    envelope |= _recipient(outgoing.recipient)
    envelope |= {"biz_opaque_callback_data": str(outgoing.id)}
    if not image:
        return [envelope | _words(page)]
    picture = {"link": image}
    if page.style == "text" and len(page.text) <= _CAPTION_MAX:
        return [envelope | {"type": "image", "image": picture | {"caption": page.text}}]
    if page.style == "buttons":
        head = {"header": {"type": "image", "image": picture}}
        return [envelope | _interactive(page, head)]
    return [envelope | {"type": "image", "image": picture}, envelope | _words(page)]


def read_mark(message_id: str) -> dict[str, Any]:
    """Two blue ticks, and the typing sign until the answer comes (25 s at most)."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def _recipient(person: Address | str) -> dict[str, str]:
    value = person if isinstance(person, str) else person.value
    return {"to": value[1:]} if value.startswith("+") else {"recipient": value}


def _words(page: Page) -> dict[str, Any]:
    if page.style == "text":
        return {"type": "text", "text": {"preview_url": False, "body": page.text}}
    return _interactive(page, {})


def _interactive(page: Page, header: dict[str, Any]) -> dict[str, Any]:
    action: dict[str, Any]
    if page.style == "buttons":
        replies = [{"id": option.id, "title": option.short} for option in page.options]
        action = {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
    else:
        rows = [
            {"id": option.id, "title": option.short}
            | ({"description": option.detail} if option.detail else {})
            for option in page.options
        ]
        action = {"button": page.button, "sections": [{"rows": rows}]}
    shown = {"type": "button" if page.style == "buttons" else "list"} | header
    return {
        "type": "interactive",
        "interactive": shown | {"body": {"text": page.text}, "action": action},
    }
