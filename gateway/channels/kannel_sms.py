"""Kannel, a gateway to an operator's SMSC (docs/wire-formats.md section 9;
docs/carriers/kannel_sms.md).

    GET or POST /public/sms/callback/{token}   the service's get-url, with names of our own:
      ?id=%I&sender=%p&to=%P&message=%b&ts=%T&coding=%c&charset=%C
    GET /public/sms/status/{token}             the dlr-url that we gave:
      ?outbound=<our id>&status=%d&answer=%A
    200  always empty, since Kannel would send what it says as an answer
    GET {base_url}/cgi-bin/sendsms?username=…&password=…&from=…&to=…&text=…&coding=…&dlr-url=…
    202  0: Accepted for delivery

A message that GSM-7 cannot write goes as UTF-16BE with coding=2, which needs no iconv in Kannel. It
tells no id of a message it takes, so ours is its id. Nothing is signed, so two other proofs are
needed (security.md 13). https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html
"""

import re
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote, urlencode, urlsplit

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
from gateway.encoding import is_gsm
from gateway.inbound import (
    DeliveryReport,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    mend,
    read_epoch,
    read_form,
    read_msisdn,
    read_uuid,
)
from gateway.render import Page

PROFILE: Final = Profile(surface="sms", door="sms", methods=("GET", "POST"), body_max=16_384)
BASE_URL: Final = "http://127.0.0.1:13013"
DLR_MASK: Final = "27"

_FIELDS: Final = frozenset(
    {"id", "sender", "to", "message", "ts", "coding", "charset", "outbound", "status", "answer"}
)
_MESSAGE_ID: Final = re.compile("[!-~]{1,128}")
_ADDRESS: Final = re.compile(r"\+?[0-9]{3,15}|[0-9A-Za-z][0-9A-Za-z ._-]{0,10}")
_STAT: Final = re.compile(r"\bstat:([A-Z]{1,10})\b")
_TAKEN: Final = re.compile(rb"\s*[03]:")
_BODY_MAX: Final = 1600
_CODECS: Final = {
    "": "utf-8", "utf-8": "utf-8", "gsm": "utf-8", "utf-16be": "utf-16-be", "ucs-2": "utf-16-be",
    "windows-1252": "cp1252", "iso-8859-1": "cp1252",
}  # fmt: skip
"""Kannel's names of what it decoded a message to (its 7-bit alphabet is UTF-8 by then)."""

_STATES: Final[dict[str, Literal["sent", "delivered", "failed"]]] = {
    "1": "delivered", "2": "failed", "8": "sent", "16": "failed",
}  # fmt: skip


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """Two proofs of {path token, listed address, shared secret, client certificate}."""
    require_two_proofs(request, channel, peers)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """A message, or what became of one of ours; the field `status` tells which."""
    form = _fields(request)
    if "status" in form:
        return [_reported(form, channel)]
    if not _MESSAGE_ID.fullmatch(form.get("id", "")):
        raise Malformed("id")
    if "message" not in form:
        raise Malformed("message")
    sender = read_msisdn(form.get("sender", ""), channel.region)
    address = form.get("to") or channel.address
    if sender is None or not _ADDRESS.fullmatch(address):
        return [Ignored(reason="no number")]
    text = _decoded(form["message"], form.get("coding", ""), form.get("charset", ""))
    return [
        Inbound(
            address=address,
            sender=sender,
            external_id=form["id"],
            input=Input(mend(text)[:_BODY_MAX]),
            sent_at=read_epoch(form.get("ts", ""), now),
        )
    ]


def address_of(request: HttpRequest) -> str | None:
    """Where a message went to; a report does not say where its message came from."""
    try:
        address = _fields(request).get("to", "")
    except Malformed:
        return None
    return address if _ADDRESS.fullmatch(address) else None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """A bare acknowledgement: answers are sent, not returned."""
    return HttpResponse(status=200)


def refuse(reason: Refusal) -> HttpResponse:
    """One empty 401 for every forgery; 200 for what will not get better by sending it again; 503
    where it will."""
    if reason == "forged":
        return HttpResponse(status=401)
    if reason == "busy":
        return HttpResponse(status=503, headers=(("retry-after", "30"),))
    return HttpResponse(status=200)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """One message; Kannel cuts it into parts. A person without a number cannot be reached."""
    person, text = outgoing.recipient, outgoing.page.text
    number = person if isinstance(person, str) else person.value
    if not number.startswith("+"):
        return []
    asked: dict[str, str | bytes] = {
        "username": channel.secrets["username"],
        "password": channel.secrets["password"],
        "from": channel.settings.get("sender", channel.address),
        "to": number,
    }
    if is_gsm(text):
        asked |= {"coding": "0", "charset": "UTF-8", "text": text}
    else:
        asked |= {"coding": "2", "charset": "UTF-16BE", "text": text.encode("utf-16-be")}
    if smsc := channel.settings.get("smsc"):
        asked["smsc"] = smsc
    if outgoing.status_url:
        mask = channel.settings.get("dlr_mask", DLR_MASK)
        told = f"{outgoing.status_url}?outbound={outgoing.id}&status=%d&answer=%A"
        asked |= {"dlr-mask": mask, "dlr-url": told}
    base = channel.settings.get("base_url", BASE_URL).rstrip("/")
    query = urlencode(asked, quote_via=quote)
    return [HttpRequest(method="GET", url=f"{base}/cgi-bin/sendsms?{query}")]


def judge(response: HttpResponse | None) -> Verdict:
    """By the status and the digit the answer begins with; no id is told."""
    if response is None:
        return Unknown()
    if not 200 <= response.status < 300:
        return refused(response, None, {})
    return Sent(external_id="") if _TAKEN.match(response.body) else Unknown()


def judge_report(code: str) -> Refused:
    """The SMSC's word says no more than that it did not arrive."""
    return Refused(reason=f"not delivered {code}".rstrip())


def _fields(request: HttpRequest) -> dict[str, str]:
    """The query of a GET, the form of a POST; never both, where a value could hide."""
    sent = urlsplit(request.url).query.encode() if request.method == "GET" else request.body
    if len(sent) > PROFILE.body_max:
        raise Malformed("too long")
    return read_form(sent, once=_FIELDS)


def _decoded(message: str, coding: str, charset: str) -> str:
    """The text in whatever Kannel left it in; a byte that is none becomes U+FFFD."""
    told = charset.strip().lower() or ("utf-16be" if coding == "2" else "")
    if told not in _CODECS:
        raise Malformed("charset")
    raw = message.encode("utf-8", "surrogateescape")
    return raw.decode(_CODECS[told], "replace")


def _reported(form: dict[str, str], channel: Channel) -> Event:
    """What became of a message. `answer` repeats words of it and is not kept, but for its state."""
    state, ours = _STATES.get(form["status"]), read_uuid(form.get("outbound", ""))
    if state is None or ours is None:
        return Ignored(reason="nothing final")
    stat = _STAT.search(form.get("answer", "")) if state == "failed" else None
    return DeliveryReport(
        address=channel.address,
        external_id=str(ours),
        state=state,
        error=stat[1] if stat else "",
        outbound_id=ours,
    )
