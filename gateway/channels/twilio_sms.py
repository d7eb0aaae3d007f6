"""Twilio Messaging, SMS (docs/wire-formats.md section 7; docs/carriers/twilio_sms.md).

    POST /public/sms/callback/{token}   X-Twilio-Signature: base64(HMAC-SHA1(token, url+fields))
      MessageSid=SM… AccountSid=AC… From=+2637… To=+2638… Body=… NumMedia=0 OptOutType=STOP …
    POST /public/sms/status/{token}     the same signature
      MessageSid=SM… AccountSid=AC… From=+2638… To=+2637… MessageStatus=delivered ErrorCode=…
    200  text/xml  <Response/>   always empty: answers are sent to
    POST {base_url}/2010-04-01/Accounts/{AccountSid}/Messages.json

The signature covers the public URL with its query and every field received. Since names and values
are joined without a sign between them, a repeated or missing field is refused (T5). With
`X-Twilio-Webhooks-Signature-Settings: key=…,algorithm=HMAC_SHA256` the key is a shared one.
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    add_port,
    get_signature_algorithm,
    remove_port,
)

from dialogs.messages import Input
from gateway.adapter import (
    Channel,
    Forged,
    Malformed,
    Outgoing,
    Peers,
    Profile,
    Refusal,
    Refused,
    Sent,
    Unknown,
    Verdict,
    matches,
    refused,
)
from gateway.inbound import (
    DeliveryReport,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    is_utf8,
    mend,
    read_form,
    read_msisdn,
    read_uuid,
    text_at,
)
from gateway.render import Page

PROFILE: Final = Profile(surface="sms", door="sms", signed=True)
BASE_URL: Final = "https://api.twilio.com"

_MESSAGE_ID: Final = re.compile("[A-Z]{2}[0-9a-fA-F]{32}")
_ADDRESS: Final = re.compile(r"\+?[0-9]{3,15}")
_BODY_MAX: Final = 1600
_ALWAYS: Final = frozenset({"AccountSid", "MessageSid", "From", "To"})
_KEYS: Final = {HMAC_SHA1: "auth_token", HMAC_SHA256: "webhooks_sharedkey"}
_SETTINGS: Final = SIGNATURE_SETTINGS_HEADER.lower()
_OUTBOUND: Final = "outbound"
_MEDIA_MAX: Final = 16

_STATES: Final[dict[str, Literal["sent", "delivered", "read", "failed"]]] = {
    "sent": "sent", "delivered": "delivered", "read": "read",
    "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip
_CONTROLS: Final[dict[str, Literal["stop", "start", "help"]]] = {
    "STOP": "stop", "START": "start", "HELP": "help",
}  # fmt: skip

CODES: Final = {
    code: verdict
    for verdict, codes in (
        (Refused(reason="not now", retryable=True), (20429, 63018, 30003, 30008)),
        (Refused(reason="opted out", opted_out=True), (21610,)),
        (Refused(reason="outside the 24 hours", fallback="template"), (63016,)),
        (Refused(reason="not reachable", fallback="sms"), (63003, 63024)),
        (Refused(reason="not a number"), (21211, 21614)),
        (Refused(reason="not delivered"), (30004, 30005, 30006, 30007)),
        (Refused(reason="configuration", alert=True), (20003, 20404, 21606, 21608, 21659)),
    )
    for code in codes
}
"""Error code → what it means (docs/wire-formats.md section 7; the last line: its error pages)."""

_XML: Final = (("content-type", "text/xml; charset=utf-8"),)
_EMPTY: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """The signature by the auth token or the shared key, over all fields, none of them missing
    or repeated; or over the hash of a JSON body."""
    if _is_json(request):
        if not (_is_signed(request, {}, channel) and _hash_fits(request)):
            raise Forged("signature")
        return
    form = _fields(request)
    if not _is_signed(request, form, channel):
        raise Forged("signature")
    if not (form.keys() >= _ALWAYS and {"Body", "MessageStatus"} & form.keys()):
        raise Forged("a field is missing")


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """One message of a person, or one status of ours; the field MessageStatus tells which."""
    if _is_json(request):
        return [Ignored(reason="not a message")]
    form = read_form(request.body)
    if form.get("AccountSid") not in channel.either("account_sid"):
        return [Ignored(reason="other account")]
    if not _MESSAGE_ID.fullmatch(form.get("MessageSid", "")):
        raise Malformed("MessageSid")
    if "MessageStatus" in form:
        return [_read_status(form, request.url)]
    return [_read_message(form, channel.region)]


def address_of(request: HttpRequest) -> str | None:
    """Our number: where a message went to, or where the one with this status came from."""
    try:
        form = read_form(request.body)
    except Malformed:
        return None
    address = form.get("From" if "MessageStatus" in form else "To", "")
    return address if _ADDRESS.fullmatch(address) else None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """Always the empty TwiML: answers are sent, not returned."""
    return HttpResponse(status=200, body=_EMPTY, headers=_XML)


def refuse(reason: Refusal) -> HttpResponse:
    """One 401 for every forgery; the empty TwiML for what will not get better by sending it
    again; 503 where it will."""
    if reason == "forged":
        body = b'{"error":"unauthorized"}'
        return HttpResponse(status=401, body=body, headers=(("content-type", "application/json"),))
    if reason == "busy":
        return HttpResponse(status=503, headers=(("retry-after", "30"),))
    return render(None, None)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """One message. Its status comes to `status_url` with our own id, for when no answer tells
    Twilio's. A person without a number cannot be reached."""
    person = outgoing.recipient
    number = person if isinstance(person, str) else person.value
    if not number.startswith("+"):
        return []
    account = channel.secrets["account_sid"]
    service = channel.settings.get("messaging_service_sid")
    form = {"To": number} | ({"MessagingServiceSid": service} if service else {})
    form |= {} if service else {"From": channel.address}
    form |= {"Body": outgoing.page.text}
    if outgoing.status_url:
        form["StatusCallback"] = f"{outgoing.status_url}?{_OUTBOUND}={outgoing.id}"
    login = base64.b64encode(f"{account}:{channel.secrets['auth_token']}".encode()).decode()
    base = channel.settings.get("base_url", BASE_URL).rstrip("/")
    request = HttpRequest(
        method="POST",
        url=f"{base}/2010-04-01/Accounts/{account}/Messages.json",
        headers=(
            ("authorization", f"Basic {login}"),
            ("content-type", "application/x-www-form-urlencoded"),
        ),
        body=urlencode(form).encode(),
    )
    return [request]


def judge(response: HttpResponse | None) -> Verdict:
    """By the code table; a success that names no message may or may not be one."""
    if response is None:
        return Unknown()
    body = response.json_object()
    if 200 <= response.status < 300:
        sid = text_at(body, "sid")
        return Sent(external_id=sid) if _MESSAGE_ID.fullmatch(sid) else Unknown()
    code = body.get("code")
    return refused(response, code if type(code) is int else None, CODES)


def _is_json(request: HttpRequest) -> bool:
    return (request.header("content-type") or "").lower().startswith("application/json")


def _fields(request: HttpRequest) -> dict[str, str]:
    """Every field once; what is ambiguous has no signature worth checking."""
    try:
        form = read_form(request.body)
    except Malformed:
        raise Forged("fields") from None
    if not all(is_utf8(text) for field in form.items() for text in field):
        raise Forged("fields")
    return form


def _is_signed(request: HttpRequest, form: Mapping[str, str], channel: Channel) -> bool:
    """Whether a key of the account made the signature; Twilio may or may not sign the port."""
    settings = [value for name, value in request.headers if name.lower() == _SETTINGS]
    algorithm = get_signature_algorithm(settings[0] if settings else None).upper()
    if len(settings) > 1 or algorithm not in _KEYS:
        return False
    url = urlsplit(request.url)
    expected = [
        RequestValidator(key).compute_signature(each, form, algorithm)
        for key in channel.either(_KEYS[algorithm])
        for each in (remove_port(url), add_port(url))
    ]
    return matches(request.header(SIGNATURE_HEADER) or "", expected)


def _hash_fits(request: HttpRequest) -> bool:
    told = parse_qs(urlsplit(request.url).query).get("bodySHA256", [])
    return len(told) == 1 and matches(told[0], [hashlib.sha256(request.body).hexdigest()])


def _read_message(form: dict[str, str], region: str) -> Event:
    sender, address = read_msisdn(form.get("From", ""), region), form.get("To", "")
    if sender is None or not _ADDRESS.fullmatch(address):
        return Ignored(reason="no number")
    media = form.get("MediaContentType0", "").partition("/")[0]
    return Inbound(
        address=address,
        sender=sender,
        external_id=form["MessageSid"],
        input=Input(mend(form.get("Body", ""))[:_BODY_MAX], media=media[:_MEDIA_MAX] or None),
        control=_CONTROLS.get(form.get("OptOutType", "").upper()),
    )


def _read_status(form: dict[str, str], url: str) -> Event:
    state, address = _STATES.get(form["MessageStatus"].lower()), form.get("From", "")
    if state is None or not _ADDRESS.fullmatch(address):
        return Ignored(reason="nothing final")
    error, ours = form.get("ErrorCode", ""), parse_qs(urlsplit(url).query).get(_OUTBOUND, [])
    return DeliveryReport(
        address=address,
        external_id=form["MessageSid"],
        state=state,
        error=error if re.fullmatch("[0-9]{1,6}", error) else "",
        outbound_id=read_uuid(ours[0]) if len(ours) == 1 else None,
    )
