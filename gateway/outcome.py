"""What a message leaves behind: its conversation's new row and the work to commit. Pure.

Called by `conversation`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from dialogs.engine import Turn
from dialogs.session import Result, Session, from_json
from gateway.message import Message, heard_mark
from gateway.render import Page
from gateway.runtime import Runtime
from storage.turns import Conversation, Snapshot, Work

MISSES_MAX: Final = 5
MISSES_WINDOW_S: Final = 600
UNHEARD_S: Final = 24 * 3600


def misses(done: Turn, now: datetime) -> tuple[Session, bool]:
    """Count answers that were not understood; say nothing more to a machine that talks (S11)."""
    at = int(now.timestamp())
    recent = tuple(t for t in done.session.misses if at - t < MISSES_WINDOW_S)
    if done.understood:
        return replace(done.session, misses=recent), False
    return replace(done.session, misses=(*recent, at)[-MISSES_MAX - 1 :]), len(recent) >= MISSES_MAX


def unheard(snapshot: Snapshot) -> Result | None:
    """What the phone's last session did and perhaps never showed (conversation.md, rule 8)."""
    known = snapshot.conversation
    if known is None or not known.open:
        return None
    result, idle_s = from_json(known.session).result, (snapshot.now - known.last_at).total_seconds()
    return result if result and not result.sent and idle_s <= UNHEARD_S else None


def conversation_after(
    rt: Runtime, said: Message, snapshot: Snapshot, session: Session, page: Page
) -> Conversation:
    """The conversation as it stands after the turn; its version is the one that was read."""
    known, now = snapshot.conversation, snapshot.now
    length, mark = heard_mark(rt.vault, said)
    same = known is not None and known.carrier_session == said.inbound.conversation
    return Conversation(
        id=said.conversation_id,
        version=known.version if known else 0,
        channel_id=said.channel.id,
        sender=said.sender,
        at_tenant=known.at_tenant if known else None,
        session=session.to_json(),
        carrier_session=said.inbound.conversation,
        heard_len=length,
        heard_mac=mark,
        open=not page.end,
        opened_at=known.opened_at if known and same else now,
        last_at=now,
        last_in_at=now,
    )


def work_of(
    rt: Runtime,
    said: Message,
    snapshot: Snapshot,
    conversation: Conversation,
    answer: bytes | None = None,
) -> Work:
    """The commit of a message, before a turn adds what it changed and what it sends."""
    heard = said.inbound.accumulated or said.inbound.input.text
    return Work(
        owner=said.channel.owner,
        tenant=snapshot.tenant,
        key=said.key,
        command="",
        input_hash=rt.vault.mac("input", said.key, heard),
        ref=None,
        answer=answer,
        conversation=conversation,
        session_claim=said.claim,
        inbound_id=said.inbound_id,
        durable=False,
    )
