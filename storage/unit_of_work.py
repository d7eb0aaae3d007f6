"""One intention's work over what begin read: core.ports.UnitOfWork for the gateway.

It opens nothing: loads are reads of one trip, and what is recorded is committed by the caller
through `storage.turns`. Thrown away and made anew when the turn runs again.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from core.changes import Change
from core.facts import Caller
from core.ports import Hasher, Loads
from storage.crypto import Vault
from storage.database import Database
from storage.identifiers import Identifiers
from storage.loads import Reader, TenantLoads


class TurnWork:
    """`hasher` remembers what it hashed, so that a turn that runs again hashes nothing twice."""

    def __init__(
        self,
        caller: Caller,
        now: datetime,
        db: Database,
        vault: Vault,
        identifiers: Identifiers,
        hasher: Hasher,
    ) -> None:
        self.caller: Final = caller
        self.now: Final = now
        self.load: Final[Loads] = TenantLoads(Reader(db=db, vault=vault, caller=caller, now=now))
        self.hasher: Final = hasher
        self.changes: Final[list[Change]] = []
        self._identifiers = identifiers
        self._ref: str | None = None

    @property
    def ref(self) -> str:
        """The customer's reference: 7 Crockford characters, the same all through."""
        if self._ref is None:
            self._ref = self._identifiers.ref()
        return self._ref

    def new_id(self) -> UUID:
        """A UUIDv7, above the one before."""
        return self._identifiers.uuid7()

    def digits(self, count: int) -> str:
        """Random digits for a till code."""
        return self._identifiers.digits(count)

    def record(self, *changes: Change) -> None:
        """What the commit will write, in this order."""
        self.changes.extend(changes)
