"""The two calls that carry a turn: begin reads a snapshot, commit writes what came of it.

Between them nothing is open or locked, so the turn may be thrown away and run again. Called by the
gateway's conversation and by whatever runs a command without one (jobs, the schedule). Turns that
meet travel in one call (storage/flights.py): begins, menus, and what must be durable, each in a
lane of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString, Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace

from core.changes import Change
from core.facts import Caller, Expiry, Member, Notice, Programme, Staff, Wallet
from core.values import Address
from storage.changes import document
from storage.crypto import Vault, place
from storage.database import STALE_STATES, UNIQUE_VIOLATION, Conflict, Database, Lost, Stale
from storage.flights import Lane

PLATFORM: Final = UUID("00000000-0000-7000-8000-000000000000")
"""The reserved tenant that owns what several tenants share."""

PAYLOAD_PLACE: Final = "outbound.payload_enc"
SESSION_PLACE: Final = "conversation.session"
ANSWER_PLACE: Final = "command_log.answer"
"""Where sealed texts lie (storage.crypto.place with the channel's owner): an outgoing message, a
session and a stored answer may show a till code."""


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
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


class BeginAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before begin. `tenant` None: where the conversation is, else the owner.
    `session_claim`: keyed hash of carrier kind and session id, where a carrier has such ids."""

    owner: UUID
    tenant: UUID | None
    conversation_id: UUID
    sender: Address
    key: str
    session_claim: bytes | None = None


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was committed under this key. `answer` None: it has been dropped."""

    command: str
    input_hash: bytes
    conversation_id: UUID | None
    answer: bytes | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
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


class OutboundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send through a carrier; `payload` is sealed on its way to the table."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID | None
    payload: bytes
    notice_id: UUID | None = None
    inbound_id: UUID | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True):
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

    @property
    def is_menu(self) -> bool:
        """Whether nothing but the conversation and the log of its command is written."""
        more = self.changes or self.outbound or self.inbound_id or self.ref
        return self.conversation is not None and not more


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
        self._begins = Lane(database, self._begin_alone, self._begin_together)
        self._menus = Lane(database, self._commit_alone, self._commit_menus, _conversation)
        self._durable = Lane(database, self._commit_alone, self._commit_durable, _conversation)

    async def begin(self, ask: BeginAsk) -> Snapshot:
        """Read what a turn starts from. Raises Unavailable."""
        begun = await self._begins.fly(ask)
        programme = await self._programmes.get(begun.tenant, begun.config_version)
        return self._opened(ask.owner, begun.snapshot(programme, ask.sender))

    async def commit(self, work: Work) -> None:
        """Write the turn's outcome, wholly or not at all.

        Raises Stale (run the turn again from begin) and Unavailable (whether it was written is
        known by asking begin for its key).
        """
        lane = self._durable if work.durable or not work.is_menu else self._menus
        await lane.fly(work)

    async def _begin_alone(self, ask: BeginAsk) -> "_Begun":
        args = (
            *(str(ask.owner), ask.tenant and str(ask.tenant), str(ask.conversation_id)),
            *(ask.sender.kind, ask.sender.value, ask.key, ask.session_claim),
        )
        return _BEGUN.decode(await self._asked(_BEGIN, args))

    async def _begin_together(self, asks: Sequence[BeginAsk]) -> Sequence["_Begun"]:
        rows = [
            _Ask(
                ask.owner, ask.tenant, ask.conversation_id, ask.sender.kind, ask.sender.value,
                ask.key, ask.session_claim,
            )
            for ask in asks
        ]  # fmt: skip
        text = await self._asked(_BEGIN_MANY, (_ENCODER.encode(rows).decode(),))
        return _ALL_BEGUN.decode(text)

    async def _asked(self, sql: LiteralString, args: Sequence[Any]) -> str:
        """Read; once more when the connection broke, since nothing was written: after a restart
        of the server a new connection may do."""
        try:
            text: str = await self._database.call(sql, args)
        except Lost:
            text = await self._database.call(sql, args)
        return text

    async def _commit_alone(self, work: Work) -> None:
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

    async def _commit_menus(self, works: Sequence[Work]) -> Sequence[Exception | None]:
        """Turns of which nothing of value can be lost, in an asynchronous commit."""
        stale = await self._told(_COMMIT_MENUS, (False, self._menu_rows(works)))
        return [Stale(work.key) if work.key in stale else None for work in works]

    async def _commit_durable(self, works: Sequence[Work]) -> Sequence[Exception | None]:
        """Turns that change more than their conversation, or must not be forgotten."""
        rows = [
            _Turn(
                work.owner, work.tenant or work.owner, True, self._turn(work),
                msgspec.Raw((self._changes(work) or "null").encode()),
            )
            for work in works
        ]  # fmt: skip
        outcomes = await self._told(_COMMIT_MANY, (_ENCODER.encode(rows).decode(),))
        return [_outcome(each) for each in outcomes] or [None] * len(works)

    async def _told(self, sql: LiteralString, args: Sequence[Any]) -> Sequence[str]:
        return await self._database.call(sql, args) or ()

    def _menu_rows(self, works: Sequence[Work]) -> str:
        rows = []
        for work in works:
            talk, seal = work.conversation, self._seal
            assert talk is not None, "a menu is a conversation's"
            rows.append(
                _Menu(
                    work.owner, talk.id, talk.version, talk.channel_id, talk.sender.kind,
                    talk.sender.value, talk.at_tenant,
                    seal(work.owner, SESSION_PLACE, talk.session), talk.carrier_session,
                    talk.heard_len, talk.heard_mac, talk.open, talk.opened_at, talk.last_at,
                    talk.last_in_at, work.key, work.command, work.input_hash,
                    work.answer and seal(work.owner, ANSWER_PLACE, work.answer),
                    work.session_claim,
                )
            )  # fmt: skip
        return _ENCODER.encode(rows).decode()

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


class _Ask(msgspec.Struct, frozen=True):
    """One row of begin_many_v1."""

    owner: UUID
    tenant: UUID | None
    conversation: UUID
    kind: str
    value: str
    key: str
    claim: bytes | None


class _Menu(msgspec.Struct, frozen=True):
    """One row of commit_menus_v1."""

    owner: UUID
    id: UUID
    version: int
    channel_id: UUID
    sender_kind: str
    sender: str
    at_tenant: UUID | None
    session: bytes
    carrier_session: str
    heard_len: int
    heard_mac: bytes | None
    open: bool
    opened_at: datetime
    last_at: datetime
    last_in_at: datetime | None
    key: str
    command: str
    input_hash: bytes
    answer: bytes | None
    claim: bytes | None


class _Turn(msgspec.Struct, frozen=True):
    """One row of commit_many_v1."""

    owner: UUID
    tenant: UUID
    durable: bool
    turn: dict[str, Any]
    changes: msgspec.Raw


def _conversation(work: Work) -> object:
    """What two turns of a flight may not share: the later one was begun before the earlier."""
    return work.conversation.id if work.conversation else work.key


def _outcome(told: str) -> Exception | None:
    """What commit_many_v1 says of one turn: an SQLSTATE means what it means when told alone."""
    if told == "ok":
        return None
    state, _, constraint = told.partition(":")
    if state == "stale" or state in STALE_STATES or state == UNIQUE_VIOLATION:
        return Stale(constraint or state)
    return Conflict(constraint or state, unique=False)


_BEGIN: Final = "select begin_v1(%s, %s, %s, %s, %s, %s, %s)"
_BEGIN_MANY: Final = "select begin_many_v1(%s)"
_COMMIT: Final = "select commit_v1(%s, %s, %s, %s, %s)"
_COMMIT_MANY: Final = "select commit_many_v1(%s)"
_COMMIT_MENUS: Final = "select commit_menus_v1(%s, %s)"
_ENCODER: Final = msgspec.json.Encoder()
_BEGUN: Final = msgspec.json.Decoder(_Begun)
_ALL_BEGUN: Final = msgspec.json.Decoder(list[_Begun])
