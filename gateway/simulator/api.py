"""The simulator's URLs: the page, its API, its events, and the APIs of the carriers it plays.

    GET  /simulator                              the page, and /simulator/page/{name} its files
    GET  /simulator/api/phones                   numbers and channels to pick from
    GET  /simulator/api/handset?phone=           one phone as it is now
    GET  /simulator/api/diagram?dialog=&state=   a dialog's states and transitions
    GET  /simulator/api/media/{id}               a picture of a message
    GET  /simulator/api/events?watch={channel}:{phone}    Server-Sent Events
    POST /simulator/api/{dial, ussd/send, ussd/hangup, chat, chat/read, record, record/stop}
    POST /simulator/carrier/{kind}/…             what the gateway sends, as to the real carrier

It exists in dev only. Bodies must be `application/json`, which no foreign web page can send here
unasked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gateway.inbound import HttpRequest
from gateway.simulator.board import Unknown
from gateway.simulator.feed import unnumbered
from gateway.simulator.port import Unwritten
from gateway.simulator.requests import (
    Chat,
    Dial,
    Hangup,
    Look,
    Refusal,
    Reply,
    Whose,
    read_body,
    read_number,
    read_watches,
)
from gateway.simulator.simulator import Simulator
from gateway.simulator.watch import Watch

PAGE: Final = Path(__file__).parent / "page"
TYPES: Final = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
PATIENCE_S: Final = 1.0
WATCHES_MAX: Final = 6
CARRIER_BODY_MAX: Final = 262_144
SURFACES: Final = {
    "africastalking_ussd": "ussd", "meta_whatsapp": "whatsapp", "twilio_sms": "sms",
}  # fmt: skip

# docs/security.md 27: styles may be set by script here, since no stored text is shown as HTML.
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(sim: Simulator) -> list[BaseRoute]:
    """Everything under /simulator."""
    doors = Doors(sim)
    api = "/simulator/api"
    return [
        Route("/simulator", doors.page),
        Route("/simulator/page/{name}", doors.file),
        Route(f"{api}/phones", polite(doors.phones)),
        Route(f"{api}/handset", polite(doors.handset)),
        Route(f"{api}/diagram", polite(doors.diagram)),
        Route(f"{api}/media/{{picture_id}}", polite(doors.picture)),
        Route(f"{api}/events", polite(doors.events)),
        Route(f"{api}/dial", polite(doors.dial), methods=["POST"]),
        Route(f"{api}/ussd/send", polite(doors.reply), methods=["POST"]),
        Route(f"{api}/ussd/hangup", polite(doors.hang_up), methods=["POST"]),
        Route(f"{api}/chat", polite(doors.chat), methods=["POST"]),
        Route(f"{api}/chat/read", polite(doors.read), methods=["POST"]),
        Route(f"{api}/record", polite(doors.record), methods=["POST"]),
        Route(f"{api}/record/stop", polite(doors.stop_recording), methods=["POST"]),
        Route("/simulator/carrier/{kind}/{rest:path}", polite(doors.carrier), methods=["POST"]),
    ]


def polite(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, saying in JSON what it cannot do."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            return _json({"error": refusal.reason}, refusal.status)
        except Unknown as unknown:
            return _json({"error": str(unknown)}, 404)

    return answered


class Doors:
    """One method per URL."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim

    async def page(self, request: Request) -> Response:
        return _file("index.html")

    async def file(self, request: Request) -> Response:
        return _file(request.path_params["name"])

    async def phones(self, request: Request) -> Response:
        channels = [
            {
                "id": channel.id,
                "kind": channel.kind,
                "surface": SURFACES[channel.kind],
                "address": channel.address,
                "shown": channel.settings.get("display_phone_number", channel.address),
                "region": channel.region,
                "owner": self._sim.owners.get(channel.owner, ""),
            }
            for channel in await self._sim.channels()
            if channel.kind in SURFACES
        ]
        return _json({"phones": self._sim.phones, "channels": channels})

    async def handset(self, request: Request) -> Response:
        handset = self._sim.handset(read_number(request.query_params.get("phone", "")))
        threads = {str(key): list(value.bubbles) for key, value in handset.threads.items()}
        screen = handset.call.screen if handset.call and handset.call.screen.open else None
        return _json({"phone": handset.number, "screen": screen, "threads": threads})

    async def diagram(self, request: Request) -> Response:
        dialog, state = request.query_params.get("dialog", ""), request.query_params.get("state")
        try:
            return _json(self._sim.diagrams(dialog, state))
        except KeyError as error:
            raise Refusal(404, "There is no such dialog.") from error

    async def picture(self, request: Request) -> Response:
        picture = self._sim.picture(request.path_params["picture_id"])
        if picture is None:
            raise Refusal(404, "That picture is gone.")
        return Response(picture.content, media_type=picture.media_type, headers=HEADERS)

    async def events(self, request: Request) -> Response:
        wanted = read_watches(request.query_params.getlist("watch")[:WATCHES_MAX])
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isascii() and last.isdigit() else None
        # A draining server waits for its answers to end: this one, which never would, gives way.
        draining = getattr(request.app.state, "draining", asyncio.Event())
        stream = self._stream(await self._sim.watch(wanted), after, draining)
        return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)

    async def _stream(
        self, watch: Watch, after: int | None, draining: asyncio.Event
    ) -> AsyncIterator[bytes]:
        async with self._sim.feed.listen(after) as listener:
            yield b"retry: 1000\n\n" + unnumbered({"type": "hello"})
            while not (listener.closed or draining.is_set()):
                for told in await watch.look():
                    yield unnumbered(told)
                for event in await listener.next(PATIENCE_S):
                    yield event.sse()

    async def dial(self, request: Request) -> Response:
        asked = await read_body(request, Dial)
        return _json(await self._sim.ussd.dial(asked.phone, asked.code, asked.channel))

    async def reply(self, request: Request) -> Response:
        asked = await read_body(request, Reply)
        return _json(await self._sim.ussd.reply(asked.phone, asked.text))

    async def hang_up(self, request: Request) -> Response:
        asked = await read_body(request, Hangup)
        return _json(await self._sim.ussd.hang_up(asked.phone))

    async def chat(self, request: Request) -> Response:
        asked = await read_body(request, Chat)
        chat = self._sim.chat
        if asked.choice:
            return _json(await chat.tap(asked.channel, asked.phone, asked.about, asked.choice))
        if not asked.text.strip():
            raise Refusal(400, "Write something first.")
        return _json(await chat.say(asked.channel, asked.phone, asked.text))

    async def read(self, request: Request) -> Response:
        asked = await read_body(request, Look)
        await self._sim.chat.read(asked.channel, asked.phone)
        return _json({})

    async def record(self, request: Request) -> Response:
        self._sim.tapes.start((await read_body(request, Whose)).phone)
        return _json({})

    async def stop_recording(self, request: Request) -> Response:
        asked = await read_body(request, Whose)
        try:
            return _json({"transcript": self._sim.tapes.stop(asked.phone)})
        except Unwritten as unwritten:
            raise Refusal(409, str(unwritten)) from unwritten

    async def carrier(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > CARRIER_BODY_MAX:
            raise Refusal(413, "That is too long.")
        answer = await self._sim.chat.carry(
            request.path_params["kind"],
            HttpRequest(
                method=request.method,
                url=str(request.url),
                headers=tuple(request.headers.items()),
                body=body,
            ),
        )
        return Response(answer.body, answer.status, headers=dict(answer.headers))


def _file(name: str) -> Response:
    path = PAGE / name
    if path.parent != PAGE or path.suffix not in TYPES or not path.is_file():
        return _json({"error": "There is no such file."}, 404)
    return Response(path.read_bytes(), media_type=TYPES[path.suffix], headers=HEADERS)


def _json(document: Any, status: int = 200) -> Response:
    content = msgspec.json.encode(document)
    return Response(content, status, media_type="application/json", headers=HEADERS)
