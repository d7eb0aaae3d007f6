"""The request that a carrier would make for a step. Pure.

Declared kinds are asked by their own table; the others by the functions below, which are written
after docs/wire-formats.md and not after our adapters.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, urlencode

from core.values import local_phone
from gateway.adapter import Adapter, Channel
from gateway.codes import bare
from gateway.declared.asking import Step
from gateway.declared.carrier import Declared
from gateway.doors import entry
from gateway.inbound import HttpRequest
from gateway.markup import write_xml
from gateway.simulator.carriers import CHAT, africastalking_ussd, twilio_sms
from gateway.simulator.carriers.messages import Said
from gateway.simulator.handset import Call, Screen

GREETING: Final = "hi"
_FORM: Final = ("content-type", "application/x-www-form-urlencoded")
_XML: Final = ("content-type", "text/xml; charset=utf-8")


class Unsampled(Exception):
    """The carrier has no request that would say this; the message is why."""


def sample_request(adapter: Adapter, channel: Channel, public_url: str, step: Step) -> HttpRequest:
    """The carrier's request for a step, with every proof that the channel's secrets make possible.
    On a channel of messages the last input is what is written. Raises Unsampled."""
    if isinstance(adapter, Declared):
        try:
            return adapter.ask(channel, public_url, step)
        except ValueError as error:
            raise Unsampled(str(error)) from None
    url = entry(adapter, public_url, channel.token)
    if channel.kind in CHAT:
        return _chat(channel, public_url, step)
    if channel.kind not in _SAMPLES:
        raise Unsampled(f"There is no sample for channels of kind {channel.kind}.")
    return _SAMPLES[channel.kind](channel, url, step)


def _chat(channel: Channel, public_url: str, step: Step) -> HttpRequest:
    carrier, text = CHAT[channel.kind], _text(step)
    said = Said(id=carrier.message_id(_fresh(step)), phone=step.phone, name="Sample", text=text)
    return carrier.hears(channel, public_url, said, step.at)


def _text(step: Step) -> str:
    """What a person writes; they say nothing when they are gone."""
    if step.ends:
        raise Unsampled("Messages have no session that could end.")
    return step.inputs[-1] if step.inputs else GREETING


def _fresh(step: Step) -> str:
    """32 hex digits of this step's own."""
    told = f"{step.session}|{len(step.inputs)}|{step.phone}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _africastalking_ussd(channel: Channel, url: str, step: Step) -> HttpRequest:
    public_url = url.partition("/public/")[0]
    call = Call(
        channel=channel,
        session=step.session,
        dialled=channel.address,
        started_at=step.at,
        heard_at=step.at,
        hops=len(step.inputs),
        screen=Screen(text="", open=True),
    )
    inputs = [*([step.dialled] if step.dialled else []), *step.inputs]
    if step.ends:
        return africastalking_ussd.ended(
            public_url, call, step.phone, "Incomplete", step.at, inputs
        )
    return africastalking_ussd.asks(public_url, call, step.phone, inputs)


def _econet_ussd(channel: Channel, url: str, step: Step) -> HttpRequest:
    if step.ends:
        raise Unsampled("Econet tells nobody that a caller is gone.")
    own, said = channel.settings, bare(channel.address)
    local = own.get("number_form") == "local"
    dialled = f"*{said}*{step.dialled}#" if step.dialled else f"*{said}#"
    stages = own.get("stage_next") or "PENDING", own.get("stage_first") or "FIRST"
    fields = [
        ("transactionTime", step.at.isoformat(timespec="milliseconds")),
        ("transactionID", step.session),
        ("sourceNumber", local_phone(step.phone) if local else step.phone.removeprefix("+")),
        ("destinationNumber", said),
        ("message", step.inputs[-1] if step.inputs else dialled),
        ("stage", stages[not step.inputs].split()[0]),
        ("channel", "USSD"),
    ]
    namespace = own.get("namespace") or "http://econet.co.zw/intergration/messagingSchema"
    body = write_xml("messageRequest", namespace, fields)
    return HttpRequest(method="POST", url=url, headers=(_XML, *_proof(channel)), body=body)


def _twilio_whatsapp(channel: Channel, url: str, step: Step) -> HttpRequest:
    sid = twilio_sms.message_id(_fresh(step))
    fields = {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": "Sample",
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": step.phone.removeprefix("+"),
        "SmsStatus": "received",
        "Body": _text(step),
        "To": f"whatsapp:{channel.address}",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": channel.secrets.get("account_sid", ""),
        "From": f"whatsapp:{step.phone}",
        "ApiVersion": twilio_sms.API_VERSION,
    }
    return twilio_sms.signed(channel, url, fields)


def _africastalking_sms(channel: Channel, url: str, step: Step) -> HttpRequest:
    fields = {
        "id": _fresh(step),
        "linkId": "",
        "text": _text(step),
        "from": step.phone,
        "to": channel.address,
        "date": f"{step.at:%Y-%m-%d %H:%M:%S}",
        "networkCode": africastalking_ussd.NETWORK_CODE,
    }
    headers = (_FORM, *_proof(channel))
    return HttpRequest(method="POST", url=url, headers=headers, body=urlencode(fields).encode())


def _kannel_sms(channel: Channel, url: str, step: Step) -> HttpRequest:
    fields = {
        "id": _fresh(step),
        "sender": step.phone,
        "to": channel.address,
        "message": _text(step),
        "ts": str(int(step.at.timestamp())),
        "coding": "0",
        "charset": "UTF-8",
    }
    query = urlencode(fields, quote_via=quote)
    return HttpRequest(method="GET", url=f"{url}?{query}", headers=_proof(channel))


def _proof(channel: Channel) -> tuple[tuple[str, str], ...]:
    secret = channel.secrets.get("shared_secret")
    return (("x-maita-secret", secret),) if secret else ()


_SAMPLES: Final[Mapping[str, Callable[[Channel, str, Step], HttpRequest]]] = {
    "africastalking_sms": _africastalking_sms,
    "africastalking_ussd": _africastalking_ussd,
    "econet_ussd": _econet_ussd,
    "kannel_sms": _kannel_sms,
    "twilio_whatsapp": _twilio_whatsapp,
}
