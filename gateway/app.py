"""Wires a runtime into an ASGI application: routes, headers, the worker's task, a drained end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway import health
from gateway.carriers import Doors
from gateway.console import console
from gateway.doors import door_of
from gateway.headers import SecurityHeaders
from gateway.inside import simulator
from gateway.pictures import picture
from gateway.recording import Recorder
from gateway.runtime import Runtime
from gateway.simulator import routes
from gateway.worker import start


class Application(Starlette):
    """Starlette, with the carriers' doors asked first: a router and middleware of general use
    cost as much as a turn of the conversation (docs/performance.md)."""

    def __init__(self, *, doors: Doors, **parts: Any) -> None:
        super().__init__(**parts)
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a carrier, or let the router answer everybody else."""
        asked = door_of(scope["path"]) if scope["type"] == "http" else None
        if asked is not None:
            await self.doors(scope, receive, send, asked)
        else:
            await super().__call__(scope, receive, send)


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

    app = Application(
        doors=Doors(rt),
        routes=_routes() + console(rt) + (routes(trying) if trying else []),
        middleware=[Middleware(SecurityHeaders, dev=rt.settings.dev, metrics=rt.metrics)],
        exception_handlers={404: _not_found, 500: _our_mistake},
        lifespan=lifespan,
    )
    app.state.runtime = rt
    return app


def _routes() -> list[BaseRoute]:
    return [
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
    """A bug of ours: the log has the trace."""
    return PlainTextResponse("Something went wrong on our side.", 500)
