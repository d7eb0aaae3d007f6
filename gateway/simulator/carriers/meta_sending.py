"""What Meta accepts to send, and its limits (docs/wire-formats.md 8, Limits)."""

from dataclasses import replace
from typing import Any, Final

from gateway.simulator.carriers.messages import Read, Sending
from gateway.simulator.handset import Pick, Wish

TEXT_MAX: Final = 4096
BODY_MAX: Final = 1024
BUTTONS_MAX: Final = 3
BUTTON_TITLE_MAX: Final = 20
ROWS_MAX: Final = 10
ROW_TITLE_MAX: Final = 24
ROW_DETAIL_MAX: Final = 72
PICK_ID_MAX: Final = {"button": 256, "row": 200}

BAD_VALUE: Final = 131009
MISSING: Final = 131008
UNSUPPORTED: Final = 131051


class Unfit(Exception):
    """Meta would refuse the message with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def sending(body: dict[str, Any], fresh_id: str) -> Sending | Read:
    """The message in a request body. Raises Unfit where Meta has a limit or misses a field."""
    try:
        taken = _sending(body, fresh_id)
        tag = str(body.get("biz_opaque_callback_data", ""))
        return replace(taken, wish=Wish(tag=tag)) if isinstance(taken, Sending) else taken
    except (KeyError, TypeError, AttributeError) as error:
        raise Unfit(MISSING, "Required parameter is missing") from error


def _sending(body: dict[str, Any], fresh_id: str) -> Sending | Read:
    if body["messaging_product"] != "whatsapp":
        raise Unfit(BAD_VALUE, "messaging_product must be whatsapp")
    if body.get("status") == "read":
        return Read(message_id=body["message_id"], typing=bool(body.get("typing_indicator")))
    recipient = "+" + str(body["to"]).removeprefix("+")
    kind = body.get("type", "text")
    if kind == "text":
        text = _fits(body["text"]["body"], TEXT_MAX, "text body")
        return Sending(id=fresh_id, recipient=recipient, text=text)
    if kind == "image":
        image = body["image"]
        caption = _fits(image.get("caption", " "), BODY_MAX, "caption").strip()
        return Sending(id=fresh_id, recipient=recipient, text=caption, image=image["link"])
    if kind == "interactive":
        return _interactive(body["interactive"], recipient, fresh_id)
    raise Unfit(UNSUPPORTED, "Message type is not supported by this phone")


def _interactive(content: dict[str, Any], recipient: str, fresh_id: str) -> Sending:
    header, footer = content.get("header", {}), content.get("footer", {})
    buttons: tuple[Pick, ...] = ()
    rows: tuple[Pick, ...] = ()
    opener = ""
    if content["type"] == "button":
        buttons = _buttons(content["action"]["buttons"])
    elif content["type"] == "list":
        opener = _fits(content["action"]["button"], BUTTON_TITLE_MAX, "list button")
        rows = _rows(content["action"]["sections"])
    else:
        raise Unfit(UNSUPPORTED, "Interactive type is not supported by this phone")
    return Sending(
        id=fresh_id,
        recipient=recipient,
        text=_fits(content["body"]["text"], TEXT_MAX if rows else BODY_MAX, "body"),
        buttons=buttons,
        rows=rows,
        opener=opener,
        header=header.get("text", ""),
        footer=footer.get("text", ""),
        image=header.get("image", {}).get("link", ""),
    )


def _buttons(found: list[dict[str, Any]]) -> tuple[Pick, ...]:
    if not 1 <= len(found) <= BUTTONS_MAX:
        raise Unfit(BAD_VALUE, "Between 1 and 3 buttons are allowed")
    picks = tuple(
        Pick(
            id=_fits(button["reply"]["id"], PICK_ID_MAX["button"], "button id"),
            title=_fits(button["reply"]["title"], BUTTON_TITLE_MAX, "button title"),
        )
        for button in found
    )
    return _distinct(picks)


def _rows(sections: list[dict[str, Any]]) -> tuple[Pick, ...]:
    found = [row for section in sections for row in section["rows"]]
    if not 1 <= len(found) <= ROWS_MAX:
        raise Unfit(BAD_VALUE, "Between 1 and 10 rows are allowed in total")
    picks = tuple(
        Pick(
            id=_fits(row["id"], PICK_ID_MAX["row"], "row id"),
            title=_fits(row["title"], ROW_TITLE_MAX, "row title"),
            detail=_fits(row.get("description") or " ", ROW_DETAIL_MAX, "row description").strip(),
        )
        for row in found
    )
    return _distinct(picks)


def _distinct(picks: tuple[Pick, ...]) -> tuple[Pick, ...]:
    if len({pick.id for pick in picks}) < len(picks):
        raise Unfit(BAD_VALUE, "Ids must be unique")
    return picks


def _fits(text: str, limit: int, what: str) -> str:
    if not 1 <= len(text) <= limit:
        raise Unfit(BAD_VALUE, f"The {what} must have 1 to {limit} characters")
    return text
