"""One log line and one count per message. Called by `carriers` and by the `answer` job."""

import time
from collections.abc import Awaitable
from typing import Final
from uuid import UUID

import msgspec

from core.values import mask_phone
from gateway.conversation import Answered
from gateway.logs import get, plainly
from gateway.message import Message
from gateway.runtime import Runtime
from storage.database import Trips


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """What the log tells of a message (docs/security.md 30 and 31): never what was said."""

    tenant: UUID
    channel: str
    sender: str
    key: str
    outcome: str
    command: str | None
    screen: str
    trips: int
    reruns: int
    duration_ms: float


ALARMS: Final = frozenset({"session_of_another_phone"})


async def timed(rt: Runtime, said: Message, answering: Awaitable[Answered]) -> Answered:
    """Await an answer; count and log how it went. A refused answer is counted by its caller, but
    for the carrier watch. Chat and text messages were counted there when they were stored."""
    started = time.perf_counter()
    outcome, step = "failed", None
    try:
        with Trips() as trips:
            answered = await answering
        outcome, step = answered.outcome, answered.step
    finally:
        seconds = time.perf_counter() - started
        if said.inbound_id is None:
            network = said.inbound.network
            rt.watch.heard(said.channel, said.sender, network, outcome, step=step, own_s=seconds)
    kind = said.channel.kind
    rt.metrics.message(kind, answered.outcome, seconds, trips.count, answered.reruns)
    if answered.outcome in ALARMS:
        rt.metrics.alarm(answered.outcome)
    line = _Line(
        tenant=answered.tenant or said.channel.owner,
        channel=kind,
        sender=mask_phone(said.sender.value),
        key=said.key[3:15],
        outcome=answered.outcome,
        command=answered.command,
        screen=answered.screen,
        trips=trips.count,
        reruns=answered.reruns,
        duration_ms=round(seconds * 1000, 1),
    )
    plainly(get("message"), "message", line)
    return answered
