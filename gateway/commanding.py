"""Commands from doors without a conversation: jobs, the schedule, demo data. One key, one effect.

They take the same two calls as a turn: begin says who the address is and whether the key was
used, commit writes under the key.
"""

from typing import Final, TypeVar
from uuid import UUID

from core.changes import Change
from core.errors import LoyaltyError
from core.ports import Command
from core.service import execute
from core.values import Address
from gateway.hashing import OncePerTurn
from gateway.rerunning import TRIES_MAX, pause
from gateway.runtime import Runtime
from storage.database import Stale
from storage.turns import BeginAsk, OutboundRow, Snapshot, Work
from storage.unit_of_work import TurnWork

R = TypeVar("R")
NOBODY: Final = Address("msisdn", "")
"""The address of a door that speaks for the tenant itself."""

_NO_CONVERSATION: Final = UUID(int=0)


class AlreadyDone(Exception):
    """The key was used before: its effect happened then and does not happen again."""


async def begin(rt: Runtime, tenant: UUID, key: str, address: Address = NOBODY) -> Snapshot:
    """What a command starts from; raises AlreadyDone when the key was used, and Unavailable."""
    ask = BeginAsk(
        owner=tenant,
        tenant=tenant,
        conversation_id=_NO_CONVERSATION,
        sender=address,
        key=key,
    )
    snapshot = await rt.turns.begin(ask)
    if snapshot.answer:
        raise AlreadyDone
    return snapshot


def unit_of_work(rt: Runtime, snapshot: Snapshot, hasher: OncePerTurn | None = None) -> TurnWork:
    """A unit of work over a snapshot."""
    hasher = hasher or OncePerTurn(rt.hasher)
    return TurnWork(snapshot.caller, snapshot.now, rt.db, rt.vault, rt.identifiers, hasher)


async def commit(
    rt: Runtime,
    tenant: UUID,
    key: str,
    name: str,
    *,
    owner: UUID | None = None,
    input_hash: bytes = b"",
    ref: str | None = None,
    changes: tuple[Change, ...] = (),
    outbound: tuple[OutboundRow, ...] = (),
) -> None:
    """Write under `key` what no conversation led to; `name` says in the log what it was;
    `owner`: of the channel it goes out by, where that is not the tenant. Raises
    Stale (a condition no longer holds, or the key was used) and Unavailable."""
    work = Work(
        owner=owner or tenant,
        tenant=tenant,
        key=key,
        command=name,
        input_hash=input_hash,
        ref=ref,
        changes=changes,
        outbound=outbound,
    )
    await rt.turns.commit(work)


async def command(
    rt: Runtime, tenant: UUID, key: str, wanted: Command[R], address: Address = NOBODY
) -> R:
    """Execute as `address` and commit under `key`.

    Raises the command's refusal, AlreadyDone, Unavailable, and Stale when the tries ran out.
    """
    hasher = OncePerTurn(rt.hasher)
    for attempt in range(TRIES_MAX):
        try:
            return await _attempt(rt, tenant, key, wanted, address, hasher)
        except Stale:
            await pause(rt, attempt)
    raise Stale


async def _attempt(
    rt: Runtime,
    tenant: UUID,
    key: str,
    wanted: Command[R],
    address: Address,
    hasher: OncePerTurn,
) -> R:
    uow = unit_of_work(rt, await begin(rt, tenant, key, address), hasher)
    refusal: LoyaltyError | None = None
    try:
        answer = await execute(uow, wanted)
    except LoyaltyError as refused:
        refusal = refused
    if uow.changes:
        await commit(
            rt,
            tenant,
            key,
            type(wanted).__name__,
            input_hash=rt.vault.mac("input", key, repr(wanted)),
            ref=uow.ref,
            changes=tuple(uow.changes),
        )
    if refusal:
        raise refusal
    return answer
