"""Carriers as the tests play them: each request as its carrier really sends it, signed.

Written apart from the simulator, after docs/wire-formats.md, so that neither hides a fault of the
other.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from tests.e2e.process import PATIENCE_S

_COUNT = itertools.count(1)


def number_of(screen: str, label: str) -> str:
    """The number in front of a label on a screen, or "" when the label is not there."""
    for line in screen.splitlines():
        number, _, rest = line.removeprefix("CON ").partition(" ")
        # Arabic writes `1 - …`.
        if number.isdigit() and rest.removeprefix("- ").startswith(label):
            return number
    return ""


@dataclass(slots=True, kw_only=True)
class Handset:
    """A phone on an Africa's Talking USSD channel; `text` is all input of the session so far."""

    url: str
    code: str
    phone: str
    session: str = ""
    text: str = ""
    screen: str = ""

    def request(self) -> dict[str, str]:
        """The form of the next request."""
        return {
            "sessionId": self.session,
            "phoneNumber": self.phone,
            "networkCode": "64801",
            "serviceCode": self.code,
            "text": self.text,
        }

    def ended(self, **changes: str) -> dict[str, str]:
        """The carrier's word that the session is over: it died, unless `changes` say otherwise
        (docs/wire-formats.md 1)."""
        return {
            "date": "2026-11-27 12:00:00",
            "sessionId": self.session,
            "serviceCode": self.code,
            "networkCode": "64801",
            "phoneNumber": self.phone,
            "status": "Incomplete",
            "cost": "ZWG 0.10",
            "durationInMillis": "9000",
            "hopsCount": "4",
            "input": self.text,
            "lastAppResponse": self.screen,
        } | changes

    async def dial(self, http: httpx.AsyncClient, digits: str = "") -> str:
        """Open a session, perhaps with digits dialled past the code."""
        self.session = f"ATUid_{next(_COUNT)}_{time.time_ns()}"
        self.text = digits
        return await self.post(http)

    async def say(self, http: httpx.AsyncClient, *inputs: str) -> str:
        """Type one input after another; the last screen is returned."""
        for typed in inputs:
            self.text = f"{self.text}*{typed}" if self.text else typed
            await self.post(http)
        return self.screen

    async def pick(self, http: httpx.AsyncClient, *labels: str) -> str:
        """Choose by what the screen says, turning pages until the label is there."""
        for label in labels:
            for _ in range(8):
                number = number_of(self.screen, label)
                if number:
                    break
                assert "98 " in self.screen, f"{label!r} is not on {self.screen!r}"
                await self.say(http, "98")
            assert number, f"{label!r} is not on {self.screen!r}"
            await self.say(http, number)
        return self.screen

    async def start_over(self, http: httpx.AsyncClient) -> str:
        """Decline the offer to go on where the last session stopped, if there is one."""
        if "Start over" in self.screen:
            await self.pick(http, "Start over")
        return self.screen

    async def post(self, http: httpx.AsyncClient) -> str:
        """Send the request as it stands (again): a carrier's retry."""
        answer = await http.post(self.url, data=self.request())
        assert answer.status_code == 200, (answer.status_code, answer.text)
        self.screen = answer.text
        return self.screen


@dataclass(slots=True, kw_only=True)
class Meta:
    """Meta's side of a WhatsApp number: signs what it posts with the app's secret."""

    url: str
    phone_number_id: str
    app_secret: str

    def message(self, sender: str, content: dict[str, Any], wamid: str = "") -> dict[str, Any]:
        """One message in the form of `value.messages[]`."""
        wamid = wamid or f"wamid.{next(_COUNT)}.{time.time_ns()}"
        digits = sender.removeprefix("+")
        return {"from": digits, "id": wamid, "timestamp": str(int(time.time()))} | content

    def body(
        self, *messages: dict[str, Any], statuses: list[dict[str, Any]] | None = None
    ) -> bytes:
        """A webhook body with these messages for this number."""
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": "15550000000",
                "phone_number_id": self.phone_number_id,
            },
            "contacts": [{"profile": {"name": "X"}, "wa_id": m["from"]} for m in messages],
            "messages": list(messages),
        }
        if statuses:
            value["statuses"] = statuses
        entry = {"id": "WABA", "changes": [{"field": "messages", "value": value}]}
        return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    def signature(self, body: bytes) -> str:
        """The value of X-Hub-Signature-256."""
        return "sha256=" + hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()

    async def post(self, http: httpx.AsyncClient, body: bytes) -> httpx.Response:
        """Deliver a body, signed."""
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": self.signature(body),
        }
        return await http.post(self.url, content=body, headers=headers)

    async def text(self, http: httpx.AsyncClient, sender: str, said: str) -> httpx.Response:
        """Deliver one text message."""
        message = self.message(sender, {"type": "text", "text": {"body": said}})
        return await self.post(http, self.body(message))


@dataclass(slots=True, kw_only=True)
class Twilio:
    """Twilio's side of a number: signs its forms with the auth token (HMAC-SHA1)."""

    url: str
    number: str
    account_sid: str
    auth_token: str

    def form(self, sender: str, said: str, sid: str = "") -> dict[str, str]:
        """The form of one inbound text message."""
        sid = sid or f"SM{next(_COUNT):08d}{time.time_ns():024d}"[:34]
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "From": sender,
            "To": self.number,
            "Body": said,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }

    def signature(self, form: dict[str, str]) -> str:
        """The value of X-Twilio-Signature, over the URL and the sorted parameters."""
        payload = self.url + "".join(f"{key}{form[key]}" for key in sorted(form))
        mac = hmac.new(self.auth_token.encode(), payload.encode(), hashlib.sha1).digest()
        return base64.b64encode(mac).decode()

    async def post(self, http: httpx.AsyncClient, form: dict[str, str]) -> httpx.Response:
        """Deliver a form, signed."""
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": self.signature(form),
        }
        return await http.post(self.url, content=urlencode(form), headers=headers)

    async def text(self, http: httpx.AsyncClient, sender: str, said: str) -> httpx.Response:
        """Deliver one text message."""
        return await self.post(http, self.form(sender, said))


@dataclass(slots=True)
class Provider:
    """A fake provider behind the channels' base_url: records what it was sent, answers as told.

    An ASGI application for `uvicorn` on a free port; `answers` are taken first, then success as
    the carrier of that path says it.
    """

    received: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)

    async def wait(self, count: int, within_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """The messages sent so far (not marks of reading), once there are `count` of them."""
        deadline = time.monotonic() + within_s
        while len(self.messages()) < count:
            assert time.monotonic() < deadline, self.received
            await asyncio.sleep(0.02)
        return self.messages()

    def messages(self) -> list[dict[str, Any]]:
        """The messages sent so far, as their fields; neither marks of reading nor typing signs."""
        rows = [row["fields"] for row in self.received if "Typing" not in row["path"]]
        return [row for row in rows if row.get("status") != "read"]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Record one request and answer it."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        told = body.decode() or scope["query_string"].decode()
        fields = json.loads(told) if told.startswith("{") else dict(parse_qsl(told))
        self.received.append({"path": scope["path"], "fields": fields, "at": time.monotonic()})
        status, headers, answer = self.answers.pop(0) if self.answers else self._success(scope)
        rows = [(k.encode(), v.encode()) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": rows})
        await send({"type": "http.response.body", "body": answer})

    def _success(self, scope: Any) -> tuple[int, dict[str, str], bytes]:
        number, path = len(self.received), scope["path"]
        if path.endswith("/sendsms"):
            return 202, {"content-type": "text/html"}, b"0: Accepted for delivery"
        status, answer = 200, dict[str, Any](messages=[{"id": f"wamid.out.{number}"}])
        if path.endswith("/Typing.json"):
            answer = {"success": True}
        elif path.endswith(".json"):
            status, answer = 201, {"sid": f"SM{number:032d}"}
        elif path.endswith("/messaging"):
            told = {"statusCode": 101, "messageId": f"ATXid_{number}", "status": "Success"}
            status, answer = 201, {"SMSMessageData": {"Message": "", "Recipients": [told]}}
        return status, {"content-type": "application/json"}, json.dumps(answer).encode()
