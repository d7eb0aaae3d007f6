"""What a phone shows of a USSD answer, read as the carrier of each kind reads it. Pure."""

from gateway.adapter import Adapter, Channel
from gateway.declared.asking import Heard
from gateway.declared.carrier import Declared
from gateway.inbound import HttpResponse, Malformed
from gateway.markup import read_xml
from gateway.simulator.carriers import africastalking_ussd


def screen(adapter: Adapter, channel: Channel, response: HttpResponse) -> Heard | None:
    """The words and whether an answer is awaited; None where the carrier would show nothing, and on
    channels of messages, whose answers are sent."""
    if isinstance(adapter, Declared):
        return adapter.heard(channel, response)
    if channel.kind == "africastalking_ussd":
        shown = africastalking_ussd.shows(response)
        return Heard(*shown) if shown else None
    if channel.kind == "econet_ussd":
        return _econet(channel, response)
    return None


def _econet(channel: Channel, response: HttpResponse) -> Heard | None:
    try:
        document = read_xml(response.body)
    except Malformed:
        return None
    if response.status != 200 or document.name != "messageResponse":
        return None
    last = channel.settings.get("stage_end") or "COMPLETE"
    told = document.fields
    return Heard(told.get("message", ""), open=told.get("stage") != last)
