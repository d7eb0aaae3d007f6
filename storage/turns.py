"""The two calls that carry a turn: begin reads a snapshot, commit writes what came of it.

Between them nothing is open or locked, so the turn may be thrown away and run again. Called by the
gateway's conversation and by whatever runs a command without one (jobs, the schedule). One turn a
call today; calls of many turns fit behind the same class (docs/architecture.md, Flights).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from core.changes import Change
from core.facts import Caller, Expiry, Member, Notice, Programme, Staff, Wallet
from core.values import Address
from storage.changes import document
from storage.crypto import Vault, place
from storage.database import Conflict, Database, Lost, Stale

PLATFORM: Final = UUID("00000000-0000-7000-8000-000000000000")
"""The reserved tenant that owns what several tenants share."""

PAYLOAD_PLACE: Final = "outbound.payload_enc"
SESSION_PLACE: Final = "conversation.session"
ANSWER_PLACE: Final = "command_log.answer"
"""Where sealed texts lie (storage.crypto.place with the channel's owner): an outgoing message, a
session and a stored answer may show a till code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One sender on one channel, as stored under the channel's owner. `version` 0: it is new."""

    id: UUID
    version: int
    channel_id: UUID
    sender: Address
    at_tenant: UUID | None
    session: bytes
    carrier_session: str
    heard_len: int
    heard_mac: bytes | None
    open: bool
    opened_at: datetime
    last_at: datetime
    last_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAsk:
    """What is known before begin. `tenant` None: where the conversation is, else the owner.
    `session_claim`: keyed hash of carrier kind and session id, where a carrier has such ids."""

    owner: UUID
    tenant: UUID | None
    conversation_id: UUID
    sender: Address
    key: str
    session_claim: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """A command that was committed under this key. `answer` None: it has been dropped."""

    command: str
    input_hash: bytes
    conversation_id: UUID | None
    answer: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that begin read at one moment; `now` is the turn's only clock.

    `tenant` is the one that `caller` belongs to (PLATFORM before one is chosen). The two config
    versions are that tenant's and the channel owner's. `claimed_by`: owner and conversation that
    first used the carrier's session id.
    """

    now: datetime
    tenant: UUID
    config_version: int
    owner_version: int
    caller: Caller
    conversation: Conversation | None
    answer: StoredAnswer | None
    claimed_by: tuple[UUID, UUID] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRow:
    """A message to send through a carrier; `payload` is sealed on its way to the table."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID | None
    payload: bytes
    notice_id: UUID | None = None
    inbound_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A turn's outcome. `conversation` holds the new values and the version that was read.

    `tenant` None: the conversation is at no tenant, and only a STOP may change. `durable` False
    is for turns of which nothing of value can be lost.
    """

    owner: UUID
    tenant: UUID | None
    key: str
    command: str
    input_hash: bytes
    ref: str | None = None
    answer: bytes | None = None
    conversation: Conversation | None = None
    session_claim: bytes | None = None
    changes: tuple[Change, ...] = ()
    outbound: tuple[OutboundRow, ...] = ()
    inbound_id: UUID | None = None
    durable: bool = True


class Programmes(Protocol):
    """Where the configuration of a tenant at a version is found, usually without a trip."""

    async def get(self, tenant_id: UUID, config_version: int) -> Programme: ...


class Turns:
    """Begin and commit, one trip each."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        programmes: Programmes,
        ahead: timedelta = timedelta(0),
    ) -> None:
        """`ahead`: how far turns' clock is put forward, for trying things in dev."""
        self._database = database
        self._vault = vault
        self._programmes = programmes
        self.ahead = ahead

    async def begin(self, ask: BeginAsk) -> Snapshot:
        """Read what a turn starts from. Raises Unavailable."""
        args = (
            *(str(ask.owner), ask.tenant and str(ask.tenant), str(ask.conversation_id)),
            *(ask.sender.kind, ask.sender.value, ask.key, ask.session_claim),
        )
        try:
            text = await self._database.call(_BEGIN, args)
        except Lost:
            # Nothing was written: after a restart of the server a new connection may do.
            text = await self._database.call(_BEGIN, args)
        begun = _DECODER.decode(text)
        programme = await self._programmes.get(begun.tenant, begun.config_version)
        return self._opened(ask.owner, begun.snapshot(programme, ask.sender))

    async def commit(self, work: Work) -> None:
        """Write the turn's outcome, wholly or not at all.

        Raises Stale (run the turn again from begin) and Unavailable (whether it was written is
        known by asking begin for its key).
        """
        args = (
            *(str(work.owner), work.tenant and str(work.tenant), work.durable),
            *(self._turn(work), self._changes(work)),
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

    def _opened(self, owner: UUID, snapshot: Snapshot) -> Snapshot:
        known, stored = snapshot.conversation, snapshot.answer
        if known is not None:
            session = self._vault.open(place(owner, SESSION_PLACE), known.session)
            known = replace(known, session=session)
        if stored is not None and stored.answer:
            answer = self._vault.open(place(owner, ANSWER_PLACE), stored.answer)
            stored = replace(stored, answer=answer)
        now = snapshot.now + self.ahead
        return replace(snapshot, now=now, conversation=known, answer=stored)

    def _turn(self, work: Work) -> str:
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
        return _ENCODER.encode(parts).decode()

    def _sealed(self, owner: UUID, row: OutboundRow) -> OutboundRow:
        return replace(row, payload=self._seal(owner, PAYLOAD_PLACE, row.payload))

    def _seal(self, owner: UUID, where: str, text: bytes) -> bytes:
        return self._vault.seal(place(owner, where), text)

    def _changes(self, work: Work) -> str | None:
        if not work.changes:
            return None
        parts = document(self._vault, work.tenant or work.owner, work.changes)
        return _ENCODER.encode(parts).decode()


class _Begun(msgspec.Struct, frozen=True):
    """The answer of begin_v1."""

    now: datetime
    tenant: UUID
    config_version: int
    owner_version: int
    conversation: Conversation | None
    answer: StoredAnswer | None
    stopped: bool
    member: Member | None
    wallet: Wallet | None
    staff: Staff | None
    next_expiry: Expiry | None
    expired_unbooked: int
    open_issuances: int
    to_approve: int
    unseen: tuple[Notice, ...] | None
    claimed_by: tuple[UUID, UUID] | None

    def snapshot(self, programme: Programme, address: Address) -> Snapshot:
        caller = Caller(
            programme=programme,
            address=address,
            member=self.member,
            wallet=self.wallet,
            staff=self.staff,
            next_expiry=self.next_expiry,
            expired_unbooked=self.expired_unbooked,
            open_issuances=self.open_issuances,
            to_approve=self.to_approve,
            stopped=self.stopped,
            unseen=self.unseen or (),
        )
        return Snapshot(
            now=self.now,
            tenant=self.tenant,
            config_version=self.config_version,
            owner_version=self.owner_version,
            caller=caller,
            conversation=self.conversation,
            answer=self.answer,
            claimed_by=self.claimed_by,
        )


_BEGIN: Final = "select begin_v1(%s, %s, %s, %s, %s, %s, %s)"
_COMMIT: Final = "select commit_v3(%s, %s, %s, %s, %s)"
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Begun)
