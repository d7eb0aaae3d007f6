"""One message, the whole way: begin → turn → execute → page → render → commit.

Called by `carriers` inside a USSD request and by the worker for stored chat and SMS messages. A
turn is pure, so a stale version simply runs it again (docs/architecture.md, Optimistic by nature).
"""

from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from core.members.commands import SeeNotices
from dialogs.engine import Turn, stops_walk
from dialogs.messages import Input
from dialogs.session import Session, from_json
from dialogs.texts import NO_TEXTS
from gateway.hashing import OncePerTurn
from gateway.hearing import Heard, NotHeard, hear_session, is_retry
from gateway.inbound import HttpResponse
from gateway.message import Message, heard_mac, heard_mark, pack, refusal, said_again, unpack
from gateway.outcome import (
    conversation_after,
    is_step,
    misses,
    screen_of,
    step_of,
    unheard,
    work_of,
)
from gateway.outgoing import answers, hints
from gateway.render import fit
from gateway.rerunning import Reruns
from gateway.runtime import Runtime
from gateway.sharing import Said, ask_of, carried, closed, dialled, spoken
from gateway.talking import CHAT_IDLE_S, RESUME_S, Talk, Telling, placed
from gateway.watch import Step
from storage.database import Lost, Stale
from storage.turns import Snapshot, Work
from storage.unit_of_work import TurnWork

RETRY_WINDOW_S: Final = 3


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a message led to. `response` is the very answer of channels that answer in the
    request. `outcome` is for the log: replied, repeated, silent, or why it was not heard;
    `tenant` too: whose turn it was. `step` is for the carrier watch, where a USSD session moved
    on."""

    response: HttpResponse | None
    outcome: str
    command: str | None = None
    screen: str = ""
    reruns: int = 0
    tenant: UUID | None = None
    step: Step | None = None


async def converse(rt: Runtime, said: Message) -> Answered:
    """Answer a message once, however often and in parallel it arrives. Raises Busy, Unavailable.

    When the connection broke under a commit, the next begin finds its key, or that nothing was
    written; `said.committing` stays set only when that could not be asked either.
    """
    hasher, reruns = OncePerTurn(rt.hasher), Reruns(rt)
    answered = await _from_memory(rt, said, hasher)
    if answered is not None:
        return answered
    while True:
        try:
            answered = await _attempt(rt, said, hasher)
        except (Stale, Lost) as error:
            await reruns.after(error)
        else:
            return replace(answered, reruns=reruns.count) if reruns.count else answered


async def _from_memory(rt: Runtime, said: Message, hasher: OncePerTurn) -> Answered | None:
    """The answer without a begin, where this process knows what it would tell; None: begin."""
    snapshot = rt.sessions.take(said.conversation_id, said.inbound.conversation, rt.turns.now)
    if snapshot is None or snapshot.owner_version != rt.registry.version(said.channel.owner):
        return None
    heard = _heard(rt, said, snapshot)
    if isinstance(heard, NotHeard) or heard.opens:
        return None
    try:
        return await _turn(rt, said, snapshot, heard, hasher)
    except (Stale, Lost):
        return None


async def _attempt(rt: Runtime, said: Message, hasher: OncePerTurn) -> Answered:
    asked = ask_of(rt, said)
    snapshot = await rt.turns.begin(asked)
    said.committing.clear()
    if snapshot.answer and said.channel.settings.get("request_time") == "session":
        said, snapshot = await _told_apart(rt, said, snapshot)
    if snapshot.answer:
        return _repeated(said, snapshot)
    if snapshot.owner_version != rt.registry.version(said.channel.owner):
        said = await _configured(rt, said)
    if said.shared and ask_of(rt, said).tenant != asked.tenant:
        # The digits lead to another shop since.
        raise Stale
    heard = _heard(rt, said, snapshot)
    if isinstance(heard, NotHeard):
        return await _refuse(rt, said, snapshot, heard)
    if said.shared:
        snapshot = await placed(rt, said, snapshot, heard)
    return await _turn(rt, said, snapshot, heard, hasher)


async def _told_apart(rt: Runtime, said: Message, snapshot: Snapshot) -> tuple[Message, Snapshot]:
    """The message and its snapshot where a body equal to it was answered before and the carrier's
    time field is the session's: a retry, or the same thing said again (security.md 8)."""
    known, stored = snapshot.conversation, snapshot.answer
    if known is None or stored is None or stored.conversation_id != said.conversation_id:
        return said, snapshot
    window_s = float(said.channel.settings.get("retry_window_s", RETRY_WINDOW_S))
    if not is_retry(known, heard_mark(rt.vault, said)[1] or b"", snapshot.now, window_s):
        return said_again(rt.vault, said, known.version), replace(snapshot, answer=None)
    if not known.heard_len:
        return said, snapshot
    said = said_again(rt.vault, said, known.version - 1)
    return said, await rt.turns.begin(ask_of(rt, said))


async def _configured(rt: Runtime, said: Message) -> Message:
    """The message on its channel as configured now, which another process has changed."""
    await rt.registry.refresh()
    channel = await rt.registry.by_id(said.channel.id)
    return replace(said, channel=channel or said.channel)


def _repeated(said: Message, snapshot: Snapshot) -> Answered:
    """A retry of the same phone gets the same bytes; another phone never sees them (U35)."""
    assert snapshot.answer is not None
    stored = snapshot.answer
    if stored.conversation_id != said.conversation_id:
        response = refusal(said.adapter, said.inbound, "ended")
        return Answered(response=response, outcome=NotHeard.FOREIGN.value)
    response = (
        unpack(stored.answer) if stored.answer else refusal(said.adapter, said.inbound, "ended")
    )
    return Answered(response=response, outcome="repeated")


def _heard(rt: Runtime, said: Message, snapshot: Snapshot) -> Heard | NotHeard:
    profile = said.adapter.PROFILE
    if not profile.reply_in_response:
        return Heard((), opens=False)
    ttl_s = int(said.channel.settings.get("session_ttl_s", profile.session_ttl_s))
    return hear_session(
        snapshot,
        said.inbound,
        said.conversation_id,
        ttl_s,
        lambda text: heard_mac(rt.vault, said, text),
    )


async def _refuse(rt: Runtime, said: Message, snapshot: Snapshot, why: NotHeard) -> Answered:
    """End a session that makes no sense; an open one of this phone is closed, nothing else."""
    known = snapshot.conversation
    response = refusal(said.adapter, said.inbound, "ended")
    if known and known.open and why in (NotHeard.EXPIRED, NotHeard.UNSENT):
        closed = replace(known, open=False, last_at=snapshot.now)
        await _commit(rt, said, work_of(rt, said, snapshot, closed, answer=pack(response)))
    return Answered(response=response, outcome=why.value)


async def _turn(
    rt: Runtime, said: Message, snapshot: Snapshot, heard: Heard, hasher: OncePerTurn
) -> Answered:
    session, resume = _session(said, snapshot, heard)
    heard, news = dialled(rt, said, snapshot, heard)
    news = news or closed(said, snapshot, opens=heard.opens)
    left = "" if heard.opens else screen_of(session)
    before = unheard(said, snapshot) if heard.opens and not resume else None
    talk = Talk(rt=rt, said=said, snapshot=snapshot, hasher=hasher)
    done: Turn | None = None
    inputs = _inputs(said, snapshot, heard, resume=resume)
    for place, each in enumerate(inputs, 1):
        if done and _stops(rt, done):
            break
        telling = Telling(
            resume=resume,
            news=news,
            unheard=before,
            # Of digits dialled ahead only the last screen is seen, and news must be.
            tells=place == len(inputs) if len(inputs) > 1 else None,
        )
        last = await talk.hear(session, each, telling)
        news = ""
        done = last if done is None else _after(done, last)
        session = done.session
    assert done is not None, "a heard message has at least one input"
    return await _finish(rt, said, talk.snapshot, talk.uow, done, left)


def _after(done: Turn, last: Turn) -> Turn:
    """What was heard before in the same message, and the last of it."""
    return replace(last, durable=last.durable or done.durable, command=last.command or done.command)


def _stops(rt: Runtime, done: Turn) -> bool:
    """Digits dialled ahead are heard up to the first screen whose answer can change something
    (U38) or that does not know one, and up to the first change: a message is one unit of work."""
    changed = done.command not in (None, SeeNotices.__name__)
    over = done.reply.end or not done.understood
    return changed or over or stops_walk(rt.dialogs, done.session)


def _session(said: Message, snapshot: Snapshot, heard: Heard) -> tuple[Session, bool]:
    """The session to go on with, and whether to offer it first (conversation.md, rule 8)."""
    known = snapshot.conversation
    if known is None:
        return Session(), False
    session = carried(said, snapshot, from_json(known.session))
    idle_s = (snapshot.now - known.last_at).total_seconds()
    if not said.adapter.PROFILE.reply_in_response:
        return (session if idle_s <= CHAT_IDLE_S else session.forget()), False
    if not heard.opens:
        return session, False
    if known.open and idle_s <= RESUME_S and not heard.inputs and session.dialog:
        return session, True
    return session.forget(), False


def _inputs(said: Message, snapshot: Snapshot, heard: Heard, *, resume: bool) -> list[Said]:
    if said.adapter.PROFILE.reply_in_response:
        return spoken(heard.inputs, snapshot, opens=heard.opens or resume)
    control = said.inbound.control
    heard_as = Input(control.upper()) if control else said.inbound.input
    return [Said(input=heard_as, typed=heard_as.text)]


async def _finish(
    rt: Runtime, said: Message, snapshot: Snapshot, uow: TurnWork, done: Turn, left: str
) -> Answered:
    session, silent = misses(done, snapshot.now)
    profile = said.adapter.PROFILE
    programme = uow.caller.programme
    spoken = hints(done.language, programme.texts.get(done.language, NO_TEXTS))
    page = fit(done.reply, profile, session.page, spoken)
    fits = page.number == 1 and not page.more
    session = replace(session, page=page.number, paged=None if fits else session.paged)
    response = said.adapter.render(page, said.inbound) if profile.reply_in_response else None
    # A carrier's own STOP answer was enough, and some replies say nothing at all.
    silent = silent or said.inbound.control is not None or not done.reply.text
    outbound = () if silent else await answers(rt, said, uow.caller, done.reply, page, spoken)
    if session.result and outbound:
        session = replace(session, result=replace(session.result, sent=True))
    work = work_of(
        *(rt, said, snapshot, conversation_after(rt, said, snapshot, session, page)),
        answer=pack(response) if response else None,
        command=done.command or "",
        ref=uow.ref if done.command else None,
        changes=tuple(uow.changes),
        outbound=outbound,
        durable=done.durable,
    )
    await _commit(rt, said, work)
    if is_step(said) and not stops_walk(rt.dialogs, session):
        rt.sessions.keep(snapshot, work, said.claim)
    return Answered(
        response=response,
        outcome="silent" if silent else "replied",
        command=done.command,
        screen=screen_of(session),
        tenant=snapshot.tenant,
        step=step_of(snapshot, session, page, left) if profile.reply_in_response else None,
    )


async def _commit(rt: Runtime, said: Message, work: Work) -> None:
    if work.changes:
        said.committing.set()
    await rt.turns.commit(work)
    said.committing.clear()
