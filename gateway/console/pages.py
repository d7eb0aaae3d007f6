"""The console's URLs.

    GET  /console                    to the page of channels
    GET  /console/sign-in            the form that asks for the operator key; POST takes it
    POST /console/sign-out
    GET  /console/channels?shop=&part=   what carriers send, per channel and network
    GET  /console/page/{name}        the style sheet

Nothing of it is there without MAITA_OPERATOR_KEY. The pages need no script.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.console import charts
from gateway.console.channels import Day, by_pair, hours, shops, silences
from gateway.console.door import Door
from gateway.console.parts import Part, part_of
from gateway.console.words import local, number
from gateway.runtime import Runtime
from storage.database import Unavailable
from storage.watch import Seen

PAGE: Final = Path(__file__).parent / "page"
STYLE: Final = "console.css"
SHOPS_MAX: Final = 25
"""Shops on one page."""

PRIVATE: Final = {"cache-control": "no-store"}
REFUSED: Final = {
    400: "That form did not come from this page. Please try again.",
    403: "That is not the operator key.",
    408: "That took too long. Please try again.",
    429: "Too many wrong keys. Try again in {minutes} minutes.",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def console(rt: Runtime) -> list[BaseRoute]:
    """Everything under /console; nothing without an operator key."""
    if not rt.settings.operator_key:
        return []
    pages = Pages(rt, Door(rt))
    return [
        Route("/console", pages.start),
        Route("/console/sign-in", pages.form),
        Route("/console/sign-in", pages.sign_in, methods=["POST"]),
        Route("/console/sign-out", pages.sign_out, methods=["POST"]),
        Route("/console/channels", pages.behind(pages.channels)),
        Route(f"/console/page/{STYLE}", pages.style),
    ]


class Pages:
    """One method per URL."""

    def __init__(self, rt: Runtime, door: Door) -> None:
        self._rt = rt
        self._door = door
        # Everything that is shown is escaped: names and addresses are whatever somebody entered.
        self._templates = Environment(
            loader=PackageLoader("gateway.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            sparkline=charts.sparkline, bar=charts.bar, number=number, local=local
        )

    def behind(self, page: Endpoint) -> Endpoint:
        """The page for who is in; who is not is asked for the key."""

        async def guarded(request: Request) -> Response:
            if not self._door.is_in(request):
                return _to("sign-in")
            try:
                return await page(request)
            except Unavailable:
                return PlainTextResponse("The database does not answer.", 503, headers=PRIVATE)

        guarded.__name__ = f"console_{page.__name__}"
        return guarded

    async def start(self, request: Request) -> Response:
        return _to("channels")

    async def form(self, request: Request) -> Response:
        return self._page("sign_in.html", refused="")

    async def sign_in(self, request: Request) -> Response:
        status = await self._door.knows(request)
        if status == 200:
            response = _to("channels")
            self._door.let_in(response)
            return response
        wait_s = self._door.wait_s(request)
        refused = REFUSED[status].format(minutes=-(-wait_s // 60))
        response = self._page("sign_in.html", status, refused=refused)
        if status == 429:
            response.headers["retry-after"] = str(wait_s)
        return response

    async def sign_out(self, request: Request) -> Response:
        response = _to("sign-in")
        self._door.let_out(response)
        return response

    async def channels(self, request: Request) -> Response:
        rows, now = self._rt.watch.rows, self._rt.watch.now()
        everything, asked = await rows.seen(), request.query_params.get("shop", "")
        wanted = dict.fromkeys(each.owner for each in everything if asked in ("", each.slug))
        part = part_of(list(wanted), request.query_params.get("part", ""), SHOPS_MAX)
        owners = list(part.shown)
        over, running = hours(now)
        day = Day(
            now=now,
            settled=by_pair(await rows.counts(owners, over)),
            running=by_pair(await rows.counts(owners, running)),
        )
        # Much to draw: in a thread, so that turns go on meanwhile.
        return await run_in_threadpool(self._channels, everything, part, day, asked)

    def _channels(
        self, everything: Sequence[Seen], part: Part[UUID], day: Day, asked: str
    ) -> Response:
        owners = set(part.shown)
        over, running = hours(day.now)
        return self._page(
            "channels.html",
            shops=shops([each for each in everything if each.owner in owners], day),
            silences=silences(everything, day.now),
            choices=sorted({(each.shop, each.slug) for each in everything}),
            chosen=asked,
            part=part,
            now=day.now,
            since=over[0],
            settled_until=running[0],
        )

    async def style(self, request: Request) -> Response:
        headers = {"cache-control": "no-cache"}
        return Response((PAGE / STYLE).read_bytes(), media_type="text/css", headers=headers)

    def _page(self, name: str, status: int = 200, **shown: Any) -> Response:
        html = self._templates.get_template(name).render(**shown)
        return HTMLResponse(html, status, headers=PRIVATE)


def _to(page: str) -> Response:
    return RedirectResponse(f"/console/{page}", 303, headers=PRIVATE)
