"""The two calls that carry a turn: begin reads a snapshot, commit writes what came of it. A turn
that knows what begin would say leaves it out, and its commit sees to it that nothing has changed.

Between them nothing is open or locked, so the turn may be thrown away and run again. Called by the
gateway's conversation and by whatever runs a command without one (jobs, the schedule). Turns that
meet travel in one call (`storage.flights`), in three lanes: begins, menus, and whatever must be
durable, so that one flush of PostgreSQL's log serves all that wait for one.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from core.facts import Programme
from storage.begins import Begins
from storage.commits import Commits
from storage.crypto import Vault
from storage.database import Database
from storage.flights import Lane
from storage.work import (
    ANSWER_PLACE,
    PAYLOAD_PLACE,
    PLATFORM,
    SESSION_PLACE,
    Assumed,
    BeginAsk,
    Conversation,
    OutboundRow,
    Snapshot,
    StoredAnswer,
    Work,
)

__all__ = [
    "ANSWER_PLACE", "PAYLOAD_PLACE", "PLATFORM", "SESSION_PLACE", "Assumed", "BeginAsk",
    "Conversation", "OutboundRow", "Programmes", "Snapshot", "StoredAnswer", "Turns", "Work",
]  # fmt: skip


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
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ahead`: how far turns' clock is put forward, for trying things in dev. `monotonic`:
        seconds that pass, from any moment on."""
        self._vault = vault
        self._programmes = programmes
        self.ahead = ahead
        self._monotonic = monotonic
        self._told: tuple[datetime, float] | None = None
        begins, commits = Begins(database, vault), Commits(database, vault)
        self._begins = Lane(database, begins.alone, begins.together)
        self._menus = Lane(database, commits.alone, commits.menus, _conversation)
        self._durable = Lane(database, commits.alone, commits.turns, _conversation)

    async def begin(self, ask: BeginAsk) -> Snapshot:
        """Read what a turn starts from. Raises Unavailable."""
        begun = await self._begins.fly(ask)
        self._told = begun.now, self._monotonic()
        programme = await self._programmes.get(begun.tenant, begun.config_version)
        return begun.snapshot(programme, ask, self._vault, self.ahead)

    def now(self) -> datetime:
        """The database's clock as the last begin told it, at most that trip behind. Some turn must
        have begun."""
        assert self._told is not None, "whatever goes on has begun"
        told, at = self._told
        return told + timedelta(seconds=self._monotonic() - at) + self.ahead

    def commit(self, work: Work) -> Awaitable[None]:
        """Write the turn's outcome, wholly or not at all.

        Raises Stale (run the turn again from begin) and Unavailable (whether it was written is
        known by asking begin for its key).
        """
        lane = self._menus if work.is_menu and not work.durable else self._durable
        return lane.fly(work)


def _conversation(work: Work) -> object:
    """What two turns of a flight may not share: the later one was begun before the earlier."""
    return work.conversation.id.int if work.conversation else work.key
