"""Africa's Talking USSD (docs/wire-formats.md section 1; docs/carriers/africastalking_ussd.md).

    POST /public/ussd/callback/{token}        POST /public/ussd/events/{token}
      sessionId=ATUid_…                         sessionId=ATUid_…
      phoneNumber=+263771234567                 phoneNumber=… serviceCode=… networkCode=…
      networkCode=99999                         status=Success|Incomplete|Failed
      serviceCode=*384*123#                     durationInMillis=… input=1*1 lastAppResponse=…
      text=1*2   (all input so far)             errorMessage=…   (when Failed)
    200 text/plain  CON menu | END last words   200

Nothing is signed, so two other proofs are needed (security.md 13). Input may itself hold `*`: the
suffix is taken against what was heard before, by the edge. A status other than Success is the only
word of a dropped session. https://developers.africastalking.com/docs/ussd/handle_sessions
"""

import re
from datetime import datetime
from typing import Final

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
from gateway.inbound import (
    Direct,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    SessionEnded,
    mend,
    read_form,
    read_msisdn,
)
from gateway.render import Page

PROFILE: Final = Profile(surface="ussd", reply_in_response=True)

# An honest session is far shorter: the longest inputs are names and codes, and 180 s is short.
TEXT_MAX_CHARS: Final = 2000
_FIELDS: Final = frozenset(
    {"sessionId", "phoneNumber", "networkCode", "serviceCode", "text", "status", "durationInMillis"}
)
_SESSION: Final = re.compile(r"[!-~]{1,128}")
_CODE: Final = re.compile(r"[*#0-9]{1,32}")

_PLAIN: Final = (("content-type", "text/plain; charset=utf-8"),)
_ENDED: Final = b"END We could not do that. Nothing was changed. Please dial again."
_BUSY: Final = b"END Service is busy. Nothing was charged. Please dial again."


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """Two proofs of {path token, listed address, shared secret, client certificate}."""
    require_two_proofs(request, channel, peers)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """One step of a session, or its end; the fields tell which. A code of another channel ends
    the session (U36)."""
    if len(request.body) > PROFILE.body_max:
        raise Malformed("too long")
    form = read_form(request.body, once=_FIELDS)
    session, code = form.get("sessionId", ""), form.get("serviceCode", "")
    if not _SESSION.fullmatch(session):
        raise Malformed("sessionId")
    if not _CODE.fullmatch(code):
        raise Malformed("serviceCode")
    if not _is_ours(code, channel.address):
        odd = Ignored(reason="code of another channel", alarm="session_of_another_channel")
        return [odd, Direct(response=refuse("ended"))]
    if "text" not in form and "status" in form and "durationInMillis" in form:
        return [_ended(form, channel)]
    return [_step(form, channel)]


def address_of(request: HttpRequest) -> str | None:
    """The service code."""
    try:
        code = read_form(request.body, once=_FIELDS).get("serviceCode", "")
    except Malformed:
        return None
    return code if _CODE.fullmatch(code) else None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """CON while an answer is awaited, else END; nothing for a notice of a session's end."""
    if page is None:
        return HttpResponse(status=200, headers=_PLAIN)
    said = f"{'END' if page.end else 'CON'} {page.text}"
    return HttpResponse(status=200, body=said.encode(), headers=_PLAIN)


def refuse(reason: Refusal) -> HttpResponse:
    """403 without a word to strangers, else an END: the phone always gets a sentence."""
    if reason == "forged":
        return HttpResponse(status=403)
    status = 400 if reason == "malformed" else 200
    return HttpResponse(status=status, body=_BUSY if reason == "busy" else _ENDED, headers=_PLAIN)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """USSD cannot be pushed."""
    return []


def judge(response: HttpResponse | None) -> Verdict:
    """Never asked, since nothing is composed."""
    return Unknown() if response is None else Refused(reason="cannot push")


def judge_report(code: str) -> Refused:
    """Never asked either."""
    return Refused(reason="cannot push")


def _is_ours(code: str, address: str) -> bool:
    """`*123*1#` belongs to the channel `*123*1#`, and so does `*123*1*45#`, dialled past it."""
    return code == address or code.startswith(f"{address.rstrip('#')}*")


def _step(form: dict[str, str], channel: Channel) -> Inbound:
    if "text" not in form:
        raise Malformed("text")
    # A stray byte from a phone is an answer nobody understands, not a broken carrier (U23, U24).
    text = mend(form["text"])
    if len(text) > TEXT_MAX_CHARS:
        raise Malformed("text is too long")
    sender = read_msisdn(form.get("phoneNumber", ""), channel.region)
    if sender is None:
        raise Malformed("phoneNumber")
    return Inbound(
        address=form["serviceCode"],
        sender=sender,
        conversation=form["sessionId"],
        opens=text == "",
        accumulated=text,
        network=form.get("networkCode", ""),
    )


def _ended(form: dict[str, str], channel: Channel) -> SessionEnded:
    """`errorMessage` and `input` are not kept: they may repeat what was typed."""
    status = form["status"].strip().lower()
    return SessionEnded(
        address=form["serviceCode"],
        conversation=form["sessionId"],
        dropped=status != "success",
        reason=status if status in ("success", "incomplete", "failed") else "other",
        sender=read_msisdn(form.get("phoneNumber", ""), channel.region),
        network=form.get("networkCode", ""),
    )
