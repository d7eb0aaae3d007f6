"""Africa's Talking SMS (docs/wire-formats.md section 1; docs/carriers/africastalking_sms.md).

    POST /public/sms/callback/{token}    id=… linkId=… text=… from=+2637… to=12345 date=…
    POST /public/sms/status/{token}      id=ATXid_… status=Success phoneNumber=… failureReason=…
    POST /public/sms/events/{token}      senderId=… phoneNumber=…      an opt-out
    200  always empty: answers are sent to
    POST {base_url}/version1/messaging   apikey: …    username=… to=… message=… from=…
    201  {"SMSMessageData": {"Recipients": [{"statusCode": 101, "messageId": "ATXid_…", …}]}}

The fields tell which of the three it is. Nothing is signed, so two other proofs are needed
(security.md 13). `date` is used where it says its zone. Which status codes there are is known from
memory, their fields from working source. https://developers.africastalking.com/docs/sms
"""

import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from dialogs.messages import Input
from gateway.adapter import (
    Channel,
    Malformed,
    Outgoing,
    Peers,
    Profile,
    Refusal,
    Refused,
    Sent,
    Unknown,
    Verdict,
    refused,
    require_two_proofs,
)
from gateway.inbound import (
    DeliveryReport,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    at,
    mend,
    objects_at,
    read_form,
    read_msisdn,
    text_at,
)
from gateway.render import Page

PROFILE: Final = Profile(surface="sms", door="sms", body_max=65_536)
BASE_URL: Final = "https://api.africastalking.com"

_FIELDS: Final = frozenset(
    {"id", "text", "from", "to", "date", "status", "phoneNumber", "failureReason", "senderId"}
)
_MESSAGE_ID: Final = re.compile("[!-~]{1,128}")
_ADDRESS: Final = re.compile(r"\+?[0-9]{3,15}|[0-9A-Za-z][0-9A-Za-z ._-]{0,10}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_REASON: Final = re.compile("[A-Za-z]{1,40}")
_BODY_MAX: Final = 1600
_TAKEN: Final = frozenset({100, 101, 102})

_STATES: Final[dict[str, Literal["sent", "delivered", "failed"]]] = {
    "sent": "sent", "submitted": "sent", "buffered": "sent", "success": "delivered",
    "rejected": "failed", "failed": "failed", "expired": "failed", "absentsubscriber": "failed",
}  # fmt: skip

CODES: Final = {
    code: verdict
    for verdict, codes in (
        (Refused(reason="not now", retryable=True), (500, 501, 502)),
        (Refused(reason="not a number"), (403, 404)),
        (Refused(reason="opted out", opted_out=True), (406, 409)),
        (Refused(reason="not delivered"), (401, 407)),
        (Refused(reason="configuration", alert=True), (402, 405)),
    )
    for code in codes
}
"""statusCode → what it means (docs/wire-formats.md section 1, Send)."""

REASONS: Final = {
    "UserInBlackList": Refused(reason="opted out", opted_out=True),
    "InsufficientCredit": Refused(reason="configuration", alert=True),
    "InvalidLinkId": Refused(reason="configuration", alert=True),
}
"""failureReason → what it means, where it is more than that the message did not arrive."""


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """Two proofs of {path token, listed address, shared secret, client certificate}."""
    require_two_proofs(request, channel, peers)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """A message, a delivery report or an opt-out; the fields tell which."""
    if len(request.body) > PROFILE.body_max:
        raise Malformed("too long")
    form = read_form(request.body, once=_FIELDS)
    if "senderId" in form and not {"id", "status", "text"} & form.keys():
        return [_opted_out(form, request.body, channel, now)]
    if not _MESSAGE_ID.fullmatch(form.get("id", "")):
        raise Malformed("id")
    return [_reported(form, channel) if "status" in form else _message(form, channel, now)]


def address_of(request: HttpRequest) -> str | None:
    """Where a message went to; a report does not say where its message came from."""
    try:
        form = read_form(request.body, once=_FIELDS)
    except Malformed:
        return None
    address = form.get("to", form.get("senderId", ""))
    return address if _ADDRESS.fullmatch(address) else None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """A bare acknowledgement: answers are sent, not returned."""
    return HttpResponse(status=200)


def refuse(reason: Refusal) -> HttpResponse:
    """One 401 for every forgery; 200 for what will not get better by sending it again; 503 where
    it will."""
    if reason == "forged":
        body = b'{"error":"unauthorized"}'
        return HttpResponse(status=401, body=body, headers=(("content-type", "application/json"),))
    if reason == "busy":
        return HttpResponse(status=503, headers=(("retry-after", "30"),))
    return HttpResponse(status=200)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """One message to one number. A person without a number cannot be reached."""
    person = outgoing.recipient
    number = person if isinstance(person, str) else person.value
    if not number.startswith("+"):
        return []
    sender = channel.settings.get("sender", channel.address)
    form = {"username": channel.secrets["username"], "to": number, "message": outgoing.page.text}
    form |= ({"from": sender} if sender else {}) | {"enqueue": "1"}
    base = channel.settings.get("base_url", BASE_URL).rstrip("/")
    request = HttpRequest(
        method="POST",
        url=f"{base}/version1/messaging",
        headers=(
            ("apikey", channel.secrets["api_key"]),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ),
        body=urlencode(form).encode(),
    )
    return [request]


def judge(response: HttpResponse | None) -> Verdict:
    """By the only recipient's code. Without a recipient nothing was sent, and the sender is wrong;
    a success that cannot be read may or may not be one."""
    if response is None:
        return Unknown()
    body = response.json_object()
    told = next(iter(objects_at(body, "SMSMessageData", "Recipients")), None)
    code = at(told, "statusCode")
    if not 200 <= response.status < 300:
        return refused(response, None, CODES)
    if type(code) is not int:
        nobody = at(body, "SMSMessageData", "Recipients") == []
        return Refused(reason="nobody", alert=True) if nobody else Unknown()
    sent = text_at(told, "messageId")
    if code in _TAKEN:
        return Sent(external_id=sent) if _MESSAGE_ID.fullmatch(sent) else Unknown()
    return refused(response, code, CODES)


def judge_report(code: str) -> Refused:
    """By the failureReason."""
    return REASONS.get(code, Refused(reason=f"not delivered {code}".rstrip()))


def _message(form: dict[str, str], channel: Channel, now: datetime) -> Event:
    sender, address = read_msisdn(form.get("from", ""), channel.region), form.get("to", "")
    if "text" not in form:
        raise Malformed("text")
    if sender is None or not _ADDRESS.fullmatch(address):
        return Ignored(reason="no number")
    return Inbound(
        address=address,
        sender=sender,
        external_id=form["id"],
        input=Input(mend(form["text"])[:_BODY_MAX]),
        sent_at=_sent_at(form.get("date", ""), now),
        network=mend(form.get("networkCode", "")),
    )


def _sent_at(told: str, now: datetime) -> datetime | None:
    """The time where it says its zone; one of another day to come is none."""
    if not _DATE.fullmatch(told):
        return None
    try:
        sent_at = datetime.fromisoformat(told).astimezone(UTC)
    except ValueError:
        return None
    return sent_at if sent_at <= now + timedelta(days=1) else None


def _reported(form: dict[str, str], channel: Channel) -> Event:
    state = _STATES.get(form["status"].strip().lower())
    if state is None:
        return Ignored(reason="unknown status")
    reason = form.get("failureReason", "")
    return DeliveryReport(
        address=channel.address,
        external_id=form["id"],
        state=state,
        error=reason if state == "failed" and _REASON.fullmatch(reason) else "",
    )


def _opted_out(form: dict[str, str], body: bytes, channel: Channel, now: datetime) -> Event:
    """A STOP that the carrier has taken. It has no id: one that repeats is obeyed again."""
    sender = read_msisdn(form.get("phoneNumber", ""), channel.region)
    if sender is None:
        return Ignored(reason="no number")
    return Inbound(
        address=channel.address,
        sender=sender,
        external_id=f"optout-{now:%Y%m%dT%H%M%S.%f}-{zlib.crc32(body) & 0xFFFF:04x}",
        input=Input("STOP"),
        control="stop",
    )
