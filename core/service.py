"""The one way in: `execute` answers a command within a unit of work. Called by every door.

A handler loads and decides; here the changes are recorded and a refusal is raised. The rule "at
most one command succeeds, and nothing is asked after it" is asserted by the engine above.
"""

from typing import Any, Final, TypeVar

from core.earning.handlers import HANDLERS as EARNING
from core.errors import LoyaltyError
from core.ledger.handlers import HANDLERS as LEDGER
from core.members.handlers import HANDLERS as MEMBERS
from core.ports import Command, Handler, UnitOfWork
from core.rewards.handlers import HANDLERS as REWARDS

R = TypeVar("R")

HANDLERS: Final[dict[type[Command[Any]], Handler]] = {**LEDGER, **MEMBERS, **EARNING, **REWARDS}


async def execute(uow: UnitOfWork, command: Command[R]) -> R:
    """Answer the command or raise its refusal; either way its changes are recorded."""
    decision = await HANDLERS[type(command)](uow, command)
    if decision.changes:
        uow.record(*decision.changes)
    if isinstance(decision.result, LoyaltyError):
        raise decision.result
    result: R = decision.result
    return result
