"""One request on the wire and its answer, made and shown. Called by the fake carriers.

What is shown never holds a secret: channel tokens and keys, credentials of a header and typed
PINs are `•••` (docs/architecture.md, Secrets).
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal
from urllib.parse import parse_qsl

import httpx

from gateway.adapter import Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.simulator.feed import Feed

MASK: Final = "•••"
CREDENTIALS: Final = frozenset({"authorization", "apikey", "x-api-key"})
PUBLIC: Final = frozenset({"account_sid", "username"})
"""Kept among a channel's secrets, but names rather than keys."""

TELLING: Final = frozenset(
    {"content-type", "retry-after", "user-agent", "x-hub-signature-256", "x-twilio-signature"}
)
"""Headers worth showing, beside credentials; all others every request has."""

PRETTY_MAX: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer as text. `to`: who was asked. `status` 0: no answer came.
    `took_ms` is the time until the whole answer was there."""

    at: datetime
    to: Literal["gateway", "carrier"]
    what: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    status: int
    answer_headers: tuple[tuple[str, str], ...]
    answer: str
    took_ms: float


class Wire:
    """Posts real requests and tells the feed what went over the wire."""

    def __init__(self, http: httpx.AsyncClient, feed: Feed, now: Callable[[], datetime]) -> None:
        self._http, self._feed, self._now = http, feed, now

    async def post(
        self,
        request: HttpRequest,
        *,
        channel: Channel,
        phone: str,
        what: str,
        shown: HttpRequest | None = None,
    ) -> HttpResponse | None:
        """Send a request to the gateway; None when no answer came. `shown` stands in for a
        request that holds a PIN."""
        at, start = self._now(), time.perf_counter()
        response = await self._send(request)
        took_ms = (time.perf_counter() - start) * 1000
        self.tell(
            shown or request, response,
            channel=channel, phone=phone, what=what, at=at, to="gateway", took_ms=took_ms,
        )  # fmt: skip
        return response

    async def _send(self, request: HttpRequest) -> HttpResponse | None:
        try:
            answer = await self._http.request(
                request.method, request.url, headers=list(request.headers), content=request.body
            )
        except httpx.TransportError:
            return None
        return HttpResponse(
            status=answer.status_code, body=answer.content, headers=tuple(answer.headers.items())
        )

    def tell(
        self,
        request: HttpRequest,
        response: HttpResponse | None,
        *,
        channel: Channel,
        phone: str,
        what: str,
        at: datetime,
        to: Literal["gateway", "carrier"],
        took_ms: float,
    ) -> None:
        """Show an exchange beside the phone it belongs to."""
        answer = response or HttpResponse(status=0)
        exchange = Exchange(
            at=at, to=to, what=what, method=request.method, url=request.url,
            headers=_telling(request.headers), body=pretty(request.headers, request.body),
            status=answer.status,
            answer_headers=_telling(answer.headers),
            answer=pretty(answer.headers, answer.body), took_ms=round(took_ms, 1),
        )  # fmt: skip
        secrets = [value for name, value in channel.secrets.items() if name not in PUBLIC]
        shown = masked(exchange, [channel.token, *secrets])
        self._feed.tell("exchange", channel=channel.id, phone=phone, exchange=shown)


def _telling(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in headers if pair[0].lower() in TELLING | CREDENTIALS)


def masked(exchange: Exchange, secrets: Iterable[str]) -> Exchange:
    """The exchange without a secret in any of its texts."""
    hidden = sorted(filter(None, secrets), key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, MASK)
        return text

    def header(name: str, value: str) -> tuple[str, str]:
        if name.lower() in CREDENTIALS:
            return name, f"{value.split(' ')[0]} {MASK}" if " " in value else MASK
        return name, clean(value)

    return replace(
        exchange,
        url=clean(exchange.url),
        headers=tuple(header(*pair) for pair in exchange.headers),
        body=clean(exchange.body),
        answer=clean(exchange.answer),
    )


def pretty(headers: Iterable[tuple[str, str]], body: bytes) -> str:
    """A body as a person reads it: JSON indented, a form one field a line, else as it is."""
    kinds = [value.partition(";")[0] for name, value in headers if name.lower() == "content-type"]
    text = body.decode("utf-8", "replace")[:PRETTY_MAX]
    if kinds == ["application/json"]:
        try:
            return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        except ValueError:
            return text
    if kinds == ["application/x-www-form-urlencoded"]:
        return form_lines(dict(parse_qsl(text, keep_blank_values=True)))
    return text


def form_lines(fields: Mapping[str, str]) -> str:
    """Names padded to one column, so that values can be compared from request to request."""
    width = max(map(len, fields), default=0)
    return "\n".join(f"{name:<{width}} = {value}" for name, value in fields.items())
