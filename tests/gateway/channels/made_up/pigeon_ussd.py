"""Pigeon Mobile USSD, a carrier made up for the tests.

POST {"session": "p-1", "phone": "0771234567", "code": "*55#", "heard": "1*2"}
200  {"say": "…", "go_on": true}
"""

from datetime import datetime
from typing import Final

import msgspec

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
    Event,
    HttpRequest,
    HttpResponse,
    Inbound,
    mend,
    read_json,
    read_msisdn,
    text_at,
)
from gateway.render import Page

PROFILE: Final = Profile(surface="ussd", reply_in_response=True)
_STATUS: Final = {"forged": 403, "malformed": 400, "busy": 200, "ended": 200}


def verify(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    require_two_proofs(request, channel, peers)


def parse(request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
    body = read_json(request.body)
    session, heard = text_at(body, "session"), mend(text_at(body, "heard"))
    sender = read_msisdn(text_at(body, "phone"), channel.region)
    if not session.isascii() or not session or sender is None:
        raise Malformed("session or phone")
    code = mend(text_at(body, "code"))
    return [Inbound(address=code, sender=sender, conversation=session, accumulated=heard)]


def address_of(request: HttpRequest) -> str | None:
    try:
        return mend(text_at(read_json(request.body), "code")) or None
    except Malformed:
        return None


def render(page: Page | None, inbound: Inbound | None) -> HttpResponse:
    said = {"say": page.text, "go_on": not page.end} if page else {}
    return HttpResponse(status=200, body=msgspec.json.encode(said))


def refuse(reason: Refusal) -> HttpResponse:
    return HttpResponse(status=_STATUS[reason])


def compose(outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
    return []


def judge(response: HttpResponse | None) -> Verdict:
    return Unknown()


def judge_report(code: str) -> Refused:
    return Refused(reason="eaten by a hawk")
