"""WhatsApp through Twilio (docs/wire-formats.md section 7; docs/carriers/twilio_whatsapp.md).

    POST /public/wa/callback/{token}   X-Twilio-Signature: base64(HMAC-SHA1(token, url+fields))
      MessageSid=SM… AccountSid=AC… From=whatsapp:+2637… To=whatsapp:+2638… Body=… WaId=2637…
      ProfileName=… ButtonPayload=… ButtonText=… ListId=… ListTitle=… ExternalUserId=whatsapp:US.…
    POST /public/wa/status/{token}     the same signature
      MessageSid=SM… From=whatsapp:+2638… To=whatsapp:+2637… MessageStatus=read ErrorCode=…
    200  text/xml  <Response/>   always empty: answers are sent to
    POST {base_url}/2010-04-01/Accounts/{AccountSid}/Messages.json

A person with a username may have no number: `From` is then a BSUID such as `whatsapp:US.1349…`.
Twilio sends buttons and lists only from templates made beforehand, so choices go as numbered lines;
taps on templates that were sent otherwise are understood.
"""

import re
from datetime import datetime
from typing import Final

import msgspec

from core.values import Address
from dialogs.messages import Input
from gateway.adapter import (
    Channel,
    Outgoing,
    Peers,
    Profile,
    Refusal,
    Refused,
    Sent,
    Verdict,
    reported,
)
from gateway.encoding import units
from gateway.inbound import (
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    is_sound,
    mend,
    read_msisdn,
)
from gateway.render import Page
from gateway.twilio import (
    BODY_MAX_CHARS,
    acknowledged,
    bare,
    check_signature,
    control_of,
    judged,
    login,
    media_of,
    message,
    own_address,
    read_status,
    read_webhook,
    refusal,
)
from gateway.twilio import CODES as COMMON_CODES

PROFILE: Final = Profile(surface="chat", door="wa", signed=True)
MESSAGING_URL: Final = "https://messaging.twilio.com"

_WHATSAPP: Final = "whatsapp:"
_BSUID: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_TEXT_MAX: Final = 4096
_CHOICE_MAX: Final = 256
_NAME_MAX: Final = 128

CODES: Final = COMMON_CODES | {
    63016: Refused(reason="outside the 24 hours", fallback="template"),
    63003: Refused(reason="not reachable", fallback="sms"),
    63024: Refused(reason="not reachable", fallback="sms"),
}
"""Error code → what it means (docs/wire-formats.md section 7)."""


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """The signature by the auth token or the shared key, over all fields."""
    check_signature(request, channel)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """One message of a person, or one status of ours; the field MessageStatus tells which."""
    form = read_webhook(request, channel)
    if isinstance(form, Ignored):
        return [form]
    if "MessageStatus" in form:
        return [read_status(form, request.url, _WHATSAPP)]
    return [_read_message(form, channel.region)]


def address_of(request: HttpRequest) -> str | None:
    """Our number, without `whatsapp:`."""
    return own_address(request, _WHATSAPP)


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """Always the empty TwiML: answers are sent, not returned."""
    return acknowledged()


def refuse(reason: Refusal) -> HttpResponse:
    """As for text messages."""
    return refusal(reason)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """The typing sign, which may fail; then the message, in pieces of what Twilio takes at once,
    the picture with the first. A person without a number is written to by the BSUID."""
    person, page = outgoing.recipient, outgoing.page
    to = person if isinstance(person, str) else person.value
    pieces = [[("Body", piece)] for piece in _pieces(_words(page))]
    if page.image and outgoing.media_url:
        pieces[0].append(("MediaUrl", outgoing.media_url))
    requests = [message(outgoing, channel, to, piece, prefix=_WHATSAPP) for piece in pieces]
    typing = [_typing(outgoing.mark_read, channel)] if outgoing.mark_read else []
    return typing + requests


def judge(response: HttpResponse | None) -> Verdict:
    """By the code table; the typing sign is answered without an id."""
    if response and response.status == 200 and response.json_object().get("success") is True:
        return Sent(external_id="")
    return judged(response, CODES)


def judge_report(code: str) -> Refused:
    """By the same code table: Twilio often tells a refusal only after it has taken the message."""
    return reported(code, CODES)


def _read_message(form: dict[str, str], region: str) -> Event:
    sender, address = _sender(form, region), bare(form.get("To", ""), _WHATSAPP)
    if sender is None or address is None:
        return Ignored(reason="no sender or no number")
    name = form.get("ProfileName", "")[:_NAME_MAX]
    return Inbound(
        address=address,
        sender=sender,
        external_id=form["MessageSid"],
        input=_read_input(form),
        control=control_of(form),
        profile_name=name if is_sound(name) else "",
    )


def _sender(form: dict[str, str], region: str) -> Address | None:
    """Who wrote: by their number where one is told, else by their BSUID."""
    told = [form.get(name, "").removeprefix(_WHATSAPP) for name in ("From", "ExternalUserId")]
    number = told[0] if told[0].startswith("+") else f"+{form.get('WaId', '')}"
    if sender := read_msisdn(number, region):
        return sender
    return next((Address("bsuid", each) for each in told if _BSUID.fullmatch(each)), None)


def _read_input(form: dict[str, str]) -> Input:
    """What was said. The ids of options travel as payloads."""
    text = mend(form.get("Body", ""))[:_TEXT_MAX]
    for payload, title in (("ButtonPayload", "ButtonText"), ("ListId", "ListTitle")):
        if choice := mend(form.get(payload, ""))[:_CHOICE_MAX]:
            return Input(mend(form.get(title, ""))[:_TEXT_MAX] or text, choice)
    return Input(text, media=media_of(form) or ("location" if form.get("Latitude") else None))


def _words(page: Page) -> str:
    """The page with its choices as numbered lines."""
    if page.style == "text":
        return page.text
    lines = [option.line or f"{option.number} {option.label}" for option in page.options]
    return "\n".join([page.text, *lines])


def _pieces(text: str) -> list[str]:
    """The text in messages that Twilio takes, cut at a line's end or a blank where there is one."""
    pieces = []
    while units(text) > BODY_MAX_CHARS:
        most = len(text[:BODY_MAX_CHARS])
        while units(text[:most]) > BODY_MAX_CHARS:
            most -= 1
        cut = max(text.rfind("\n", 1, most), 0) or text.rfind(" ", 1, most)
        cut = cut if cut > 0 else most
        pieces.append(text[:cut])
        text = text[cut:].lstrip()
    return [*pieces, text]


def _typing(message_id: str, channel: Channel) -> HttpRequest:
    """Two blue ticks and the typing sign."""
    base = channel.settings.get("messaging_url", channel.settings.get("base_url", MESSAGING_URL))
    return HttpRequest(
        method="POST",
        url=f"{base.rstrip('/')}/v3/Indicators/Typing.json",
        headers=(login(channel), ("content-type", "application/json")),
        body=msgspec.json.encode({"channel": "WHATSAPP", "messageId": message_id}),
        best_effort=True,
    )
