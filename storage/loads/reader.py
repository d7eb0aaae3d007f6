"""How every load reads: one trip under its tenant, JSON back into core's facts.

Called by the other modules of this package.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from core.facts import Caller, Counter, Scope
from storage.crypto import CODE_PLACE, Vault, code_hash, place
from storage.database import Database

F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a unit of work reads with: who asks and when are the caller's and begin's."""

    db: Database
    vault: Vault
    caller: Caller
    now: datetime

    @property
    def tenant(self) -> UUID:
        """Whose rows are seen."""
        return self.caller.programme.tenant_id

    async def rows(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        """The rows of one statement, `now` among its parameters; one trip."""
        return await self.db.read(self.tenant, statement, {"now": self.now, **params})

    async def row(self, statement: str, **params: Any) -> dict[str, Any] | None:
        """The first row of one statement, or None; one trip."""
        found = await self.rows(statement, **params)
        return found[0] if found else None

    async def answer(self, statement: str, **params: Any) -> dict[str, Any]:
        """The row of a statement that always gives one; one trip."""
        (row,) = await self.rows(statement, **params)
        return row

    def code_hash(self, code: str) -> bytes:
        """How a till code is found."""
        return code_hash(self.vault, self.tenant, code)

    def opened(self, document: dict[str, Any] | None) -> dict[str, Any] | None:
        """A document whose `code` was sealed, with the digits in its place."""
        if document is None or document["code"] is None:
            return document
        sealed = bytes.fromhex(document["code"])
        return {
            **document,
            "code": self.vault.open(place(self.tenant, CODE_PLACE), sealed).decode(),
        }


def counted(document: Mapping[str, Any] | None, scope: Scope, subject: str) -> Counter:
    """A counter from its JSON, or the fresh one that it is while it has no row."""
    if document is None:
        return Counter(scope=scope, subject=subject)
    return msgspec.convert({**document, "stored": True}, Counter)


def read(document: object, fact: type[F]) -> F:
    """A fact from its JSON."""
    return msgspec.convert(document, fact)


def maybe(document: object, fact: type[F]) -> F | None:
    """A fact from its JSON; None from null."""
    return None if document is None else read(document, fact)
