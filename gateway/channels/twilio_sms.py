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
What it has in common with Twilio's other channels is in gateway/twilio.py.
"""

from datetime import datetime
from typing import Final

from dialogs.messages import Input
from gateway.adapter import (
    Channel,
    Outgoing,
    Peers,
    Profile,
    Refusal,
    Refused,
    Verdict,
    reported,
)
from gateway.inbound import (
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
    mend,
    read_msisdn,
)
from gateway.render import Page
from gateway.twilio import (
    BODY_MAX_CHARS,
    CODES,
    acknowledged,
    bare,
    check_signature,
    control_of,
    judged,
    media_of,
    message,
    own_address,
    read_status,
    read_webhook,
    refusal,
)

PROFILE: Final = Profile(surface="sms", door="sms", signed=True)


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """The signature by the auth token or the shared key, over all fields, none of them missing
    or repeated; or over the hash of a JSON body."""
    check_signature(request, channel)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    """One message of a person, or one status of ours; the field MessageStatus tells which."""
    form = read_webhook(request, channel)
    if isinstance(form, Ignored):
        return [form]
    if "MessageStatus" in form:
        return [read_status(form, request.url)]
    return [_read_message(form, channel.region)]


def address_of(request: HttpRequest) -> str | None:
    """Our number: where a message went to, or where the one with this status came from."""
    return own_address(request)


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    """Always the empty TwiML: answers are sent, not returned."""
    return acknowledged()


def refuse(reason: Refusal) -> HttpResponse:
    """One 401 for every forgery; the empty TwiML for what will not get better by sending it
    again; 503 where it will."""
    return refusal(reason)


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    """One message. A person without a number cannot be reached."""
    person = outgoing.recipient
    number = person if isinstance(person, str) else person.value
    if not number.startswith("+"):
        return []
    return [message(outgoing, channel, number, [("Body", outgoing.page.text)])]


def judge(response: HttpResponse | None) -> Verdict:
    """By the code table; a success that names no message may or may not be one."""
    return judged(response, CODES)


def judge_report(code: str) -> Refused:
    """By the same code table: Twilio often tells a STOP only after it has taken the message."""
    return reported(code, CODES)


def _read_message(form: dict[str, str], region: str) -> Event:
    sender, address = read_msisdn(form.get("From", ""), region), bare(form.get("To", ""))
    if sender is None or address is None:
        return Ignored(reason="no number")
    return Inbound(
        address=address,
        sender=sender,
        external_id=form["MessageSid"],
        input=Input(mend(form.get("Body", ""))[:BODY_MAX_CHARS], media=media_of(form)),
        control=control_of(form),
    )
