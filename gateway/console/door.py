"""Lets operators in: the key once, then a signed cookie that expires. Called by `pages`.

The cookie holds the time it ends and a keyed hash of that time and the key: never the key itself,
and worthless once the key is another one. It goes to no other site (SameSite=Strict), to no script
(HttpOnly) and, but in dev, over TLS only.
"""

import asyncio
import hmac
import time
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.console.tries import Tries
from gateway.inbound import Malformed, read_form
from gateway.logs import get
from gateway.peers import peer_of
from gateway.runtime import Runtime

LIFE_S: Final = 8 * 3600
BODY_MAX: Final = 4096
BODY_TIMEOUT_S: Final = 20.0
"""How long a browser may take to send the form."""


class Door:
    """The console's one door. `Tries` are this process's."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._tries = Tries(time.monotonic)
        # A browser takes a `__Host-` cookie from this very host only, and only over TLS.
        self._cookie = "maita_operator" if rt.settings.dev else "__Host-maita_operator"

    def is_in(self, request: Request) -> bool:
        """Whether the request shows a cookie of ours that has not ended."""
        until, _, _ = request.cookies.get(self._cookie, "").partition(".")
        shown = request.cookies.get(self._cookie, "").encode("utf-8", "surrogatepass")
        if not (until.isascii() and until.isdigit() and len(until) <= 12):
            return False
        genuine = hmac.compare_digest(shown, self._value(int(until)).encode())
        return genuine and int(until) > time.time()

    async def knows(self, request: Request) -> int:
        """Whether the form holds the key: 200, 403 when not, 429 after too many wrong ones, 408 for
        one that never ends, 400 for what no browser of ours sends."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 400
        peer = peer_of(request.scope, self._rt.settings.trusted_proxies)
        if self._tries.wait_s(peer):
            return 429
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                shown = await _key(request)
        except TimeoutError:
            return 408
        if shown is None:
            return 400
        if not hmac.compare_digest(shown, self._rt.settings.operator_key):
            self._tries.note(peer)
            self._rt.metrics.ignored("console", "operator_key_wrong")
            get("console").warning("operator_key_wrong", peer=peer)
            return 403
        get("console").info("operator_in", peer=peer)
        return 200

    def wait_s(self, request: Request) -> int:
        """Seconds until this peer may try again."""
        return self._tries.wait_s(peer_of(request.scope, self._rt.settings.trusted_proxies))

    def let_in(self, response: Response) -> None:
        """Give the cookie."""
        value = self._value(int(time.time()) + LIFE_S)
        self._set(response, value, LIFE_S)

    def let_out(self, response: Response) -> None:
        """Take it back."""
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, max_age_s: int) -> None:
        response.set_cookie(
            self._cookie,
            value,
            max_age=max_age_s,
            path="/",
            secure=not self._rt.settings.dev,
            httponly=True,
            samesite="strict",
        )

    def _value(self, until: int) -> str:
        mac = self._rt.vault.mac("operator", str(until), self._rt.settings.operator_key)
        return f"{until}.{mac.hex()}"


async def _key(request: Request) -> bytes | None:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_MAX:
                return None
        form = read_form(bytes(body))
    except (ClientDisconnect, Malformed):
        return None
    return form.get("key", "").strip().encode("utf-8", "surrogatepass")
