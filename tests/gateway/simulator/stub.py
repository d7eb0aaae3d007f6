"""A gateway small enough to read: it answers the fake carrier, so that the phones can be tried and
tested without a database. `serve` runs it over a real socket.

One shop, one number a conversation. Every request must be signed or carry the channel's token as
the real carriers do it; `Shop.refused` keeps those that do not.
"""

import asyncio
import hashlib
import hmac
import io
import json
import random
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import httpx
import segno
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from core.values import Address
from gateway.adapter import Channel
from gateway.inside import Tapes
from gateway.recording import Recorder
from gateway.simulator import Entry, Phone, Simulator, Standing, routes
from tests.gateway.simulator.script import GRAPHS, Talk

OWNER = UUID(int=1)
SHARED = UUID(int=0)
PHONES = [
    Phone(name="Rudo", number="+263771234567", note="member"),
    Phone(name="Tendai", number="+263772000111", note="new"),
    Phone(name="Chipo", number="+263773555123", note="staff"),
]


def channels(url: str) -> list[Channel]:
    """The channels of the demo shop, with their secrets."""
    return [
        Channel(
            id=UUID(int=11), owner=OWNER, kind="africastalking_ussd", address="*123*1#",
            token="tokenussd0000001", region="ZW", secrets={"username": "sandbox"},
        ),
        Channel(
            id=UUID(int=12), owner=SHARED, kind="africastalking_ussd", address="*123#",
            token="tokenussd0000002", region="ZW", secrets={"username": "sandbox"},
        ),
        Channel(
            id=UUID(int=13), owner=OWNER, kind="meta_whatsapp", address="106540352242922",
            token="tokenwa000000001", region="ZW", app_id="app1",
            settings={
                "base_url": f"{url}/simulator/carrier/meta_whatsapp",
                "display_phone_number": "+263788000001",
            },
            secrets={
                "app_secret": "app-secret-0001", "verify_token": "verify-0001",
                "access_token": "access-token-0001",
            },
        ),
        Channel(
            id=UUID(int=14), owner=OWNER, kind="twilio_sms", address="+263788000002",
            token="tokensms00000001", region="ZW",
            settings={"base_url": f"{url}/simulator/carrier/twilio_sms"},
            secrets={"account_sid": f"AC{'0' * 32}", "auth_token": "auth-token-0001"},
        ),
    ]  # fmt: skip


class Shop:
    """The gateway's side: conversations, points, and what the carriers posted."""

    def __init__(self, url: str) -> None:
        self.url, self.channels = url, channels(url)
        self.talks: dict[tuple[UUID, str], Talk] = {}
        self.moved: dict[str, list[Entry]] = {}
        self.posted: list[tuple[str, str, bytes]] = []
        self.refused: list[str] = []
        self.statuses: list[tuple[str, str]] = []
        self.broken = 0
        self.draining = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self.http = httpx.AsyncClient(timeout=30, trust_env=False)

    def talk(self, channel: Channel, number: str) -> Talk:
        return self.talks.setdefault((channel.id, number), Talk(number, self.pay))

    def pay(self, number: str, code: str, debit: str, credit: str, amount: int) -> str:
        """Move points and give the reference."""
        entries = self.moved.setdefault(number, [])
        before = entries[-1].balance if entries else 0
        signed = amount if credit == "member" else -amount
        ref = "".join(random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=7))
        entries.append(
            Entry(
                id=f"{len(entries):08d}", at=datetime.now(UTC), code=code, amount=amount,
                debit=debit, credit=credit, balance=before + signed, ref=ref,
            )
        )  # fmt: skip
        return ref

    # The inside view, as `gateway.simulator.Inside`.

    async def standing(self, channel: Channel, address: Address) -> Standing | None:
        talk = self.talks.get((channel.id, address.value))
        return Standing(
            dialog=talk.dialog, state=talk.state, language="en", secret=talk.state == "pin"
        ) if talk else None  # fmt: skip

    async def entries(self, channel: Channel, address: Address, after: str) -> list[Entry]:
        return [entry for entry in self.moved.get(address.value, []) if entry.id > after][-20:]

    # What the carriers call.

    async def ussd(self, request: Request) -> Response:
        channel, body = await self.heard(request)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if request.path_params["page"] == "events":
            return PlainTextResponse("")
        if self.broken:
            self.broken -= 1
            return PlainTextResponse("no", 500)
        talk = self.talk(channel, fields["phoneNumber"])
        if not fields["text"]:
            talk.home()
        said = fields["text"].rpartition("*")[2]
        text, picks, end = talk.hear(said) if fields["text"] else talk.now()
        lines = [text, *(f"{number} {label}" for number, label in enumerate(picks.values(), 1))]
        return PlainTextResponse(("END " if end else "CON ") + "\n".join(lines))

    async def whatsapp(self, request: Request) -> Response:
        channel, body = await self.heard(request)
        good = hmac.new(channel.secrets["app_secret"].encode(), body, hashlib.sha256).hexdigest()
        if request.headers.get("x-hub-signature-256") != f"sha256={good}":
            self.refused.append("whatsapp")
            return PlainTextResponse("", 401)
        if self.broken:
            self.broken -= 1
            return PlainTextResponse("no", 503)
        value = json.loads(body)["entry"][0]["changes"][0]["value"]
        self.statuses += [(s["id"], s["status"]) for s in value.get("statuses", [])]
        for message in value.get("messages", []):
            self.later(self.answer_whatsapp(channel, message))
        return PlainTextResponse("")

    async def sms(self, request: Request) -> Response:
        channel, body = await self.heard(request)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        url = f"{self.url}{request.url.path}"
        validator = RequestValidator(channel.secrets["auth_token"])
        if not validator.validate(url, fields, request.headers.get("x-twilio-signature", "")):
            self.refused.append("sms")
            return PlainTextResponse("", 401)
        if "MessageStatus" in fields:
            self.statuses.append((fields["MessageSid"], fields["MessageStatus"]))
            return PlainTextResponse("")
        self.later(self.answer_sms(channel, fields))
        return Response("<Response/>", media_type="text/xml")

    async def heard(self, request: Request) -> tuple[Channel, bytes]:
        body = await request.body()
        token = request.path_params["token"]
        self.posted.append((request.method, request.url.path, body))
        return next(channel for channel in self.channels if channel.token == token), body

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer_whatsapp(self, channel: Channel, message: dict[str, Any]) -> None:
        said = message.get("text", {}).get("body", "")
        for reply in message.get("interactive", {}).values():
            said = reply["id"] if isinstance(reply, dict) else said
        number = f"+{message['from']}"
        text, picks, _ = self.talk(channel, number).hear(said)
        base = f"{channel.settings['base_url']}/v25.0/{channel.address}/messages"
        sent: list[dict[str, Any]] = [
            {"status": "read", "message_id": message["id"], "typing_indicator": {"type": "text"}},
            {"to": message["from"], "type": "text", "text": {"body": text}},
        ]
        if "code" in text:
            picture = {"link": f"{self.url}/m/i/482913.png", "caption": text}
            sent[1] = {"to": message["from"], "type": "image", "image": picture}
        elif picks:
            sent[1] = {"to": message["from"], "type": "interactive", **interactive(text, picks)}
        for body in sent:
            await self.http.post(
                base,
                json={"messaging_product": "whatsapp", **body},
                headers={"authorization": f"Bearer {channel.secrets['access_token']}"},
            )

    async def answer_sms(self, channel: Channel, fields: dict[str, str]) -> None:
        text, picks, _ = self.talk(channel, fields["From"]).hear(fields["Body"])
        lines = [text, *(f"{number} {label}" for number, label in enumerate(picks.values(), 1))]
        account = channel.secrets["account_sid"]
        await self.http.post(
            f"{channel.settings['base_url']}/2010-04-01/Accounts/{account}/Messages.json",
            data={
                "To": fields["From"], "From": channel.address, "Body": "\n".join(lines),
                "StatusCallback": f"{self.url}/public/sms/status/{channel.token}",
            },
            auth=(account, channel.secrets["auth_token"]),
        )  # fmt: skip

    async def picture(self, request: Request) -> Response:
        return Response(qr(request.path_params["code"]), media_type="image/png")


def qr(code: str) -> bytes:
    """A picture of a code."""
    out = io.BytesIO()
    segno.make(code, error="m").save(out, kind="png", scale=8)
    return out.getvalue()


def interactive(text: str, picks: dict[str, str]) -> dict[str, Any]:
    """Buttons for up to three, a list for more."""
    if len(picks) <= 3:
        buttons = [
            {"type": "reply", "reply": {"id": key, "title": label[:20]}}
            for key, label in picks.items()
        ]
        content: dict[str, Any] = {"type": "button", "action": {"buttons": buttons}}
    else:
        rows = [{"id": key, "title": label[:24]} for key, label in picks.items()]
        action = {"button": "Choose", "sections": [{"title": "Menu", "rows": rows}]}
        content = {"type": "list", "action": action}
    return {"interactive": {"body": {"text": text}, **content}}


def diagram(dialog: str, state: str | None) -> dict[str, Any]:
    return GRAPHS[dialog]


@asynccontextmanager
async def serve(port: int = 0, pace_s: float = 0.0) -> AsyncIterator[tuple[Shop, Simulator]]:
    """The stub and its phones on a free port of this machine."""
    listening = socket.create_server(("127.0.0.1", port))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    shop = Shop(url)

    async def all_channels() -> Sequence[Channel]:
        return shop.channels

    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        sim = Simulator(
            public_url=url, channels=all_channels,
            owners={OWNER: "Cafe Aroma", SHARED: "All shops"},
            phones=PHONES, http=http, inside=shop, tapes=Tapes(Recorder()), diagrams=diagram,
            pace_s=pace_s,
        )  # fmt: skip
        paths = [
            Route("/public/ussd/{page}/{token}", shop.ussd, methods=["POST"]),
            Route("/public/wa/webhook/{token}", shop.whatsapp, methods=["POST"]),
            Route("/public/sms/{page}/{token}", shop.sms, methods=["POST"]),
            Route("/m/i/{code}.png", shop.picture),
        ]
        app = Starlette(routes=[*paths, *routes(sim)])
        app.state.draining = shop.draining
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield shop, sim
        finally:
            await asyncio.gather(*shop.tasks)
            await sim.close()
            server.should_exit = True
            await task
            await shop.http.aclose()


if __name__ == "__main__":

    async def forever() -> None:
        async with serve(int(sys.argv[1]), pace_s=0.35) as (shop, _):
            print(shop.url, flush=True)
            await asyncio.Event().wait()

    asyncio.run(forever())
