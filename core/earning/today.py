"""The shop's day so far, for its staff. Called through core.service."""

from core.days import start_of_day
from core.earning.commands import ShowToday
from core.members.callers import staff_of
from core.ports import Decision, Today, UnitOfWork


async def show_today(uow: UnitOfWork, command: ShowToday) -> Decision[Today]:
    """Counts and sums since the local midnight."""
    since = start_of_day(uow.now, uow.caller.programme.timezone)
    return Decision(await uow.load.today(staff_of(uow.caller).id, since))
