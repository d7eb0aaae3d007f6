"""Every command has its handler, its refusals are as written, and questions change nothing."""

import inspect
import re
from dataclasses import fields
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from core import changes, errors
from core.earning import commands as earning
from core.ledger import commands as ledger
from core.members import commands as members
from core.members import link_commands as links
from core.members.notices import WANTED_AS
from core.members.settings import NOTICE_KINDS
from core.ports import Command, Query
from core.rewards import commands as rewards
from core.service import HANDLERS

MODULES = (members, links, ledger, earning, rewards)


def commands_of(module: ModuleType) -> list[type[Command[Any]]]:
    named = [value for value in vars(module).values() if inspect.isclass(value)]
    own = [value for value in named if value.__module__ == module.__name__]
    return [value for value in own if issubclass(value, Command)]


COMMANDS = [command for module in MODULES for command in commands_of(module)]
REFUSALS = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, errors.LoyaltyError)
}


def test_every_command_has_one_handler_and_nothing_else_has() -> None:
    assert len(COMMANDS) > 30
    assert set(HANDLERS) == set(COMMANDS)
    assert len({handler.__qualname__ for handler in HANDLERS.values()}) == len(HANDLERS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_a_handler_takes_the_command_it_is_listed_for(command: type[Command[Any]]) -> None:
    handler = HANDLERS[command]
    assert get_type_hints(handler)["command"] is command
    assert inspect.iscoroutinefunction(handler)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_the_refusals_a_command_names_exist(command: type[Command[Any]]) -> None:
    text = " ".join((command.__doc__ or "").split())
    named = re.findall(r"\b[A-Z]\w+", text.partition("Refusals:")[2])
    as_elsewhere = {"Refusals", "Approve", "LookUpLink", "ShowLastLink"}
    assert {name for name in named if name not in as_elsewhere} <= set(REFUSALS)


def test_codes_are_stable_and_messages_are_written() -> None:
    codes = {refusal.code for refusal in REFUSALS.values()}
    assert len(codes) == len(REFUSALS)
    assert errors.NotEnoughPoints.code == "not_enough_points"
    assert errors.NotAMember.code == "not_a_member"
    for refusal in REFUSALS.values():
        assert refusal.__doc__
        assert str(refusal()) == refusal.__doc__
    overview = errors.__doc__ or ""
    assert {name for name in REFUSALS if name not in overview} == set()


def test_refusals_carry_what_fills_their_text() -> None:
    refusal = errors.NotEnoughPoints(required=100, available=40, missing=60)
    assert refusal.params == {"required": 100, "available": 40, "missing": 60}


def test_every_change_belongs_to_one_part() -> None:
    every = (*changes.FACTS, *changes.MOVES)
    assert len({change.part for change in every}) == len(every)
    written = {change.__name__ for change in changes.Change.__subclasses__()}
    assert written == {change.__name__ for change in every}
    assert all("tenant_id" not in {f.name for f in fields(change)} for change in every)


def test_every_notice_can_be_declined_but_what_touches_ones_safety() -> None:
    always = {kind for kind, wanted in WANTED_AS.items() if wanted is None}
    assert always == {"pin_reset", "linked", "unlinked"}
    assert {wanted for wanted in WANTED_AS.values() if wanted} == set(NOTICE_KINDS)


def test_questions_are_told_from_intentions_by_their_type() -> None:
    questions = {command.__name__ for command in COMMANDS if issubclass(command, Query)}
    assert questions == {
        *("WhoAmI", "ShowMyData", "ShowBalance", "ShowHistory", "QuotePurchase", "ShowToday"),
        *("ListRewards", "ListIssuances", "ListReserved", "CheckPinLock", "ShowLastLink"),
        *("ListShops", "FindShops"),
    }
