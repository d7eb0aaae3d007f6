"""Is this process well, may it get traffic, and what has it counted? Routed by `app`.

`/health`: the process and its database answer. `/ready`: it may get requests; 503 while it drains,
when the database is gone or older than the code. Details and `/metrics` are for the private side
only: requests to MAITA_PRIVATE_BIND that no proxy passed on (docs/security.md 29).
"""

from ipaddress import ip_address
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gateway.metrics import CONTENT_TYPE
from gateway.runtime import Runtime
from storage.database import Unavailable
from storage.readiness import HEAD, Backlog, backlog, ping, revision

LATE_S: Final = 60
"""A due job this old is shown as late. It is no reason for 503: with one gateway less the worker
is no faster."""

_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


async def health(request: Request) -> Response:
    """200 while the process runs and its database answers, else 503."""
    rt: Runtime = request.app.state.runtime
    try:
        await ping(rt.db)
    except Unavailable:
        return _json({"status": "down"}, 503)
    return _json({"status": "ok"}, 200)


async def ready(request: Request) -> Response:
    """200 when requests are welcome; on the private side with each check's outcome."""
    rt: Runtime = request.app.state.runtime
    draining = getattr(request.app.state, "draining", None)
    checks: dict[str, Any] = {"draining": draining is not None and draining.is_set()}
    try:
        checks["revision"] = await revision(rt.db)
        waiting = await backlog(rt.db) if checks["revision"] else Backlog(due=0, oldest_s=0, dead=0)
        checks["database"] = True
        checks["jobs"] = _jobs(waiting)
    except Unavailable:
        checks["database"] = False
    well = checks["database"] and not checks["draining"] and checks["revision"] >= HEAD
    body = {"status": "ready" if well else "not ready"}
    if is_private(request, rt.settings.private_bind):
        body |= {"revision_needed": HEAD, **checks}
    return _json(body, 200 if well else 503)


async def metrics(request: Request) -> Response:
    """The counters, for Prometheus; nothing is here for anybody else."""
    rt: Runtime = request.app.state.runtime
    if not is_private(request, rt.settings.private_bind):
        return PlainTextResponse("Nothing is here.", 404)
    try:
        waiting = await backlog(rt.db)
        rt.metrics.backlog(waiting.due, waiting.oldest_s, waiting.dead)
        for each in await rt.watch.rows.seen():
            rt.metrics.standing(each)
    except Unavailable:
        rt.metrics.alarm("database_unavailable")
    return Response(rt.metrics.render(), headers={"content-type": CONTENT_TYPE})


def is_private(request: Request, private_bind: str) -> bool:
    """Whether a request came to the private address itself, not through a proxy beside us."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    server = request.scope.get("server")
    try:
        came_to, private = ip_address(server[0] if server else ""), ip_address(private_bind)
    except ValueError:
        return False
    return came_to == private or (came_to.is_loopback and private.is_loopback)


def _jobs(waiting: Backlog) -> dict[str, Any]:
    return {
        "due": waiting.due,
        "oldest_s": round(waiting.oldest_s, 1),
        "dead": waiting.dead,
        "late": waiting.oldest_s > LATE_S,
    }


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(
        msgspec.json.encode(body),
        status,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )
