"""Hears one message through the dialogs, at the shop where it belongs. Called by `conversation`.

On a shop's own channel that is the shop. On a shared one a dialog may lead to another: then the
turn begins there anew, and only what is said and done there counts.
"""

from collections.abc import Coroutine, Generator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from core.errors import LoyaltyError, MessageTooLate
from core.members.commands import SeeNotices, StartMessages, StopMessages
from core.ports import Command, Query
from core.service import execute
from dialogs.engine import Turn, resumes, turn
from dialogs.messages import Input
from dialogs.session import Result, Session, from_json
from dialogs.sharing import CLOSED
from gateway.hashing import OncePerTurn
from gateway.hearing import Heard
from gateway.message import Message
from gateway.render import screen
from gateway.runtime import Runtime
from gateway.sharing import Said, ask_of, unchosen, was_at
from storage.database import Stale
from storage.turns import Snapshot
from storage.unit_of_work import TurnWork

RESUME_S: Final = 600
CHAT_IDLE_S: Final = 1800
LATE_S: Final = 900
HARMLESS: Final = (Query, SeeNotices, StopMessages, StartMessages)
"""What a message that reached us late may still do."""


async def placed(rt: Runtime, said: Message, snapshot: Snapshot, heard: Heard) -> Snapshot:
    """The snapshot of the shop where a conversation on a shared address goes on, where begin could
    not know: it is in the midst of something there, or of choosing one."""
    known = snapshot.conversation
    if known is None or was_at(snapshot) == snapshot.tenant:
        return snapshot
    session, idle_s = from_json(known.session), (snapshot.now - known.last_at).total_seconds()
    if not said.adapter.PROFILE.reply_in_response:
        choosing = not known.at_tenant and session.dialog and idle_s <= CHAT_IDLE_S
        return await unchosen(rt, snapshot) if choosing else snapshot
    dropped = heard.opens and not heard.inputs and known.open and idle_s <= RESUME_S
    if not (dropped and known.at_tenant and resumes(rt.dialogs, session)):
        return snapshot
    there = await _begin_at(rt, said, snapshot, known.at_tenant)
    return there if there.tenant == known.at_tenant else snapshot


async def _begin_at(rt: Runtime, said: Message, snapshot: Snapshot, tenant: UUID) -> Snapshot:
    """The same turn as it begins at this shop; raises Stale when anything was said since."""
    ask = replace(ask_of(rt, said), tenant=tenant, carrier_session=None)
    there = await rt.turns.begin(ask)
    before, now = snapshot.conversation, there.conversation
    if there.answer or (before and before.version) != (now and now.version):
        raise Stale
    return there


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What is said beside the answer, as `dialogs.engine.turn` knows it."""

    resume: bool = False
    news: str = ""
    unheard: Result | None = None
    tells: bool | None = None


class Talk:
    """What one message is heard with: the shop it is at, and what will be committed there."""

    def __init__(
        self, *, rt: Runtime, said: Message, snapshot: Snapshot, hasher: OncePerTurn
    ) -> None:
        self._rt, self._said, self._hasher = rt, said, hasher
        self._late = _late(said, snapshot.now)
        self._be_at(snapshot)

    async def hear(self, session: Session, said: Said, telling: Telling) -> Turn:
        """One turn of the dialogs; where it visits another shop, what that one says."""
        done = await self._turn(session, said, telling)
        if done.visit is None:
            return done
        assert not self.uow.changes, "nothing is changed where nothing is said"
        there = await _begin_at(self._rt, self._said, self.snapshot, done.visit.tenant_id)
        opening = Said(input=Input(done.visit.said), typed=said.typed)
        telling = Telling(tells=telling.tells)
        if there.tenant != done.visit.tenant_id:
            there = await unchosen(self._rt, there)
            opening = replace(opening, input=Input(""))
            telling = replace(telling, news=CLOSED)
        self._be_at(there)
        done = await self._turn(done.session, opening, telling)
        if done.visit is not None:
            # A shop took over the very code that led to this one.
            raise Stale
        return done

    def _be_at(self, snapshot: Snapshot) -> None:
        rt, self.snapshot = self._rt, snapshot
        self.uow = TurnWork(
            snapshot.caller, snapshot.now, rt.db, rt.vault, rt.identifiers, self._hasher
        )

    def _turn(self, session: Session, said: Said, telling: Telling) -> Coroutine[Any, Any, Turn]:
        heard, witness = self._said, self._rt.witness
        take = witness.turn(heard.channel, heard.sender, heard.key) if witness else turn
        turning = take(
            self._rt.dialogs,
            session,
            said.input,
            now=self.snapshot.now,
            surface=self._said.adapter.PROFILE.surface,
            resume=telling.resume,
            avoid_digit=_just_typed(self._said, said),
            news=telling.news,
            room=screen(self._said.adapter.PROFILE),
            unheard=telling.unheard,
            tells=telling.tells,
        )
        return self._driven(turning)

    async def _driven(self, turning: Generator[Command[Any], Any, Turn]) -> Turn:
        """Execute what a turn yields, send results in, throw refusals in."""
        try:
            command = next(turning)
            while True:
                if self.snapshot.assumed and not isinstance(command, Query):
                    # What changes something begins at the database.
                    raise Stale
                try:
                    if self._late and not isinstance(command, HARMLESS):
                        raise MessageTooLate
                    answer = await execute(self.uow, command)
                except LoyaltyError as refusal:
                    command = turning.throw(refusal)
                else:
                    command = turning.send(answer)
        except StopIteration as stop:
            done: Turn = stop.value
            return done


def _just_typed(said: Message, each: Said) -> str:
    """What no confirmation may be numbered, on carriers that cannot tell a retry from the same
    digit typed again (security.md 8)."""
    latest_only = said.adapter.PROFILE.reply_in_response and said.inbound.accumulated is None
    return each.typed if latest_only else ""


def _late(said: Message, now: datetime) -> bool:
    """A message that changes something is not executed when it is 15 minutes old (F17)."""
    at = said.inbound.sent_at or said.received_at
    return at is not None and now - at > timedelta(seconds=LATE_S)
