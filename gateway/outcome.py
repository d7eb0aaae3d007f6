"""What a message leaves behind: its conversation's new row and the work to commit. Pure.

Called by `conversation`.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from core.changes import Change
from dialogs.engine import Turn
from dialogs.session import Result, Session, from_json
from gateway.message import Message, heard_mark, input_hash
from gateway.render import Page
from gateway.runtime import Runtime
from gateway.watch import Step
from storage.turns import PLATFORM, Conversation, OutboundRow, Snapshot, Work

MISSES_MAX: Final = 5
MISSES_WINDOW_S: Final = 600
UNHEARD_S: Final = 24 * 3600


def misses(done: Turn, now: datetime) -> tuple[Session, bool]:
    """Count answers that were not understood; say nothing more to a machine that talks (S11)."""
    at = int(now.timestamp())
    recent = tuple([t for t in done.session.misses if at - t < MISSES_WINDOW_S])
    if done.understood:
        if len(recent) == len(done.session.misses):
            return done.session, False
        return replace(done.session, misses=recent), False
    return replace(done.session, misses=(*recent, at)[-MISSES_MAX - 1 :]), len(recent) >= MISSES_MAX


def unheard(said: Message, snapshot: Snapshot) -> Result | None:
    """What the phone's last session did and perhaps never showed (conversation.md, rule 8);
    only the shop where it was done says it."""
    known = snapshot.conversation
    if known is None or not known.open or known.at_tenant != _where(said, snapshot):
        return None
    result, idle_s = from_json(known.session).result, (snapshot.now - known.last_at).total_seconds()
    return result if result and not result.sent and idle_s <= UNHEARD_S else None


def conversation_after(
    rt: Runtime, said: Message, snapshot: Snapshot, session: Session, page: Page
) -> Conversation:
    """The conversation as it stands after the turn; its version is the one that was read."""
    known, now = snapshot.conversation, snapshot.now
    length, mark = heard_mark(rt.vault, said)
    asked = said.inbound
    same = known is not None and known.carrier_session == asked.conversation
    # Where the carrier names no session every dialling is a new one.
    same = same and bool(asked.conversation or not asked.opens)
    return Conversation(
        id=said.conversation_id,
        version=known.version if known else 0,
        channel_id=said.channel.id,
        sender=said.sender,
        at_tenant=_where(said, snapshot),
        session=session.to_json(),
        carrier_session=asked.conversation,
        heard_len=length,
        heard_mac=mark,
        open=not page.end,
        opened_at=known.opened_at if known and same else now,
        last_at=now,
        last_in_at=now,
    )


def _where(said: Message, snapshot: Snapshot) -> UUID | None:
    """At which shop a conversation on a shared address is now; a shop's own address says it."""
    return snapshot.tenant if said.shared and snapshot.tenant != PLATFORM else None


def work_of(
    rt: Runtime,
    said: Message,
    snapshot: Snapshot,
    conversation: Conversation,
    *,
    answer: bytes | None = None,
    command: str = "",
    ref: str | None = None,
    changes: tuple[Change, ...] = (),
    outbound: tuple[OutboundRow, ...] = (),
    durable: bool = False,
) -> Work:
    """The commit of a message. What follows `conversation` is what came of it, as in Work."""
    return Work(
        owner=said.channel.owner,
        tenant=snapshot.tenant,
        key=said.key,
        command=command,
        input_hash=input_hash(rt.vault, said),
        ref=ref,
        answer=answer,
        conversation=conversation,
        # Claimed by this very conversation before: once is enough.
        session_claim=None if snapshot.claimed_by else said.claim,
        changes=changes,
        outbound=outbound,
        inbound_id=said.inbound_id,
        durable=durable,
        assumed=snapshot.assumed,
    )


def is_step(said: Message) -> bool:
    """Whether a message is a step of a carrier's session whose repetition only its key can tell."""
    asked = said.inbound
    step = asked.accumulated is not None or bool(asked.fingerprint)
    told_apart = said.channel.settings.get("request_time") == "session"
    return bool(asked.conversation) and step and not told_apart


def step_of(snapshot: Snapshot, session: Session, page: Page, left: str) -> Step:
    """What the turn did to its USSD session, for the carrier watch. `left`: the screen that the
    input answered, or "" where the session began."""
    known = snapshot.conversation
    return Step(
        at=snapshot.now,
        screen=screen_of(session),
        ends=page.end,
        left=left,
        left_at=known.last_at if known and left else None,
    )


def screen_of(session: Session) -> str:
    """A screen's name where screens are counted and logged: dialog and state."""
    return f"{session.dialog}.{session.state}"
