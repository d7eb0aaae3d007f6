"""What all of Twilio's messaging channels share. Called by their adapters; knows none of them.

Signatures, the fields of a webhook, one request of the Messages resource and the meaning of its
answers (docs/wire-formats.md section 7). Addresses are bare here: a channel that has its own kind
of address (`whatsapp:+2637…`) puts the prefix on and off.
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
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

from gateway.adapter import (
    Channel,
    Forged,
    Malformed,
    Outgoing,
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
    is_utf8,
    read_form,
    read_uuid,
    text_at,
)

BASE_URL: Final = "https://api.twilio.com"
BODY_MAX_CHARS: Final = 1600

_MESSAGE_ID: Final = re.compile("[A-Z]{2}[0-9a-fA-F]{32}")
_ADDRESS: Final = re.compile(r"\+?[0-9]{3,15}")
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
        (Refused(reason="too fast", retryable=True, throttled=True), (20429, 63018)),
        (Refused(reason="not now", retryable=True), (30003, 30008)),
        (Refused(reason="opted out", opted_out=True), (21610,)),
        (Refused(reason="not a number"), (21211, 21614)),
        (Refused(reason="not delivered"), (30004, 30005, 30006, 30007)),
        (Refused(reason="configuration", alert=True), (20003, 20404, 21606, 21608, 21659)),
    )
    for code in codes
}
"""Error code → what it means, whatever the channel (the last line: Twilio's error pages)."""

_XML: Final = (("content-type", "text/xml; charset=utf-8"),)
_EMPTY: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def check_signature(request: HttpRequest, channel: Channel) -> None:
    """Raise Forged unless the auth token or the shared key signed all fields, none of them missing
    or repeated; or the hash of a JSON body."""
    if _is_json(request):
        if not (_is_signed(request, {}, channel) and _hash_fits(request)):
            raise Forged("signature")
        return
    form = _fields(request)
    if not _is_signed(request, form, channel):
        raise Forged("signature")
    if not (form.keys() >= _ALWAYS and {"Body", "MessageStatus"} & form.keys()):
        raise Forged("a field is missing")


def read_webhook(request: HttpRequest, channel: Channel) -> dict[str, str] | Ignored:
    """The fields of a message or a status of this account; raises Malformed."""
    if _is_json(request):
        return Ignored(reason="not a message")
    form = read_form(request.body)
    if form.get("AccountSid") not in channel.either("account_sid"):
        return Ignored(reason="other account")
    if not _MESSAGE_ID.fullmatch(form.get("MessageSid", "")):
        raise Malformed("MessageSid")
    return form


def own_address(request: HttpRequest, prefix: str = "") -> str | None:
    """Our number: where a message went to, or where the one with this status came from."""
    try:
        form = read_form(request.body)
    except Malformed:
        return None
    told = form.get("From" if "MessageStatus" in form else "To", "")
    return bare(told, prefix) if told.startswith(prefix) else None


def bare(told: str, prefix: str = "") -> str | None:
    """A business address without its prefix; None when it is none."""
    address = told.removeprefix(prefix)
    return address if _ADDRESS.fullmatch(address) else None


def read_status(form: Mapping[str, str], url: str, prefix: str = "") -> Event:
    """The status of a message of ours; its URL ends in our own id."""
    state = _STATES.get(form["MessageStatus"].lower())
    address = bare(form.get("From", ""), prefix)
    if state is None or address is None:
        return Ignored(reason="nothing final")
    error, ours = form.get("ErrorCode", ""), parse_qs(urlsplit(url).query).get(_OUTBOUND, [])
    return DeliveryReport(
        address=address,
        external_id=form["MessageSid"],
        state=state,
        error=error if re.fullmatch("[0-9]{1,6}", error) else "",
        outbound_id=read_uuid(ours[0]) if len(ours) == 1 else None,
    )


def media_of(form: Mapping[str, str]) -> str | None:
    """What kind of thing came with a message (`image`), the first of several."""
    return form.get("MediaContentType0", "").partition("/")[0][:_MEDIA_MAX] or None


def control_of(form: Mapping[str, str]) -> Literal["stop", "start", "help"] | None:
    """STOP, START or HELP that Twilio has answered already."""
    return _CONTROLS.get(form.get("OptOutType", "").upper())


def acknowledged() -> HttpResponse:
    """The empty TwiML: answers are sent, not returned."""
    return HttpResponse(status=200, body=_EMPTY, headers=_XML)


def refusal(reason: Refusal) -> HttpResponse:
    """One 401 for every forgery; the empty TwiML for what will not get better by sending it
    again; 503 where it will."""
    if reason == "forged":
        body = b'{"error":"unauthorized"}'
        return HttpResponse(status=401, body=body, headers=(("content-type", "application/json"),))
    if reason == "busy":
        return HttpResponse(status=503, headers=(("retry-after", "30"),))
    return acknowledged()


def message(
    outgoing: Outgoing,
    channel: Channel,
    to: str,
    content: Iterable[tuple[str, str]],
    *,
    prefix: str = "",
) -> HttpRequest:
    """One message of the Messages resource. Its status comes to `status_url` with our own id, for
    when no answer tells Twilio's."""
    service = channel.settings.get("messaging_service_sid")
    form = {"To": f"{prefix}{to}"} | ({"MessagingServiceSid": service} if service else {})
    form |= {} if service else {"From": f"{prefix}{channel.address}"}
    form |= dict(content)
    if outgoing.status_url:
        form["StatusCallback"] = f"{outgoing.status_url}?{_OUTBOUND}={outgoing.id}"
    base = channel.settings.get("base_url", BASE_URL).rstrip("/")
    return HttpRequest(
        method="POST",
        url=f"{base}/2010-04-01/Accounts/{channel.secrets['account_sid']}/Messages.json",
        headers=(login(channel), ("content-type", "application/x-www-form-urlencoded")),
        body=urlencode(form).encode(),
    )


def login(channel: Channel) -> tuple[str, str]:
    """The header that lets us send."""
    pair = f"{channel.secrets['account_sid']}:{channel.secrets['auth_token']}"
    return ("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")


def judged(response: HttpResponse | None, codes: Mapping[int, Refused]) -> Verdict:
    """By the code table; a success that names no message may or may not be one."""
    if response is None:
        return Unknown()
    body = response.json_object()
    if 200 <= response.status < 300:
        sid = text_at(body, "sid")
        return Sent(external_id=sid) if _MESSAGE_ID.fullmatch(sid) else Unknown()
    code = body.get("code")
    return refused(response, code if type(code) is int else None, codes)


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
