"""STOP and START: kept by address, for members and strangers alike. Called through core.service.

The last word counts, whatever came before: both commands always succeed (conversation.md, 12).
"""

from core.changes import AddressStopped
from core.members.commands import StartMessages, StopMessages
from core.ports import Decision, UnitOfWork


async def stop_messages(uow: UnitOfWork, command: StopMessages) -> Decision[None]:
    """No message to the caller's address from now on."""
    return Decision(None, (_stopped(uow, stopped=True),))


async def start_messages(uow: UnitOfWork, command: StartMessages) -> Decision[None]:
    """Messages to the caller's address again."""
    return Decision(None, (_stopped(uow, stopped=False),))


def _stopped(uow: UnitOfWork, *, stopped: bool) -> AddressStopped:
    address = uow.caller.address
    return AddressStopped(kind=address.kind, value=address.value, stopped=stopped, at=uow.now)
