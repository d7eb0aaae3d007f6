"""USSD sessions that go on from memory: what the last turn of each read and wrote.

A step that only looks at something needs no begin then. Its commit makes sure that nothing it
assumed is otherwise by now (outdated_v1), or it runs again from begin: what is shown is never older
than what begin would have told. Called by `conversation`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from storage.database import bytea
from storage.turns import PLATFORM, Assumed, Snapshot, Work

KEPT_MAX: Final = 4096
KEPT_S: Final = 180
"""As long as carriers keep a session open; all that begin reads of its caller lies in memory so
long: name, hash of the PIN, and the session with what was offered, live till codes among it."""


class _Kept(msgspec.Struct, frozen=True):
    snapshot: Snapshot
    until: float

    def __repr__(self) -> str:
        return "Kept(•••)"


class Sessions:
    """The sessions of this process whose next answer can change nothing; each is taken once."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, snapshot: Snapshot, work: Work, claim: bytes | None) -> None:
        """Remember how a committed turn left its session, if the next may go on from there: on a
        shop's own channel, of a sender of whom nothing is known but what `Assumed` names.
        `claim`: keyed hash of the carrier's session id, which is this conversation's."""
        talk, caller = work.conversation, snapshot.caller
        if talk is None or not (talk.open and work.is_menu):
            return
        if work.owner == PLATFORM or work.tenant != work.owner:
            return
        if caller.staff or caller.stopped or caller.unseen or caller.expired_unbooked:
            return
        loop, kept = asyncio.get_running_loop(), self._kept
        after = replace(
            snapshot,
            conversation=replace(talk, version=talk.version + 1),
            answer=None,
            claimed_by=(work.owner, talk.id),
            assumed=snapshot.assumed or _assumed(snapshot, claim),
        )
        kept[talk.id.int] = _Kept(after, loop.time() + KEPT_S)
        if len(kept) > KEPT_MAX:
            del kept[next(iter(kept))]
        if self._timer is None:
            self._timer = loop.call_later(KEPT_S, self._forget)

    def take(
        self, conversation: UUID, carrier_session: str, clock: Callable[[], datetime]
    ) -> Snapshot | None:
        """What begin would tell of this session; None: it must be asked."""
        kept = self._kept.pop(conversation.int, None)
        if kept is None or kept.until < asyncio.get_running_loop().time():
            return None
        talk, caller = kept.snapshot.conversation, kept.snapshot.caller
        assert talk is not None, "kept with it"
        if talk.carrier_session != carrier_session:
            return None
        now = max(clock(), talk.last_at)
        if caller.next_expiry and caller.next_expiry.at <= now:
            return None
        return replace(kept.snapshot, now=now)

    def _forget(self) -> None:
        """Drop what is too old, and look again when the next one is."""
        loop, kept = asyncio.get_running_loop(), self._kept
        while kept and (oldest := next(iter(kept.items())))[1].until <= loop.time():
            del kept[oldest[0]]
        soonest = next(iter(kept.values())).until if kept else None
        self._timer = loop.call_at(soonest, self._forget) if soonest else None


def _assumed(snapshot: Snapshot, claim: bytes | None) -> Assumed:
    caller = snapshot.caller
    return Assumed(
        config_version=snapshot.config_version,
        member=caller.member.id if caller.member else None,
        member_version=caller.member.version if caller.member else None,
        account_version=caller.wallet.version if caller.wallet else None,
        open_issuances=caller.open_issuances,
        claim=bytea(claim),
    )
