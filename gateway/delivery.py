"""Sends one stored message: compose → httpx → judge → settle. Called by the `send` job.

Outcomes come from the adapter's judgement (docs/wire-formats.md, code tables): sent; refused for
now (again later, as the carrier said), for good, or by the person; unknown: the carrier may have
taken it, so its status is awaited, then it is sent once more, never again.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import httpx

from gateway.adapter import Adapter, Channel, Outgoing, Refused, Sent, Unknown, Verdict
from gateway.inbound import HttpRequest, HttpResponse
from gateway.outgoing import Payload, decode
from gateway.pictures import link
from gateway.runtime import Runtime
from storage.outbox import NO_ANSWER, Outbound

UNKNOWN_WAIT_S: Final = 120
THROTTLED_MAX_S: Final = 24 * 3600
PAUSE_MIN_S: Final = 2.0
PAUSE_MAX_S: Final = 900.0
BODY_MAX: Final = 65_536
ATTEMPTS_MAX: Final = 8
CANNOT_PUSH: Final = "cannot_push"
STOPPED: Final = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of a message. `row` is there once it is over: sent, or `refused`. `again_s`:
    else try again then (0: by the usual backoff); not `counted`: that was no try of its own."""

    verdict: str
    row: Outbound | None = None
    refused: Refused | None = None
    again_s: float | None = None
    counted: bool = True


async def deliver(rt: Runtime, owner: UUID, outbound_id: UUID, attempt: int) -> Delivered:
    """Send what still needs sending; safe to call again after a crash at any point."""
    row = await rt.outbox.load(owner, outbound_id)
    if row is None or row.state not in ("queued", "unknown"):
        return await _over(rt, row)
    found = await _channel(rt, row)
    if found is None:
        return await _fail(rt, owner, row, Refused(reason="channel_gone"))
    if not row.payload:
        return await _fail(rt, owner, row, Refused(reason="too_old"))
    adapter, channel = found
    payload = decode(row.payload)
    # Whoever said STOP still is answered; what was queued before it is not sent after it.
    if row.inbound_id is None and await rt.outbox.stopped(owner, payload.recipient):
        return await _fail(rt, owner, row, Refused(reason=STOPPED))
    requests = adapter.compose(_outgoing(rt, row, payload, channel), channel)
    if not requests:
        return await _fail(rt, owner, row, Refused(reason=CANNOT_PUSH, fallback="sms"))
    verdict, parts = await _send(rt, adapter, row, requests)
    rt.metrics.sent(channel.kind, type(verdict).__name__.lower())
    return await _settle(rt, owner, replace(row, parts_sent=parts), verdict, attempt)


async def fate(rt: Runtime, owner: UUID, outbound_id: UUID) -> Delivered:
    """What became of a message that is over, by what is stored of it."""
    return await _over(rt, await rt.outbox.load(owner, outbound_id))


async def _over(rt: Runtime, row: Outbound | None) -> Delivered:
    if row is None or row.state in ("queued", "unknown"):
        return Delivered(verdict="settled")
    if row.state != "failed":
        return Delivered(verdict="settled", row=row)
    error = row.error or ""
    found = await _channel(rt, row)
    if error == CANNOT_PUSH:
        refused = Refused(reason=error, fallback="sms")
    elif found is None:
        refused = Refused(reason=error)
    else:
        # A reason ends in the carrier's code, and a report's error is nothing else.
        refused = found[0].judge_report(error.rpartition(" ")[2])
    return Delivered(verdict="settled", row=row, refused=refused)


async def _channel(rt: Runtime, row: Outbound) -> tuple[Adapter, Channel] | None:
    channel = await rt.registry.by_id(row.channel_id)
    adapter = rt.adapters.get(channel.kind) if channel else None
    return (adapter, channel) if channel and adapter else None


def _outgoing(rt: Runtime, row: Outbound, payload: Payload, channel: Channel) -> Outgoing:
    image, public = payload.page.image, rt.settings.public_url
    door = rt.adapters[channel.kind].PROFILE.door
    return Outgoing(
        id=row.id,
        recipient=payload.recipient,
        page=payload.page,
        mark_read=payload.mark_read,
        status_url=f"{public}/public/{door}/status/{channel.token}",
        media_url=link(rt.vault, public, image, datetime.now(UTC)) if image else None,
    )


async def _send(
    rt: Runtime, adapter: Adapter, row: Outbound, requests: list[HttpRequest]
) -> tuple[Verdict, int]:
    """Send the parts that were not sent, in order; stop at the first that was not taken, unless
    it was only worth a try. Also returns how many parts are done now."""
    verdict: Verdict = Unknown()
    parts = row.parts_sent
    for request in requests[parts:]:
        response = await _exchange(rt, request)
        verdict = response if isinstance(response, Refused) else adapter.judge(response)
        if not isinstance(verdict, Sent) and not request.best_effort:
            break
        parts += 1
    return verdict, parts


async def _exchange(rt: Runtime, request: HttpRequest) -> HttpResponse | Refused | None:
    """One carrier request within the deadline. None: no whole answer came, so nobody knows."""
    try:
        async with (
            asyncio.timeout(rt.settings.send_timeout_s),
            rt.http.stream(
                request.method, request.url, headers=list(request.headers), content=request.body
            ) as answer,
        ):
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > BODY_MAX:
                    return None
            headers = tuple((k.lower(), v) for k, v in answer.headers.items())
            return HttpResponse(status=answer.status_code, body=bytes(body), headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Refused(reason="unreachable", retryable=True)
    except (httpx.HTTPError, TimeoutError):
        return None


async def _settle(
    rt: Runtime, owner: UUID, row: Outbound, verdict: Verdict, attempt: int
) -> Delivered:
    match verdict:
        case Sent(external_id=external_id):
            mine = await rt.outbox.settle(owner, row.id, "sent", external_id=external_id)
            return Delivered(verdict="sent", row=row) if mine else await fate(rt, owner, row.id)
        case Unknown() if row.state == "queued":
            await rt.outbox.settle(
                owner, row.id, "unknown", error=NO_ANSWER, parts_sent=row.parts_sent
            )
            return Delivered(verdict="unknown", again_s=UNKNOWN_WAIT_S, counted=False)
        case Unknown():
            return await _fail(rt, owner, row, Refused(reason=NO_ANSWER))
        case Refused() if _worth_another(row, verdict, attempt):
            await rt.outbox.settle(
                owner, row.id, row.state, error=verdict.reason, parts_sent=row.parts_sent
            )
            if not verdict.throttled:
                return Delivered(verdict="later", again_s=verdict.retry_after_s or 0)
            again_s = verdict.retry_after_s or _pause_s(rt, row)
            return Delivered(verdict="throttled", again_s=again_s, counted=False)
        case Refused():
            return await _fail(rt, owner, row, verdict)


def _worth_another(row: Outbound, verdict: Refused, attempt: int) -> bool:
    """Being too fast is bounded by time, and costs no try; all else is bounded by tries."""
    if verdict.throttled:
        return row.age_s < THROTTLED_MAX_S
    if verdict.once and row.error == verdict.reason:
        return False
    return verdict.retryable and attempt < ATTEMPTS_MAX


def _pause_s(rt: Runtime, row: Outbound) -> float:
    """A third of its age, so that waiting grows as it does by tries, and never all at once."""
    return min(max(row.age_s / 3, PAUSE_MIN_S), PAUSE_MAX_S) * rt.rng.uniform(0.75, 1.25)


async def _fail(rt: Runtime, owner: UUID, row: Outbound, refused: Refused) -> Delivered:
    """It is over, unless a report was faster: then that one's word counts."""
    if await rt.outbox.settle(owner, row.id, "failed", error=refused.reason):
        return Delivered(verdict="failed", row=row, refused=refused)
    return await fate(rt, owner, row.id)
