"""Messages from people, kept before they are answered: stored once, sealed, with their job.

Called by the carriers' door (store) and by the `answer` job (load). The text is gone with the
commit of its turn; the row stays, so that a late repetition is known (docs/security.md 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, bindparam, func, select, update

from core.values import Address, AddressKind
from storage.crypto import Vault, place
from storage.database import Database
from storage.statements import frozen
from storage.tables import inbound

Outcome = Literal["new", "same", "mismatch"]

BODY_PLACE: Final = "inbound.body"
SENDER_PLACE: Final = "inbound.sender"
_ID_MAX: Final = 256
_STORE: Final = "select store_inbound_v1(%s, %s, %s)"
_LOAD: Final = frozen(
    select(
        inbound.c.id,
        inbound.c.channel_id,
        inbound.c.conversation_id,
        inbound.c.external_id,
        inbound.c.sender_kind,
        inbound.c.sender_enc,
        inbound.c.body_enc,
        inbound.c.control,
        inbound.c.sent_at,
        inbound.c.received_at,
    ).where(inbound.c.id == bindparam("id", type_=Uuid))
)

_DROP: Final = frozen(
    update(inbound)
    .where(inbound.c.id == bindparam("id", type_=Uuid))
    .values(body_enc=None, handled_at=func.now())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInbound:
    """One message as the door understood it. `id`: a UUIDv7, also its job's. `body`: JSON."""

    id: UUID
    conversation_id: UUID
    sender: Address
    external_id: str
    body: bytes
    control: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInbound:
    """A stored message. `body` None: it was answered, and its text is gone."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID
    sender: Address
    external_id: str
    body: bytes | None
    control: str | None
    sent_at: datetime | None
    received_at: datetime


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """One item of store_inbound_v1's document; bytes travel as base64."""

    place: int
    id: UUID
    conversation_id: UUID
    sender_kind: AddressKind
    sender: bytes
    external_id: str
    body: bytes
    body_mac: bytes
    control: str | None
    sent_at: datetime | None


class Inbox:
    """The inbound messages of one channel owner at a time. Raises Unavailable."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def store(
        self, owner: UUID, channel_id: UUID, items: Sequence[NewInbound]
    ) -> list[Outcome]:
        """Keep the messages of one request and the job for each new one, all or none; one trip.

        Per item: "new", "same" (a repetition), or "mismatch" (its external id came before with
        other content: a carrier's mistake or a forgery, not answered)."""
        rows = [self._row(owner, at, item) for at, item in enumerate(items, 1)]
        document = msgspec.json.encode(rows).decode()
        outcomes = await self._db.call(_STORE, (str(owner), str(channel_id), document))
        return msgspec.convert(outcomes, list[Outcome])

    def _row(self, owner: UUID, at: int, item: NewInbound) -> _Row:
        return _Row(
            place=at,
            id=item.id,
            conversation_id=item.conversation_id,
            sender_kind=item.sender.kind,
            sender=self._vault.seal(place(owner, SENDER_PLACE), item.sender.value.encode()),
            external_id=storable(item.external_id),
            body=self._vault.seal(place(owner, BODY_PLACE), item.body),
            # Short texts are few, so a plain hash of one would be no secret: this one is keyed.
            body_mac=self._vault.mac("inbound.body", owner.bytes, item.body),
            control=item.control,
            sent_at=item.sent_at,
        )

    async def drop(self, owner: UUID, inbound_id: UUID) -> None:
        """Nobody will answer this message: it is handled, and its text is gone."""
        async with self._db.write(owner) as tx:
            await tx.run(_DROP, {"id": inbound_id})

    async def load(self, owner: UUID, inbound_id: UUID) -> StoredInbound | None:
        """A stored message, opened; None when there is none. One trip."""
        rows = await self._db.read(owner, _LOAD, {"id": inbound_id})
        if not rows:
            return None
        row = rows[0]
        sender = self._vault.open(place(owner, SENDER_PLACE), row.pop("sender_enc")).decode()
        sealed = row.pop("body_enc")
        body = None if sealed is None else self._vault.open(place(owner, BODY_PLACE), sealed)
        return StoredInbound(sender=Address(row.pop("sender_kind"), sender), body=body, **row)


def storable(text: str) -> str:
    """A carrier's id as the database takes it: one with a NUL, half a character or no end must
    not keep the other messages of its request from being stored."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()[:_ID_MAX]
