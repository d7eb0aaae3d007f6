"""The doors carriers knock on: `/public/…`. Called by the app's router; calls an adapter's pure
functions and, for USSD, converses before it answers.

What every door does: find the channel, check the proof, read the events, act, answer in the
carrier's own form. A USSD answer leaves only after the commit; chat and text messages are stored
first and acknowledged at once, and when they cannot be stored the carrier is told to come again.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.adapter import Channel, Forged, Malformed, Peers
from gateway.conversation import Busy
from gateway.events import Knock, act
from gateway.inbound import HttpRequest, HttpResponse, Inbound
from gateway.logs import get
from gateway.message import refusal
from gateway.runtime import Runtime
from storage.database import Unavailable

UNAUTHORIZED: Final = HttpResponse(
    status=401,
    body=b'{"error":"unauthorized"}',
    headers=(("content-type", "application/json"),),
)
FORBIDDEN: Final = HttpResponse(status=403)
TOO_LARGE: Final = HttpResponse(status=413)
TOO_SLOW: Final = HttpResponse(status=408)
BODY_MAX: Final = 3 * 1024 * 1024
BODY_TIMEOUT_S: Final = 20


async def door(request: Request) -> Response:
    """Answer one carrier request at `/public/{ussd|wa|sms}/…[/{token}[/…]]`."""
    rt: Runtime = request.app.state.runtime
    body = await _body(request)
    if isinstance(body, HttpResponse):
        return _starlette(body)
    name, token = request.path_params["door"], request.path_params.get("token")
    asked = _http_request(rt, request, body)
    channel = await _channel(rt, name, token, asked)
    # A kind is gone when its table was taken out of the operator's folder.
    adapter = rt.adapters.get(channel.kind) if channel else None
    if channel is None or adapter is None or adapter.PROFILE.door != name:
        return _starlette(FORBIDDEN if name == "ussd" else UNAUTHORIZED)
    if "deeper" in request.path_params and not adapter.PROFILE.deeper:
        return Response(status_code=404)
    if request.method not in adapter.PROFILE.methods:
        return Response(status_code=405, headers={"allow": ", ".join(adapter.PROFILE.methods)})
    if len(body) > adapter.PROFILE.body_max:
        return _starlette(TOO_LARGE)
    peers = _peers(rt, channel, asked, token)
    knock = Knock(rt=rt, adapter=adapter, channel=channel, asked=asked, peers=peers)
    return _starlette(await _answer(knock))


async def _body(request: Request) -> bytes | HttpResponse:
    """The raw body, as signatures cover it, within the limits of security.md 25."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_MAX:
                    return TOO_LARGE
    except (TimeoutError, ClientDisconnect):
        return TOO_SLOW
    return bytes(body)


def _http_request(rt: Runtime, request: Request, body: bytes) -> HttpRequest:
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"]
    return HttpRequest(
        method=request.method,
        # The public URL comes from our settings, never from the Host header (security.md, T8).
        url=f"{rt.settings.public_url}{path}" + (f"?{query.decode('latin-1')}" if query else ""),
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw),
        body=body,
        peer=_peer(rt, request),
    )


def _peer(rt: Runtime, request: Request) -> str:
    """Who really calls: the socket's peer, or whom trusted proxies say they passed on (U45). The
    rightmost address that is no proxy of ours counts: what stands left of it anyone may write."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed([word.strip() for word in forwarded if word.strip()]):
        if not _within(peer, rt.settings.trusted_proxies):
            break
        peer = hop
    return peer


def _within(peer: str, networks: Sequence[object]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)  # type: ignore[operator]


async def _channel(rt: Runtime, name: str, token: str | None, asked: HttpRequest) -> Channel | None:
    """By the token in the path, else by the business address that the body names."""
    if token is not None:
        return await rt.registry.by_token(token)
    for kind, adapter in rt.adapters.items():
        if adapter.PROFILE.door != name:
            continue
        address = adapter.address_of(asked)
        found = await rt.registry.by_address(kind, address) if address else None
        if found:
            return found
    return None


def _peers(rt: Runtime, channel: Channel, asked: HttpRequest, token: str | None) -> Peers:
    listed = [ip_network(word) for word in channel.settings.get("allow", "").split()]
    return Peers(
        token=token is not None,
        allowed=_within(asked.peer, listed),
        dev=rt.settings.dev and _within(asked.peer, _LOOPBACK),
    )


_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


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
        async with asyncio.timeout(rt.settings.turn_timeout_s):
            return await act(knock, events)
    except (Busy, Unavailable, TimeoutError) as error:
        get("carrier").error("unavailable", channel=kind, reason=type(error).__name__)
        rt.metrics.ignored(kind, "unavailable")
        asked = next((event for event in events if isinstance(event, Inbound)), None)
        return refusal(adapter, asked, "busy")


def _starlette(response: HttpResponse) -> Response:
    # Some carriers ask by GET, and what they are told is one person's and this moment's.
    headers = {"cache-control": "no-store", **dict(response.headers)}
    return Response(response.body, response.status, headers=headers)
