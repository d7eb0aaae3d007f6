"""Wires a runtime into an ASGI application: routes, headers, the worker's task, a drained end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway import health
from gateway.carriers import door
from gateway.headers import SecurityHeaders
from gateway.inside import simulator
from gateway.pictures import picture
from gateway.recording import Recorder
from gateway.runtime import Runtime
from gateway.simulator import routes
from gateway.worker import start

SPOKEN: Final = ["GET", "POST"]


async def build(rt: Runtime, *, worker: bool) -> Starlette:
    """The application over an open runtime. `worker`: run its jobs in this process too. In dev
    it has phones to try, for the tenants that are there now."""
    recorder = Recorder() if rt.settings.dev else None
    rt = replace(rt, witness=recorder)
    trying = await simulator(rt, recorder) if recorder else None

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # Set at the first signal, so that jobs drain while requests do.
        stop = getattr(app.state, "draining", None) or asyncio.Event()
        task = start(rt, stop) if worker else None
        yield
        stop.set()
        rt.wake.set()
        if task:
            await task
        if trying:
            await trying.close()

    app = Starlette(
        routes=_routes() + (routes(trying) if trying else []),
        middleware=[Middleware(SecurityHeaders, dev=rt.settings.dev, metrics=rt.metrics)],
        exception_handlers={404: _not_found, 500: _our_mistake},
        lifespan=lifespan,
    )
    app.state.runtime = rt
    return app


def _routes() -> list[BaseRoute]:
    """Carriers first: the hot routes are looked at before all others."""
    return [
        *(
            Route(f"/public/{{door:str}}/{page}{token}", door, methods=SPOKEN)
            for page in ("callback", "webhook", "events", "status")
            for token in ("/{token:str}", "")
        ),
        Route("/public/{door:str}/callback/{token:str}/{deeper:path}", door, methods=SPOKEN),
        Route("/health", health.health),
        Route("/ready", health.ready),
        Route("/metrics", health.metrics),
        Route("/m/i/{signed:str}.png", _picture),
    ]


async def _picture(request: Request) -> Response:
    rt: Runtime = request.app.state.runtime
    png = picture(rt.vault, request.path_params["signed"], datetime.now(UTC))
    if png is None:
        return PlainTextResponse("This picture is no longer here.", 404)
    return Response(png, media_type="image/png", headers={"cache-control": "no-store"})


async def _not_found(request: Request, _: Exception) -> Response:
    return PlainTextResponse("Nothing is here.", 404)


async def _our_mistake(request: Request, _: Exception) -> Response:
    """A bug of ours: the log has the trace; a USSD phone still gets words it can show."""
    if request.url.path.startswith("/public/ussd/"):
        return PlainTextResponse("END Service is busy. Nothing was charged. Please dial again.")
    return PlainTextResponse("Something went wrong on our side.", 500)
