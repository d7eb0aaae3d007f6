"""How a begin travels to PostgreSQL: alone, or with others in one flight. Called by `turns`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
from msgspec.structs import replace

from core.facts import Caller, Expiry, Member, Notice, Programme, Staff, Wallet
from core.values import Shop
from storage.crypto import Vault, address_hash, place
from storage.database import Database, Lost, bytea
from storage.work import (
    ANSWER_PLACE,
    PLATFORM,
    SESSION_PLACE,
    BeginAsk,
    Conversation,
    Snapshot,
    StoredAnswer,
)


class Begun(msgspec.Struct, frozen=True):
    """The answer of begin_v2."""

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
    shops: tuple[Shop, ...] | None

    def snapshot(
        self, programme: Programme, ask: BeginAsk, vault: Vault, ahead: timedelta
    ) -> Snapshot:
        """The facts with their programme, what was sealed opened, `ahead` of the clock."""
        conversation, answer = self.conversation, self.answer
        if conversation is not None:
            session = vault.open(place(ask.owner, SESSION_PLACE), conversation.session)
            conversation = replace(conversation, session=session)
        if answer is not None and answer.answer:
            stored = vault.open(place(ask.owner, ANSWER_PLACE), answer.answer)
            answer = replace(answer, answer=stored)
        shared = ask.owner == PLATFORM
        caller = Caller(
            programme=programme,
            address=ask.sender,
            member=self.member,
            wallet=self.wallet,
            staff=self.staff,
            next_expiry=self.next_expiry,
            expired_unbooked=self.expired_unbooked,
            open_issuances=self.open_issuances,
            to_approve=self.to_approve,
            stopped=self.stopped,
            unseen=self.unseen or (),
            shops=(self.shops or ()) if shared else None,
            chosen=self.tenant != PLATFORM,
        )
        return Snapshot(
            now=self.now + ahead,
            tenant=self.tenant,
            config_version=self.config_version,
            owner_version=self.owner_version,
            caller=caller,
            conversation=conversation,
            answer=answer,
            claimed_by=self.claimed_by,
        )


class Begins:
    """Asks begin; both ways raise Unavailable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def alone(self, ask: BeginAsk) -> Begun:
        """One snapshot, by the one-turn function."""
        args = (
            *(str(ask.owner), ask.tenant and str(ask.tenant), str(ask.conversation_id)),
            *(ask.sender.kind, ask.sender.value, ask.key, ask.session_claim),
            *(ask.carrier_session, self._found_by(ask)),
        )
        return _BEGUN.decode(await self._asked(_BEGIN, args))

    async def together(self, asks: Sequence[BeginAsk]) -> Sequence[Begun]:
        """Their snapshots, all of one moment."""
        owners: dict[int, _Asks] = {}
        for i, ask in enumerate(asks):
            of_owner = owners.setdefault(ask.owner.int, _Asks(ask.owner, []))
            of_owner.asks.append(self._row(i, ask))
        rows = _ENCODER.encode(list(owners.values())).decode()
        text = await self._asked(_BEGIN_MANY, (rows,))
        told = {each.i: each.begun for each in _ALL_BEGUN.decode(text)}
        return [told[place] for place in range(len(asks))]

    def _row(self, i: int, ask: BeginAsk) -> "_Ask":
        return _Ask(
            i=i,
            tenant=ask.tenant,
            conversation=ask.conversation_id,
            kind=ask.sender.kind,
            value=ask.sender.value,
            key=ask.key,
            claim=bytea(ask.session_claim),
            session=ask.carrier_session,
            address=bytea(self._found_by(ask)),
        )

    async def _asked(self, sql: LiteralString, args: Sequence[Any]) -> str:
        """Read; once more when the connection broke, since nothing was written: after a restart
        of the server a new connection may do."""
        try:
            text: str = await self._database.call(sql, args)
        except Lost:
            text = await self._database.call(sql, args)
        return text

    def _found_by(self, ask: BeginAsk) -> bytes | None:
        """What finds the sender's tenants; only a shared channel has to ask."""
        return address_hash(self._vault, ask.sender) if ask.owner == PLATFORM else None


class _Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One ask of begin_many_v1; `i`: its place. The last two are a shared channel's only."""

    i: int
    tenant: UUID | None
    conversation: UUID
    kind: str
    value: str
    key: str
    claim: str | None
    session: str | None
    address: str | None


class _Asks(msgspec.Struct, frozen=True):
    """All asks of one owner's channels."""

    owner: UUID
    asks: list[_Ask]


class _Told(msgspec.Struct, frozen=True):
    """One answer of begin_many_v1."""

    i: int
    begun: Begun


_BEGIN: Final = "select begin_v2(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_BEGIN_MANY: Final = "select begin_many_v1(%s)"
_ENCODER: Final = msgspec.json.Encoder()
_BEGUN: Final = msgspec.json.Decoder(Begun)
_ALL_BEGUN: Final = msgspec.json.Decoder(list[_Told])
