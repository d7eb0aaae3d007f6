"""Africa's Talking USSD as a carrier: forms with all input so far (docs/wire-formats.md 1).

POST /public/ussd/callback/{token}   sessionId, phoneNumber, networkCode, serviceCode, text
POST /public/ussd/events/{token}     …, status Success | Incomplete | Failed, lastAppResponse
"""

from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlencode

from gateway.adapter import Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.simulator.handset import Call

NETWORK_CODE: Final = "99999"
"""The sandbox's network, as real sandbox requests say."""

HEADERS: Final = (
    ("content-type", "application/x-www-form-urlencoded"),
    ("user-agent", "okhttp/3.14.9"),
)

Ending = Literal["Success", "Incomplete", "Failed"]


def asks(public_url: str, call: Call, phone: str, inputs: list[str]) -> HttpRequest:
    """The request for the next screen, after `inputs`."""
    fields = {
        "sessionId": call.session,
        "phoneNumber": phone,
        "networkCode": NETWORK_CODE,
        "serviceCode": call.channel.address,
        "text": "*".join(inputs),
    }
    return _form(call.channel, f"{public_url}/public/ussd/callback", fields)


def ended(
    public_url: str, call: Call, phone: str, ending: Ending, now: datetime, inputs: list[str]
) -> HttpRequest:
    """The notice that a session is over; Incomplete means that the person was gone."""
    fields = {
        "date": now.strftime("%Y-%m-%d %H:%M:%S"),
        "sessionId": call.session,
        "serviceCode": call.channel.address,
        "networkCode": NETWORK_CODE,
        "phoneNumber": phone,
        "status": ending,
        "cost": "None",
        "durationInMillis": str(int((now - call.started_at).total_seconds() * 1000)),
        "hopsCount": str(call.hops),
        "input": "*".join(inputs),
        "lastAppResponse": ("CON " if call.screen.open else "END ") + call.screen.text,
        "errorMessage": "" if ending == "Success" else "User hung up",
    }
    return _form(call.channel, f"{public_url}/public/ussd/events", fields)


def shows(response: HttpResponse | None) -> tuple[str, bool] | None:
    """The screen in an answer and whether it waits for input; None ends the session, as the
    carrier does on an error or on a body without CON or END."""
    if response is None or response.status != 200:
        return None
    body = response.body.decode("utf-8", "replace")
    if body.startswith(("CON ", "END ")):
        return body[4:], body.startswith("CON ")
    return None


def _form(channel: Channel, url: str, fields: dict[str, str]) -> HttpRequest:
    secret = channel.secrets.get("shared_secret")
    proof = (("x-maita-secret", secret),) if secret else ()
    return HttpRequest(
        method="POST",
        url=f"{url}/{channel.token}",
        headers=(*HEADERS, *proof),
        body=urlencode(fields).encode(),
    )
