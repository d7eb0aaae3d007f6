"""How a commit travels to PostgreSQL: alone, or with others in one flight. Called by `turns`.

Alone it is the one-turn function; a flight is written set by set, and where one of its turns does
not fit a set or is refused, by a loop over the same one-turn function.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import replace

from core.changes import AccountMoved, CodeAdded
from storage.changes import document
from storage.commit_rows import OneTurn, Talk, WorkSet, assumption
from storage.crypto import Vault, place
from storage.database import (
    STALE_STATES,
    UNIQUE_VIOLATION,
    Conflict,
    Database,
    Stale,
    Unavailable,
    bytea,
)
from storage.work import (
    ANSWER_PLACE,
    PAYLOAD_PLACE,
    PLATFORM,
    SESSION_PLACE,
    OutboundRow,
    Work,
)

Outcomes = Sequence[Exception | None]


APART: Final = frozenset(
    [
        "address_stopped",
        "member_link",
        "member_merged",
        "address_moved",
        "belongings_moved",
        "link_undone",
    ]
)
"""Changes that reach rows beyond the turn's own member, or move them to another; such a turn is
written on its own. Stock, codes and issuances are shared too, but change on a condition."""

SERVER_CLASSES: Final = frozenset({"53", "57", "58"})
"""SQLSTATE classes of a server in need: no room, told to stop, broken. Later may work."""


class Commits:
    """Writes works, each wholly or not at all; alone raises Stale and Unavailable, a flight gives
    them for each work and raises Unavailable for all."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def alone(self, work: Work) -> None:
        """Write one work."""
        if work.assumed is not None:
            # Only sets are looked at for what was assumed.
            (refused,) = await (self.turns if work.durable else self.menus)([work])
            if refused is not None:
                raise refused
            return
        args = (
            *(str(work.owner), work.tenant and str(work.tenant), work.durable),
            *(_ENCODER.encode(self._turn(work)).decode(), self._changes(work)),
        )
        try:
            outcome = await self._database.call(_COMMIT, args)
        except Conflict as conflict:
            if conflict.unique:
                # Somebody else took the address, receipt or reference since begin.
                raise Stale(conflict.constraint) from conflict
            raise
        if outcome != "ok":
            raise Stale(outcome)

    async def turns(self, works: Sequence[Work]) -> Outcomes:
        """Write works that change more than their conversation, or must not be forgotten: set by
        set, or, where a set was refused or does not fit one, each on its own in one call."""
        if not all(map(_fits_a_set, works)):
            return await self.one_by_one(works)
        try:
            told = await self._told(_COMMIT_SET, self._sets(works))
        except psycopg.errors.UndefinedFunction:
            raise  # Not a passenger's fault: the database is older than we are.
        except (Stale, Conflict, psycopg.Error):
            # Somebody on board was refused, and only one by one is told who.
            return await self.one_by_one(works)
        return await self._without(set(told), works) if told else [None] * len(works)

    async def _without(self, unfit: set[str], works: Sequence[Work]) -> Outcomes:
        """Write the works of a set that have none of these ids; the others are stale."""
        fit = [work for work in works if unfit.isdisjoint(_ids(work))]
        assert len(fit) < len(works), "what does not fit is somebody's"
        outcomes = iter(await self.turns(fit) if fit else ())
        fits = set(map(id, fit))
        return [next(outcomes) if id(work) in fits else Stale(work.key) for work in works]

    async def one_by_one(self, works: Sequence[Work]) -> Outcomes:
        """Write works in one call, each with an outcome of its own; what was assumed is not looked
        at here, so that those who did are stale."""
        certain = [work for work in works if work.assumed is None]
        outcomes = iter(await self._each(certain) if certain else ())
        return [next(outcomes) if work.assumed is None else Stale(work.key) for work in works]

    async def _each(self, works: Sequence[Work]) -> Outcomes:
        rows = [
            OneTurn(
                owner=work.owner,
                tenant=work.tenant,
                turn=self._turn(work),
                changes=msgspec.Raw((self._changes(work) or "null").encode()),
            )
            for work in works
        ]
        told = await self._told(_COMMIT_MANY, _ENCODER.encode(rows).decode())
        return [outcome(each) for each in told] if told else [None] * len(works)

    async def menus(self, works: Sequence[Work]) -> Outcomes:
        """Write turns of which nothing of value can be lost, in an asynchronous commit."""
        stale = set(await self._told(_COMMIT_MENUS, self._sets(works)))
        assert stale <= {work.key for work in works}, "who is stale was on board"
        return [Stale(work.key) if work.key in stale else None for work in works]

    def _sets(self, works: Sequence[Work]) -> str:
        """The works by their owners."""
        owners: dict[int, list[Work]] = {}
        for work in works:
            owners.setdefault(work.owner.int, []).append(work)
        return _ENCODER.encode([self._set(each) for each in owners.values()]).decode()

    def _set(self, works: list[Work]) -> WorkSet:
        """The works of one owner."""
        owner = works[0].owner
        places = place(owner, SESSION_PLACE), place(owner, ANSWER_PLACE)
        changes = [change for work in works for change in work.changes]
        outbound = [self._sealed(owner, row) for work in works for row in work.outbound]
        inbound = [work.inbound_id for work in works if work.inbound_id]
        assumed = [assumption(work, work.assumed) for work in works if work.assumed]
        return WorkSet(
            owner=owner,
            turns=[self._talk(work, *places) for work in works],
            assumed=assumed or None,
            changes=document(self._vault, owner, changes) if changes else None,
            outbound=outbound or None,
            inbound=inbound or None,
        )

    async def _told(self, sql: LiteralString, rows: str) -> Sequence[str]:
        told: Sequence[str] | None = await self._database.call(sql, (rows,))
        return told or ()

    def _talk(self, work: Work, session_place: str, answer_place: str) -> Talk:
        talk, seal = work.conversation, self._vault.seal
        assert talk is not None, "what travels in a set is a conversation's"
        return Talk(
            id=talk.id,
            version=talk.version,
            channel_id=talk.channel_id,
            sender_kind=talk.sender.kind,
            sender=talk.sender.value,
            at_tenant=talk.at_tenant,
            session=seal(session_place, talk.session),
            carrier_session=talk.carrier_session,
            heard_len=talk.heard_len,
            heard_mac=talk.heard_mac,
            open=talk.open,
            opened_at=talk.opened_at,
            last_at=talk.last_at,
            last_in_at=talk.last_in_at,
            key=work.key,
            command=work.command,
            input_hash=work.input_hash,
            ref=work.ref,
            answer=work.answer and seal(answer_place, work.answer),
            claim=bytea(work.session_claim),
        )

    def _turn(self, work: Work) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "command": {
                "key": work.key,
                "command": work.command,
                "input_hash": work.input_hash,
                "ref": work.ref,
                "answer": work.answer and self._seal(work.owner, ANSWER_PLACE, work.answer),
            }
        }
        if work.conversation is not None:
            session = self._seal(work.owner, SESSION_PLACE, work.conversation.session)
            parts["conversation"] = replace(work.conversation, session=session)
        if work.session_claim is not None:
            parts["claim"] = work.session_claim
        if work.outbound:
            parts["outbound"] = [self._sealed(work.owner, row) for row in work.outbound]
        if work.inbound_id is not None:
            parts["inbound_id"] = work.inbound_id
        return parts

    def _sealed(self, owner: UUID, row: OutboundRow) -> OutboundRow:
        return replace(row, payload=self._seal(owner, PAYLOAD_PLACE, row.payload))

    def _seal(self, owner: UUID, where: str, text: bytes) -> bytes:
        return self._vault.seal(place(owner, where), text)

    def _changes(self, work: Work) -> str | None:
        if not work.changes:
            return None
        parts = document(self._vault, work.tenant or work.owner, work.changes)
        return _ENCODER.encode(parts).decode()


def outcome(told: str) -> Exception | None:
    """What commit_many_v1 says of one turn: Stale and Unavailable as when told alone; whatever
    else was refused is a Conflict."""
    if told == "ok":
        return None
    state, _, constraint = told.partition(":")
    if state == "stale" or state in STALE_STATES or state == UNIQUE_VIOLATION:
        return Stale(constraint or state)
    if state[:2] in SERVER_CLASSES:
        return Unavailable(state)
    return Conflict(constraint or state, unique=False)


def _fits_a_set(work: Work) -> bool:
    """Whether a work shares no row with another but by what its conversation and versions guard."""
    own = work.tenant == work.owner != PLATFORM and work.conversation is not None
    return own and not any(change.part in APART for change in work.changes)


def _ids(work: Work) -> Iterator[str]:
    """What commit_set_v1 may name of a work."""
    if work.conversation is not None:
        yield str(work.conversation.id)
    for change in work.changes:
        if isinstance(change, AccountMoved | CodeAdded):
            yield str(change.id)


_COMMIT: Final = "select commit_v3(%s, %s, %s, %s, %s)"
_COMMIT_MANY: Final = "select commit_many_v1(%s)"
_COMMIT_SET: Final = "select commit_set_v1(%s)"
_COMMIT_MENUS: Final = "select commit_menus_v1(%s)"
_ENCODER: Final = msgspec.json.Encoder()
