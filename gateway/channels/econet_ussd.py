"""Econet Zimbabwe USSD (docs/wire-formats.md section 2; docs/carriers/econet_ussd.md).

    POST /public/ussd/callback/{token}    application/xml or text/xml, UTF-8
      <messageRequest xmlns="http://econet.co.zw/intergration/messagingSchema">
        <transactionTime>2026-11-20T12:00:00.000+02:00</transactionTime>
        <transactionID>1350213</transactionID>                 the session
        <sourceNumber>263771234567</sourceNumber>              or 0771234567
        <destinationNumber>440</destinationNumber>
        <message>*440#</message>                               what was dialled, then the input
        <stage>FIRST</stage>                                   then PENDING
        <channel>USSD</channel></messageRequest>
    200 the same elements as messageResponse, and
        <stage>MENU_PROCESSING</stage>                         COMPLETE with the last words
        <applicationTransactionID>…</applicationTransactionID>
        <transactionType>MENU_PROCESSING</transactionType>

No public specification exists; ten integrations agree on this much. Where they differ a channel
setting decides. Nothing is signed, so two other proofs are needed (security.md 13). Only the latest
input is sent: the whole body tells a retry, its time two equal answers (security.md 8). The end of
a session is never told.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from core.values import Address, local_phone
from dialogs.messages import Input
from gateway.adapter import (
    Channel,
    Malformed,
    Outgoing,
    Peers,
    Profile,
    Refusal,
    Refused,
    Unknown,
    Verdict,
    require_two_proofs,
)
from gateway.codes import CODE, dialled_past, is_ours
from gateway.inbound import (
    Direct,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    read_msisdn,
)
from gateway.markup import Document, read_xml, write_xml
from gateway.render import Page

PROFILE: Final = Profile(surface="ussd", reply_in_response=True, body_max=16_384)
NAMESPACE: Final = "http://econet.co.zw/intergration/messagingSchema"
TEXT_MAX_CHARS: Final = 2000

SETTINGS: Final = {
    "stage_first": "FIRST",
    "stage_next": "PENDING",
    "stage_more": "MENU_PROCESSING",
    "stage_end": "COMPLETE",
    "type_more": "",
    "type_end": "",
    "numbers": "echo",
    "number_form": "same",
    "content_type": "application/xml",
    "namespace": NAMESPACE,
    "namespaces": "",
    "prefix": "",
    "application_id": "",
    "request_time": "message",
}
"""What a channel may set, with the commoner value (docs/carriers/econet_ussd.md)."""

_TIME: Final = re.compile(r"[0-9T:.+Z -]{10,40}")
_SESSION: Final = re.compile(r"[!-~]{1,128}")
_NUMBER: Final = re.compile(r"[0-9+() -]{3,24}")

_ENDED: Final = Page(text="We could not do that. Nothing was changed. Please dial again.", end=True)
_BUSY: Final = Page(text="Service is busy. Nothing was charged. Please dial again.", end=True)


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """Two proofs of {path token, listed address, shared secret, client certificate}."""
    require_two_proofs(request, channel, peers)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """One step of a session. A code of another channel ends the session (U36)."""
    fields = _read(request, channel)
    sender = read_msisdn(fields["sourceNumber"], channel.region)
    if sender is None:
        raise Malformed("sourceNumber")
    step = _step(request, fields, channel, sender)
    if not is_ours(fields["destinationNumber"], channel.address):
        odd = Ignored(reason="code of another channel", alarm="session_of_another_channel")
        return [odd, Direct(response=render(_ENDED, step))]
    return [step]


def address_of(request: HttpRequest) -> str | None:
    """The service code."""
    try:
        code = _document(request).fields.get("destinationNumber", "").strip()
    except Malformed:
        return None
    return code if CODE.fullmatch(code) else None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """A messageResponse that repeats the request's session and numbers."""
    if page is None:
        return HttpResponse(status=200)
    envelope = inbound.envelope if inbound else {}
    said = {name: envelope.get(name) or default for name, default in SETTINGS.items()}
    stage = said["stage_end"] if page.end else said["stage_more"]
    kind = said["type_end"] if page.end else said["type_more"]
    fields = [
        ("transactionTime", envelope.get("transactionTime", "")),
        ("transactionID", envelope.get("transactionID", "")),
        ("sourceNumber", envelope.get("sourceNumber", "")),
        ("destinationNumber", envelope.get("destinationNumber", "")),
        ("message", page.text),
        ("stage", stage),
        ("channel", "USSD"),
        ("applicationTransactionID", envelope.get("transactionID", "")),
        ("transactionType", kind or stage),
    ]
    login = ("application_id", "applicationID"), ("application_password", "applicationPassword")
    fields += [(name, envelope[key]) for key, name in login if envelope.get(key)]
    body = write_xml("messageResponse", said["namespace"], fields, prefix=said["prefix"])
    content_type = ("content-type", f"{said['content_type']}; charset=utf-8")
    return HttpResponse(status=200, body=body, headers=(content_type,))


def refuse(reason: Refusal) -> HttpResponse:
    """403 without a word to strangers, else last words, without a session, since none is known."""
    if reason == "forged":
        return HttpResponse(status=403)
    said = render(_BUSY if reason == "busy" else _ENDED, None)
    return replace(said, status=400) if reason == "malformed" else said


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """USSD cannot be pushed."""
    return []


def judge(response: HttpResponse | None) -> Verdict:
    """Never asked, since nothing is composed."""
    return Unknown() if response is None else Refused(reason="cannot push")


def judge_report(code: str) -> Refused:
    """Never asked either."""
    return Refused(reason="cannot push")


def _document(request: HttpRequest) -> Document:
    if len(request.body) > PROFILE.body_max:
        raise Malformed("too long")
    if request.header("content-encoding") not in (None, "", "identity"):
        raise Malformed("content-encoding")
    document = read_xml(request.body)
    if document.name != "messageRequest":
        raise Malformed("not a messageRequest")
    return document


def _read(request: HttpRequest, channel: Channel) -> dict[str, str]:
    """The elements of a request, each in a form that is safe to repeat."""
    document = _document(request)
    known = {_setting(channel, "namespace"), *_setting(channel, "namespaces").split()}
    if not known & {document.namespace, "*"}:
        raise Malformed("namespace")
    fields = {name: text.strip() for name, text in document.fields.items() if name != "message"}
    for name, form in (
        ("transactionTime", _TIME),
        ("transactionID", _SESSION),
        ("sourceNumber", _NUMBER),
        ("destinationNumber", CODE),
    ):
        if not form.fullmatch(fields.get(name, "")):
            raise Malformed(name)
    if "message" not in document.fields or len(document.fields["message"]) > TEXT_MAX_CHARS:
        raise Malformed("message")
    return fields | {"message": document.fields["message"]}


def _step(
    request: HttpRequest, fields: Mapping[str, str], channel: Channel, sender: Address
) -> Inbound:
    stage, message = fields.get("stage", ""), fields["message"]
    opens = stage in _setting(channel, "stage_first").split()
    if not opens and stage not in _setting(channel, "stage_next").split():
        raise Malformed("stage")
    return Inbound(
        address=fields["destinationNumber"],
        sender=sender,
        conversation=fields["transactionID"],
        opens=opens,
        input=Input(dialled_past(message, channel.address) if opens else message),
        fingerprint=request.body,
        envelope=_envelope(fields, channel, sender),
    )


def _envelope(fields: Mapping[str, str], channel: Channel, sender: Address) -> dict[str, str]:
    source, destination = fields["sourceNumber"], fields["destinationNumber"]
    form = _setting(channel, "number_form")
    if form != "same":
        source = local_phone(sender.value) if form == "local" else sender.value.removeprefix("+")
    if _setting(channel, "numbers") == "swap":
        source, destination = destination, source
    settings = {name: _setting(channel, name) for name in SETTINGS}
    return settings | {
        "transactionTime": fields["transactionTime"],
        "transactionID": fields["transactionID"],
        "sourceNumber": source,
        "destinationNumber": destination,
        "application_password": channel.secrets.get("application_password", ""),
    }


def _setting(channel: Channel, name: str) -> str:
    return channel.settings.get(name) or SETTINGS[name]
