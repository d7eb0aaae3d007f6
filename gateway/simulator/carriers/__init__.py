"""The carriers that the simulator plays, one module each, named like the channel kind it serves.

All pure: what a person did becomes the real request of that carrier, what the gateway sends is
checked and answered as that carrier does (docs/wire-formats.md). `CHAT` is every carrier of
messages by its kind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from gateway.adapter import Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.simulator.carriers import meta_whatsapp, twilio_sms
from gateway.simulator.carriers.messages import Read, Report, Said, Sending


class ChatCarrier(Protocol):
    """A carrier of messages."""

    def message_id(self, fresh: str) -> str:
        """An id of this carrier's form, made of 32 fresh hex digits."""

    def hears(self, channel: Channel, url: str, said: Said, now: datetime) -> HttpRequest:
        """What the carrier posts to us, at the public URL `url`, when a person wrote `said`."""

    def find(self, channels: Sequence[Channel], request: HttpRequest) -> Channel | HttpResponse:
        """The channel that a call of ours speaks for, or the answer with which it is refused."""

    def takes(
        self, channel: Channel, request: HttpRequest, fresh: str
    ) -> Sending | Read | HttpResponse:
        """What we asked the carrier to do, or the answer with which it refuses."""

    def took(self, channel: Channel, taken: Sending | Read, now: datetime) -> HttpResponse:
        """How the carrier answers when it accepted."""

    def reports(self, channel: Channel, url: str, report: Report) -> HttpRequest | None:
        """What the carrier posts when a message of ours got further; None when nobody asked."""


CHAT: Final[Mapping[str, ChatCarrier]] = {
    "meta_whatsapp": meta_whatsapp,
    "twilio_sms": twilio_sms,
}
