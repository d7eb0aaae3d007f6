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
from storage.outbox import Outbound

UNKNOWN_WAIT_S: Final = 120
BODY_MAX: Final = 65_536
ATTEMPTS_MAX: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of a send. `again_s`: try again then (0: by the usual backoff). `fallback`: it
    did not go out and another way may be tried. `stopped`: the person wants no messages."""

    verdict: str
    payload: Payload | None = None
    again_s: float | None = None
    fallback: bool = False
    stopped: bool = False


async def deliver(rt: Runtime, owner: UUID, outbound_id: UUID, attempt: int) -> Delivered:
    """Send what still needs sending; safe to call again after a crash at any point."""
    row = await rt.outbox.load(owner, outbound_id)
    if row is None or row.state not in ("queued", "unknown"):
        return Delivered(verdict="settled")
    channel = await rt.registry.by_id(row.channel_id)
    adapter = rt.adapters.get(channel.kind) if channel else None
    if channel is None or adapter is None:
        await rt.outbox.settle(owner, row.id, "failed", error="channel_gone")
        return Delivered(verdict="failed")
    payload = decode(row.payload)
    requests = adapter.compose(_outgoing(rt, row, payload, channel), channel)
    if not requests:
        await rt.outbox.settle(owner, row.id, "failed", error="cannot_push")
        return Delivered(verdict="failed", payload=payload, fallback=True)
    verdict, parts = await _send(rt, adapter, row, requests)
    rt.metrics.sent(channel.kind, type(verdict).__name__.lower())
    row = replace(row, parts_sent=parts)
    return await _settle(rt, owner, row, payload, verdict, attempt)


def _outgoing(rt: Runtime, row: Outbound, payload: Payload, channel: Channel) -> Outgoing:
    image, public = payload.page.image, rt.settings.public_url
    return Outgoing(
        id=row.id,
        recipient=payload.recipient,
        page=payload.page,
        reply_to=payload.reply_to,
        mark_read=payload.mark_read,
        status_url=f"{public}/public/sms/status/{channel.token}",
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
    rt: Runtime, owner: UUID, row: Outbound, payload: Payload, verdict: Verdict, attempt: int
) -> Delivered:
    match verdict:
        case Sent(external_id=external_id):
            await rt.outbox.settle(owner, row.id, "sent", external_id=external_id)
            return Delivered(verdict="sent")
        case Unknown():
            first = row.state == "queued"
            await rt.outbox.settle(
                owner, row.id, "unknown", error="no_answer", parts_sent=row.parts_sent
            )
            return Delivered(verdict="unknown", again_s=UNKNOWN_WAIT_S if first else None)
        case Refused(retryable=True) if attempt < ATTEMPTS_MAX:
            await rt.outbox.settle(
                owner, row.id, row.state, error=verdict.reason, parts_sent=row.parts_sent
            )
            return Delivered(verdict="later", again_s=verdict.retry_after_s or 0)
        case Refused():
            await rt.outbox.settle(owner, row.id, "failed", error=verdict.reason)
            if verdict.alert:
                rt.metrics.alarm("channel_configuration")
            return Delivered(
                verdict="failed",
                payload=payload,
                fallback=verdict.fallback is not None,
                stopped=verdict.opted_out,
            )
