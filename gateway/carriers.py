"""The doors carriers knock on: `/public/…`. Asked by the app before its router, since nothing else
is called as often; calls an adapter's pure functions and, for USSD, converses before it answers.

What every door does: find the channel, check the proof, read the events, act, answer in the
carrier's own form. A USSD answer leaves only after the commit; chat and text messages are stored
first and acknowledged at once, and when they cannot be stored the carrier is told to come again.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from starlette.types import Receive, Scope, Send

from gateway.adapter import Adapter, Channel, Forged, Malformed, Peers
from gateway.doors import Asked
from gateway.events import Knock, act, step
from gateway.headers import bare, raw
from gateway.heads import Head, Heads
from gateway.inbound import HttpRequest, HttpResponse, Inbound
from gateway.logs import get
from gateway.message import refusal
from gateway.peers import peer_behind, peer_of, within
from gateway.rerunning import Busy
from gateway.runtime import Runtime
from gateway.whole import Whole, whole_of
from storage.database import Unavailable

UNAUTHORIZED: Final = HttpResponse(
    status=401,
    body=b'{"error":"unauthorized"}',
    headers=(("content-type", "application/json"),),
)
FORBIDDEN: Final = HttpResponse(status=403)
NOT_FOUND: Final = HttpResponse(status=404)
TOO_LARGE: Final = HttpResponse(status=413)
TOO_SLOW: Final = HttpResponse(status=408)
OUR_MISTAKE: Final = HttpResponse(status=500, body=b"Something went wrong on our side.")
OUR_MISTAKE_ON_A_PHONE: Final = HttpResponse(
    status=200,
    body=b"END Service is busy. Nothing was charged. Please dial again.",
    headers=(("content-type", "text/plain; charset=utf-8"),),
)
BODY_MAX: Final = {"ussd": 262_144, "sms": 262_144, "wa": 3 * 1024 * 1024}
"""By door, in bytes (security.md 25)."""
BODY_TIMEOUT_S: Final = 20
LOOPBACK: Final = "127.0.0.0/8 ::1/128"


class Doors:
    """Answers carriers' requests. `__call__` takes what `door_of` found beside ASGI's own three;
    `straight` is called by a server that has read the request already (gateway/straight.py)."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._headers = bare(dev=rt.settings.dev)
        self.heads = Heads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send, asked: Asked) -> None:
        """Answer one request at `/public/{ussd|wa|sms}/…[/{token}[/…]]`."""
        response = _our_mistake(asked)
        try:
            response = await self._response(scope, receive, asked)
        finally:
            await self._send(whole_of(scope), send, response)

    async def straight(
        self, whole: Whole, head: Head, body: bytes, socket: str, _: Scope, __: Receive, send: Send
    ) -> None:
        """Answer one that is there as a whole, head and body. `socket`: the peer there."""
        response = _our_mistake(head.asked)
        try:
            if whole.is_gone():
                response = TOO_SLOW
            else:
                request = _request_of(self._rt, head, body, socket)
                response = await self._heard(request, head.asked)
        finally:
            await self._send(whole, send, response)

    async def _response(self, scope: Scope, receive: Receive, asked: Asked) -> HttpResponse:
        whole, most = whole_of(scope), BODY_MAX[asked.name]
        body: bytes | HttpResponse | None = whole.body() if whole else None
        if body is None:
            body = await _body(receive, most)
        if isinstance(body, HttpResponse):
            return body
        if len(body) > most:
            return TOO_LARGE
        return await self._heard(_http_request(self._rt, scope, body), asked)

    async def _heard(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        rt = self._rt
        channel = await _channel(rt, asked, request)
        # A kind is gone when its table was taken out of the operator's folder.
        adapter = rt.adapters.get(channel.kind) if channel else None
        if channel is None or adapter is None or adapter.PROFILE.door != asked.name:
            return FORBIDDEN if asked.name == "ussd" else UNAUTHORIZED
        if refused := _refused(adapter, request, asked):
            return refused
        peers = _peers(rt, channel, request, asked)
        return await _answer(
            Knock(rt=rt, adapter=adapter, channel=channel, asked=request, peers=peers)
        )

    async def _send(self, whole: Whole | None, send: Send, response: HttpResponse) -> None:
        """Count an answer and send it, in one write where that can be."""
        self._rt.metrics.request("door", response.status)
        headers = (*raw(response.headers), *self._headers)
        if whole and whole.answer(response.status, headers, response.body):
            return
        headers = (*headers, (b"content-length", b"%d" % len(response.body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def _our_mistake(asked: Asked) -> HttpResponse:
    """A bug of ours: a USSD phone still gets words it can show, the log gets the trace."""
    return OUR_MISTAKE_ON_A_PHONE if asked.name == "ussd" else OUR_MISTAKE


async def _body(receive: Receive, most: int) -> bytes | HttpResponse:
    """The raw body, as signatures cover it, within the limits of security.md 25."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return TOO_SLOW
                body += message.get("body", b"")
                if len(body) > most:
                    return TOO_LARGE
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        return TOO_SLOW


def _http_request(rt: Runtime, scope: Scope, body: bytes) -> HttpRequest:
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"]
    return HttpRequest(
        method=scope["method"],
        # The public URL comes from our settings, never from the Host header (security.md, T8).
        url=f"{rt.settings.public_url}{path}" + (f"?{query.decode('latin-1')}" if query else ""),
        headers=tuple([(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]),
        body=body,
        peer=peer_of(scope, rt.settings.trusted_proxies),
    )


def _request_of(rt: Runtime, head: Head, body: bytes, socket: str) -> HttpRequest:
    """The same of a head that was read already."""
    return HttpRequest(
        method="POST",
        url=rt.settings.public_url + head.path,
        headers=head.headers,
        body=body,
        peer=peer_behind(socket, head.forwarded, rt.settings.trusted_proxies),
    )


async def _channel(rt: Runtime, asked: Asked, request: HttpRequest) -> Channel | None:
    """By the token in the path, else by the business address that the body names."""
    if asked.token is not None:
        return await rt.registry.by_token(asked.token)
    for kind, adapter in rt.adapters.items():
        if adapter.PROFILE.door != asked.name:
            continue
        address = adapter.address_of(request)
        found = await rt.registry.by_address(kind, address) if address else None
        if found:
            return found
    return None


def _refused(adapter: Adapter, request: HttpRequest, asked: Asked) -> HttpResponse | None:
    """What is said to a request that this carrier never makes."""
    if asked.deeper and not adapter.PROFILE.deeper:
        return NOT_FOUND
    if request.method not in adapter.PROFILE.methods:
        return HttpResponse(status=405, headers=(("allow", ", ".join(adapter.PROFILE.methods)),))
    return TOO_LARGE if len(request.body) > adapter.PROFILE.body_max else None


def _peers(rt: Runtime, channel: Channel, request: HttpRequest, asked: Asked) -> Peers:
    allow = channel.settings.get("allow", "")
    return Peers(
        token=asked.token is not None,
        allowed=within(request.peer, allow),
        dev=rt.settings.dev and within(request.peer, LOOPBACK),
    )


async def _answer(knock: Knock) -> HttpResponse:
    adapter, kind, rt = knock.adapter, knock.channel.kind, knock.rt
    try:
        adapter.verify(knock.asked, knock.channel, knock.peers)
        events = adapter.parse(knock.asked, knock.channel, datetime.now(UTC))
    except Forged:
        rt.metrics.ignored(kind, "forged")
        return adapter.refuse("forged")
    except Malformed as error:
        rt.metrics.ignored(kind, "malformed")
        get("carrier").warning("malformed", channel=kind, reason=str(error))
        return adapter.refuse("malformed")
    try:
        first = events[0] if len(events) == 1 else None
        if isinstance(first, Inbound) and adapter.PROFILE.reply_in_response:
            return await step(knock, first)
        return await act(knock, events)
    except (Busy, Unavailable, TimeoutError) as error:
        get("carrier").error("unavailable", channel=kind, reason=type(error).__name__)
        rt.metrics.ignored(kind, "unavailable")
        asked = next((event for event in events if isinstance(event, Inbound)), None)
        return refusal(adapter, asked, "busy")
