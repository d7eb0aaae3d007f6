"""Twilio Messaging for SMS as a carrier (docs/wire-formats.md 7).

POST /public/sms/callback/{token}    form, X-Twilio-Signature over URL and fields
POST …/2010-04-01/Accounts/{sid}/Messages.json    basic auth; To, From, Body, StatusCallback
"""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator

from gateway.adapter import Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.simulator.carriers.messages import Read, Report, Said, Sending
from gateway.simulator.carriers.segments import segments
from gateway.simulator.handset import Wish

BODY_MAX: Final = 1600
API_VERSION: Final = "2010-04-01"
JSON: Final = (("content-type", "application/json"),)


def message_id(fresh: str) -> str:
    """`SM` and 32 hex digits."""
    return f"SM{fresh}"


def hears(channel: Channel, url: str, said: Said, now: datetime) -> HttpRequest:
    """The webhook of one text message."""
    account = channel.secrets.get("account_sid", "")
    fields = {
        "ToCountry": channel.region,
        "SmsMessageSid": said.id,
        "NumMedia": "0",
        "SmsSid": said.id,
        "SmsStatus": "received",
        "Body": said.text,
        "FromCountry": channel.region,
        "To": channel.address,
        "NumSegments": str(segments(said.text)),
        "MessageSid": said.id,
        "AccountSid": account,
        "From": said.phone,
        "ApiVersion": API_VERSION,
    }
    return signed(channel, f"{url}/public/sms/callback/{channel.token}", fields)


def find(channels: Sequence[Channel], request: HttpRequest) -> Channel | HttpResponse:
    """By the account in the URL and the number it sends from."""
    sender = _fields(request).get("From")
    of_account = [
        channel
        for channel in channels
        if f"/Accounts/{channel.secrets.get('account_sid')}/" in request.url
    ]
    if not of_account:
        return _error(404, 20404, "The requested resource was not found")
    for channel in of_account:
        if channel.address == sender:
            return channel
    return _error(400, 21606, "The 'From' phone number provided is not yours.")


def takes(channel: Channel, request: HttpRequest, fresh: str) -> Sending | Read | HttpResponse:
    """Read a call of ours as Twilio does: account first, then the fields."""
    account = channel.secrets.get("account_sid", "")
    pair = f"{account}:{channel.secrets.get('auth_token', '')}"
    if request.header("authorization") != "Basic " + base64.b64encode(pair.encode()).decode():
        return _error(401, 20003, "Authenticate")
    fields = _fields(request)
    recipient, body = fields.get("To", ""), fields.get("Body", "")
    if not (recipient.startswith("+") and recipient[1:].isdecimal()):
        return _error(400, 21211, "The 'To' number is not a valid phone number.")
    if not body:
        return _error(400, 21602, "Message body is required.")
    if len(body) > BODY_MAX:
        return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    return Sending(
        id=message_id(fresh),
        recipient=recipient,
        text=body,
        wish=Wish(url=fields.get("StatusCallback", "")),
    )


def took(channel: Channel, taken: Sending | Read, now: datetime) -> HttpResponse:
    """201 and the message as a resource, `queued`."""
    assert isinstance(taken, Sending), "text messages have no read marks"
    account, date = channel.secrets.get("account_sid", ""), format_datetime(now)
    document = {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": taken.text,
        "date_created": date,
        "date_sent": None,
        "date_updated": date,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": channel.address,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(segments(taken.text)),
        "price": None,
        "price_unit": None,
        "sid": taken.id,
        "status": "queued",
        "to": taken.recipient,
        "uri": f"/{API_VERSION}/Accounts/{account}/Messages/{taken.id}.json",
    }
    return HttpResponse(status=201, headers=JSON, body=json.dumps(document).encode())


def reports(channel: Channel, url: str, report: Report) -> HttpRequest | None:
    """The status callback, to the URL that the send named; text messages are never `read`."""
    if not report.wish.url.startswith(f"{url}/public/") or report.state == "read":
        return None
    fields = {
        "SmsSid": report.id,
        "SmsStatus": report.state,
        "MessageStatus": report.state,
        "To": report.recipient,
        "MessageSid": report.id,
        "AccountSid": channel.secrets.get("account_sid", ""),
        "From": channel.address,
        "ApiVersion": API_VERSION,
    }
    if report.error:
        fields["ErrorCode"] = str(report.error)
    return signed(channel, report.wish.url, fields)


def signed(channel: Channel, url: str, fields: dict[str, str]) -> HttpRequest:
    """A webhook of Twilio's: its fields, signed by the account's token."""
    validator = RequestValidator(channel.secrets.get("auth_token", ""))
    headers = (
        ("content-type", "application/x-www-form-urlencoded; charset=UTF-8"),
        ("user-agent", "TwilioProxy/1.1"),
        ("x-twilio-signature", str(validator.compute_signature(url, fields))),
    )
    return HttpRequest(method="POST", url=url, headers=headers, body=urlencode(fields).encode())


def _fields(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _error(status: int, code: int, message: str) -> HttpResponse:
    document: dict[str, Any] = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return HttpResponse(status=status, headers=JSON, body=json.dumps(document).encode())
