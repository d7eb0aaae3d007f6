"""Meta's WhatsApp Cloud API as a carrier (docs/wire-formats.md 8).

POST /public/wa/webhook/{token}      X-Hub-Signature-256: sha256=HMAC(app_secret, raw bytes)
POST …/{version}/{phone_number_id}/messages       Bearer; text, image, interactive, read marks
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from gateway.adapter import Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.simulator.carriers.messages import Read, Report, Said, Sending
from gateway.simulator.carriers.meta_sending import Unfit, sending

USER_AGENT: Final = "facebookexternalua"
TITLES: Final = {131053: "Media upload error", 131026: "Message undeliverable"}


def message_id(fresh: str) -> str:
    """`wamid.…` around 32 fresh hex digits."""
    return "wamid.HBgM" + base64.b64encode(bytes.fromhex(fresh)).decode()


def hears(channel: Channel, url: str, said: Said, now: datetime) -> HttpRequest:
    """The webhook of one message: text, a tapped button or a picked row."""
    wa_id = said.phone.removeprefix("+")
    message: dict[str, Any] = {
        "from": wa_id,
        "id": said.id,
        "timestamp": str(int(now.timestamp())),
        **_content(said),
    }
    if said.about:
        message = {"context": {"from": _display(channel), "id": said.about}, **message}
    contact = {"profile": {"name": said.name}, "wa_id": wa_id}
    return _webhook(channel, url, {"contacts": [contact], "messages": [message]})


def _content(said: Said) -> dict[str, Any]:
    if said.pick is None:
        return {"type": "text", "text": {"body": said.text}}
    kind = "button_reply" if said.how == "button" else "list_reply"
    reply = {"id": said.pick.id, "title": said.pick.title}
    if said.pick.detail:
        reply["description"] = said.pick.detail
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}


def find(channels: Sequence[Channel], request: HttpRequest) -> Channel | HttpResponse:
    """By the phone number id in `…/{phone_number_id}/messages`."""
    for channel in channels:
        if request.url.endswith(f"/{channel.address}/messages"):
            return channel
    return _error(400, 100, "Unsupported post request. Object does not exist")


def takes(channel: Channel, request: HttpRequest, fresh: str) -> Sending | Read | HttpResponse:
    """Read a call of ours as Meta does: the token first, then the message."""
    if request.header("authorization") != f"Bearer {channel.secrets.get('access_token', '')}":
        return _error(401, 190, "Invalid OAuth access token - Cannot parse access token")
    try:
        body = json.loads(request.body)
    except ValueError:
        return _error(400, 100, "Invalid parameter")
    try:
        return sending(body, message_id(fresh))
    except Unfit as unfit:
        return _error(400, unfit.code, unfit.reason)


def took(channel: Channel, taken: Sending | Read, now: datetime) -> HttpResponse:
    """`{"contacts": […], "messages": [{"id": "wamid…"}]}`, or `{"success": true}`."""
    if isinstance(taken, Read):
        return _json(200, {"success": True})
    wa_id = taken.recipient.removeprefix("+")
    return _json(
        200,
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": wa_id, "wa_id": wa_id}],
            "messages": [{"id": taken.id}],
        },
    )


def reports(channel: Channel, url: str, report: Report) -> HttpRequest | None:
    """The webhook of one status."""
    status: dict[str, Any] = {
        "id": report.id,
        "status": report.state,
        "timestamp": str(int(report.at.timestamp())),
        "recipient_id": report.recipient.removeprefix("+"),
    }
    if report.wish.tag:
        status["biz_opaque_callback_data"] = report.wish.tag
    if report.error:
        title = TITLES.get(report.error, "Something went wrong")
        status["errors"] = [{"code": report.error, "title": title, "message": title}]
    else:
        status["pricing"] = {
            "billable": False, "pricing_model": "PMP", "category": "service",
            "type": "free_customer_service",
        }  # fmt: skip
    return _webhook(channel, url, {"statuses": [status]})


def _webhook(channel: Channel, url: str, value: dict[str, Any]) -> HttpRequest:
    """Wrap a value as Meta does and sign the very bytes by the app's secret."""
    metadata = {"display_phone_number": _display(channel), "phone_number_id": channel.address}
    change = {
        "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
        "field": "messages",
    }
    waba = channel.settings.get("waba_id", "102290129340398")
    document = {"object": "whatsapp_business_account", "entry": [{"id": waba, "changes": [change]}]}
    body = json.dumps(document, separators=(",", ":")).encode()
    secret = channel.secrets.get("app_secret", "").encode()
    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    headers = (
        ("content-type", "application/json"),
        ("user-agent", USER_AGENT),
        ("x-hub-signature-256", f"sha256={signature}"),
    )
    return HttpRequest(
        method="POST", url=f"{url}/public/wa/webhook/{channel.token}", headers=headers, body=body
    )


def _display(channel: Channel) -> str:
    return channel.settings.get("display_phone_number", channel.address).removeprefix("+")


def _error(status: int, code: int, message: str) -> HttpResponse:
    error = {
        "message": f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": message},
        "fbtrace_id": "A1b2C3d4E5f6G7h8",
    }
    return _json(status, {"error": error})


def _json(status: int, document: dict[str, Any]) -> HttpResponse:
    headers = (("content-type", "application/json"),)
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())
