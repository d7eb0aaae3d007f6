"""Security headers on every answer (security.md 27), and every answer counted. Pure ASGI.

The reverse proxy sets the headers too; here they hold without it.
"""

from functools import lru_cache
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics import Metrics

_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline}; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
STRICT: Final = _CSP.format(inline="")
INLINE_STYLES: Final = _CSP.format(inline=" 'unsafe-inline'")
COMMON: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


RawHeaders = tuple[tuple[bytes, bytes], ...]


def secured(*, dev: bool) -> RawHeaders:
    """The headers of every answer, as ASGI wants them; HSTS is left out in dev, where there is no
    TLS."""
    hsts = {} if dev else {"strict-transport-security": "max-age=31536000"}
    return raw(tuple({"content-security-policy": STRICT, **COMMON, **hsts}.items()))


def bare(*, dev: bool) -> RawHeaders:
    """The headers of an answer that no browser shows: a carrier's. What is told to it by GET is
    one person's and this moment's, so nobody may keep it."""
    kept = ("strict-transport-security", "x-content-type-options")
    return (
        *((name, value) for name, value in secured(dev=dev) if name.decode() in kept),
        (b"cache-control", b"no-store"),
    )


@lru_cache(1024)
def raw(headers: tuple[tuple[str, str], ...]) -> RawHeaders:
    """Headers as ASGI wants them."""
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)


class SecurityHeaders:
    """Adds what is missing, and counts the answer by the function that gave it.

    `/simulator` alone may use inline styles; it shows no stored text as HTML.
    """

    def __init__(self, app: ASGIApp, *, dev: bool, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._headers = [(k.decode(), v.decode()) for k, v in secured(dev=dev)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        inline = scope["path"].startswith("/simulator")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if inline:
                    headers.setdefault("content-security-policy", INLINE_STYLES)
                for name, value in self._headers:
                    headers.setdefault(name, value)
                # The router has noted its choice by now; a path would be a label without bound.
                endpoint = getattr(scope.get("endpoint"), "__name__", "none")
                self._metrics.request(endpoint, message["status"])
            await send(message)

        await self._app(scope, receive, with_headers)
