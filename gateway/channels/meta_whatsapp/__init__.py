"""Meta WhatsApp Cloud API (docs/wire-formats.md section 8; docs/carriers/meta_whatsapp.md).

    GET  /public/wa/webhook/{token}?hub.mode=subscribe&hub.verify_token=…&hub.challenge=123
    200  text/plain  123
    POST /public/wa/webhook/{token}     X-Hub-Signature-256: sha256=<64 hex digits, lower case>
      {"object": "whatsapp_business_account", "entry": [{"changes": [
        {"field": "messages", "value": {"metadata": {"phone_number_id": "…"},
         "contacts": [{"profile": {"name": "…"}, "wa_id": "…"}],
         "messages": [{"id": "wamid.…", "from": "2637…", "timestamp": "…", "type": "text", …}],
         "statuses": [{"id": "wamid.…", "status": "delivered", …}]}}]}]}
    200  at once; answers are sent to  POST {base_url}/{api_version}/{phone_number_id}/messages

One body may hold messages of several numbers: every event names its own `address`. The signature
is the app's, so numbers of other apps in a body are refused by whoever routes the events.
`reading` takes a webhook apart, `writing` puts a message together.
https://developers.facebook.com/docs/whatsapp/cloud-api
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

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
    reported,
)
from gateway.channels.meta_whatsapp.reading import phone_number_ids, read_events
from gateway.channels.meta_whatsapp.writing import CODES, parts, read_mark
from gateway.inbound import (
    Direct,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    at,
    objects_at,
    read_form,
    read_json,
    text_at,
)
from gateway.render import Page

PROFILE: Final = Profile(
    surface="chat", methods=("GET", "POST"), body_max=3_000_000, door="wa", signed=True
)
BASE_URL: Final = "https://graph.facebook.com"
API_VERSION: Final = "v25.0"

_OBJECT: Final = "whatsapp_business_account"
_SIGNATURE: Final = re.compile("sha256=([0-9a-f]{64})")
_CHALLENGE: Final = re.compile("[0-9]{1,64}")


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """The app's signature over the raw bytes. A challenge carries none: `parse` judges its token,
    since its refusal has a form of its own."""
    if request.method == "GET":
        return
    shown = _SIGNATURE.fullmatch(request.header("x-hub-signature-256") or "")
    expected = [
        hmac.digest(secret.encode(), request.body, hashlib.sha256).hex()
        for secret in channel.either("app_secret")
    ]
    if not (matches(shown[1] if shown else "", expected) and request.body):
        raise Forged("signature")


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """Every message and status of every entry and change, each with its own address."""
    if request.method == "GET":
        return [_challenge(request, channel)]
    if len(request.body) > PROFILE.body_max:
        raise Malformed("too long")
    body = read_json(request.body)
    if text_at(body, "object") != _OBJECT:
        return [Ignored(reason="unknown object")]
    return list(read_events(body, channel.region, now)) or [Ignored(reason="nothing in it")]


def address_of(request: HttpRequest) -> str | None:
    """The first phone_number_id; all numbers of a body belong to one app, whose secret signs."""
    try:
        return next(phone_number_ids(read_json(request.body)), None)
    except Malformed:
        return None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """A bare acknowledgement: answers are sent, not returned."""
    return HttpResponse(status=200)


def refuse(reason: Refusal) -> HttpResponse:
    """One 401 for every forgery; 200 for what will not get better by sending it again (Meta
    repeats for seven days); 503 where it will."""
    if reason == "forged":
        body = b'{"error":"unauthorized"}'
        return HttpResponse(status=401, body=body, headers=(("content-type", "application/json"),))
    if reason == "busy":
        return HttpResponse(status=503, headers=(("retry-after", "30"),))
    return HttpResponse(status=200)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """The read mark with the typing sign, which may fail; then the message, a picture first where
    it cannot go with the words."""
    requests = [_post(channel, part) for part in parts(outgoing)]
    if outgoing.mark_read:
        requests.insert(0, _post(channel, read_mark(outgoing.mark_read), best_effort=True))
    return requests


def judge(response: HttpResponse | None) -> Verdict:
    """By the code table; a success that names no message may or may not be one."""
    if response is None:
        return Unknown()
    body = response.json_object()
    if 200 <= response.status < 300:
        sent = next(iter(objects_at(body, "messages")), None)
        external_id = text_at(sent, "id")
        marked = body.get("success") is True
        return Sent(external_id=external_id) if external_id or marked else Unknown()
    code = at(body, "error", "code")
    return refused(response, code if type(code) is int else None, CODES)


def judge_report(code: str) -> Refused:
    """By the same code table: Meta takes nearly everything and tells its refusal as a status."""
    return reported(code, CODES)


def _challenge(request: HttpRequest, channel: Channel) -> Direct:
    try:
        asked = read_form(urlsplit(request.url).query.encode())
    except Malformed:
        asked = {}
    known = matches(asked.get("hub.verify_token", ""), channel.either("verify_token"))
    if not known or asked.get("hub.mode") != "subscribe":
        return Direct(response=HttpResponse(status=403))
    challenge = asked.get("hub.challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        return Direct(response=HttpResponse(status=400))
    plain = (("content-type", "text/plain; charset=utf-8"),)
    return Direct(response=HttpResponse(status=200, body=challenge.encode(), headers=plain))


def _post(channel: Channel, body: dict[str, Any], *, best_effort: bool = False) -> HttpRequest:
    base = channel.settings.get("base_url", BASE_URL).rstrip("/")
    version = channel.settings.get("api_version", API_VERSION)
    return HttpRequest(
        method="POST",
        url=f"{base}/{version}/{channel.address}/messages",
        headers=(
            ("authorization", f"Bearer {channel.secrets['access_token']}"),
            ("content-type", "application/json"),
        ),
        body=msgspec.json.encode(body),
        best_effort=best_effort,
    )
