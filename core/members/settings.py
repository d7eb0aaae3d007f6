"""What a member decides for themselves: language, notices, what is kept. Through core.service."""

from dataclasses import replace
from typing import Final

from core.changes import NoticeMoved
from core.facts import Caller, Programme
from core.members.callers import member_of
from core.members.commands import (
    ChangeLanguage,
    ChangeName,
    ChangeNotices,
    MyData,
    SeeNotices,
    ShowMyData,
    WhoAmI,
)
from core.members.records import clean_name, moved
from core.ports import Decision, UnitOfWork

NOTICE_KINDS: Final = ("earn", "reward", "expiry")


def spoken(programme: Programme, asked: str) -> str:
    """The language asked for where the programme speaks it, else the programme's first."""
    return asked if asked in programme.languages else programme.languages[0]


async def who_am_i(uow: UnitOfWork, command: WhoAmI) -> Decision[Caller]:
    """The caller as begin found them."""
    return Decision(uow.caller)


async def change_language(uow: UnitOfWork, command: ChangeLanguage) -> Decision[None]:
    """Keep the member's language for every channel."""
    member = member_of(uow.caller)
    language = spoken(uow.caller.programme, command.language)
    return Decision(None, (moved(replace(member, language=language)),))


async def change_name(uow: UnitOfWork, command: ChangeName) -> Decision[None]:
    """Keep what the member is called, cleaned as when joining."""
    member = member_of(uow.caller)
    return Decision(None, (moved(replace(member, name=clean_name(command.name))),))


async def change_notices(uow: UnitOfWork, command: ChangeNotices) -> Decision[None]:
    """Keep which kinds of notice are wanted; kinds we do not send are left out."""
    member = member_of(uow.caller)
    kinds = tuple(kind for kind in NOTICE_KINDS if kind in command.kinds)
    return Decision(None, (moved(replace(member, notices=kinds)),))


async def show_my_data(uow: UnitOfWork, command: ShowMyData) -> Decision[MyData]:
    """The member as kept, with all addresses."""
    member = member_of(uow.caller)
    return Decision(MyData(member, await uow.load.addresses(member.id)))


async def see_notices(uow: UnitOfWork, command: SeeNotices) -> Decision[None]:
    """Only what begin found waiting can be seen, and only once."""
    waiting = {notice.id for notice in uow.caller.unseen}
    seen = (one for one in dict.fromkeys(command.ids) if one in waiting)
    return Decision(
        None,
        tuple(NoticeMoved(id=one, was="waiting", state="seen", at=uow.now) for one in seen),
    )
