"""A webhook's JSON → events (docs/wire-formats.md section 8). Called by the adapter only.

Whatever has another shape than expected is passed over: Meta adds fields and types unannounced. A
person with a username may have no number: the sender is then a BSUID such as `US.1349…`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal

from core.values import Address
from dialogs.messages import Input
from gateway.inbound import (
    DeliveryReport,
    Event,
    Ignored,
    Inbound,
    at,
    is_sound,
    objects_at,
    read_epoch,
    read_msisdn,
    read_uuid,
    text_at,
)

_NUMBER_ID: Final = re.compile("[0-9]{1,32}")
_MESSAGE_ID: Final = re.compile("[!-~]{1,256}")
_BSUID: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_TEXT_MAX: Final = 4096
_CHOICE_MAX: Final = 256
_NAME_MAX: Final = 128
# What a person sends that is no text: it is answered, with the welcome.
_WORDLESS: Final = frozenset(
    {"image", "video", "document", "audio", "voice", "sticker", "location", "contacts", "order"}
    | {"unsupported"}
)
_SILENT: Final = frozenset({"reaction", "system", "edit", "revoke"})
_STATES: Final[dict[str, Literal["sent", "delivered", "read", "failed"]]] = {
    "sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed",
}  # fmt: skip


def read_events(body: object, region: str, now: datetime) -> Iterator[Event]:
    """The messages and statuses of every entry and change, and what was passed over."""
    for change in _changes(body):
        address = text_at(change, "value", "metadata", "phone_number_id")
        if text_at(change, "field") != "messages":
            yield Ignored(reason="unknown field")
        elif not _NUMBER_ID.fullmatch(address):
            yield Ignored(reason="no phone_number_id")
        else:
            yield from _read_value(change["value"], address, region, now)


def phone_number_ids(body: object) -> Iterator[str]:
    """The numbers a body speaks to, in its order."""
    for change in _changes(body):
        number = text_at(change, "value", "metadata", "phone_number_id")
        if _NUMBER_ID.fullmatch(number):
            yield number


def _changes(body: object) -> Iterator[dict[str, Any]]:
    for entry in objects_at(body, "entry"):
        yield from objects_at(entry, "changes")


def _read_value(value: object, address: str, region: str, now: datetime) -> Iterator[Event]:
    names = {
        text_at(contact, key): text_at(contact, "profile", "name")[:_NAME_MAX]
        for contact in objects_at(value, "contacts")
        for key in ("wa_id", "user_id")
    }
    for message in objects_at(value, "messages"):
        yield _read_message(message, address, names, region, now)
    for status in objects_at(value, "statuses"):
        yield _read_status(status, address, now)


def _read_message(
    message: dict[str, Any], address: str, names: dict[str, str], region: str, now: datetime
) -> Event:
    kind, external_id = text_at(message, "type"), text_at(message, "id")
    person = [text_at(message, "from"), text_at(message, "from_user_id")]
    sender = next((found for each in person if (found := _sender(each, region))), None)
    said = _read_input(message, kind)
    if kind in _SILENT:
        return Ignored(reason=kind)
    if said is None:
        return Ignored(reason="unknown type")
    if sender is None or not _MESSAGE_ID.fullmatch(external_id):
        return Ignored(reason="no sender or no id")
    if message.get("group_id"):
        return Ignored(reason="group")
    if not is_sound(f"{said.text}{said.choice}"):
        return Ignored(reason="text that cannot be kept")
    name = next((names[each] for each in person if each and each in names), "")
    return Inbound(
        address=address,
        sender=sender,
        external_id=external_id,
        input=said,
        sent_at=read_epoch(message.get("timestamp"), now),
        profile_name=name if is_sound(name) else "",
    )


def _read_input(message: dict[str, Any], kind: str) -> Input | None:
    """What was said; None for a type that is unknown. The ids of options travel as payloads."""
    if kind == "text":
        return Input(text_at(message, "text", "body")[:_TEXT_MAX])
    if kind == "button":
        choice, text = text_at(message, "button", "payload"), text_at(message, "button", "text")
        return Input(text[:_TEXT_MAX], choice[:_CHOICE_MAX] or None)
    if kind == "interactive":
        form = text_at(message, "interactive", "type")
        choice, title = text_at(message, kind, form, "id"), text_at(message, kind, form, "title")
        if choice:
            return Input(title[:_TEXT_MAX], choice[:_CHOICE_MAX])
        return Input("", media="unsupported")
    if kind in _WORDLESS:
        return Input(text_at(message, kind, "caption")[:_TEXT_MAX], media=kind)
    return None


def _read_status(status: dict[str, Any], address: str, now: datetime) -> Event:
    external_id, state = text_at(status, "id"), _STATES.get(text_at(status, "status"))
    if state is None or not _MESSAGE_ID.fullmatch(external_id):
        return Ignored(reason="unknown status")
    error = at(next(iter(objects_at(status, "errors")), None), "code")
    return DeliveryReport(
        address=address,
        external_id=external_id,
        state=state,
        error=str(error) if type(error) is int else "",
        at=read_epoch(status.get("timestamp"), now),
        outbound_id=read_uuid(text_at(status, "biz_opaque_callback_data")),
    )


def _sender(person: str, region: str) -> Address | None:
    if person.isascii() and person.isdigit():
        return read_msisdn(f"+{person}", region)
    return Address("bsuid", person) if _BSUID.fullmatch(person) else None
