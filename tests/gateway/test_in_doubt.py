"""What is said when a commit was sent and its outcome is not known; digits dialled ahead."""

from itertools import count
from typing import Any

import psycopg
import pytest

from core.rewards.commands import ListIssuances
from storage.database import Lost, Unavailable
from storage.turns import BeginAsk, Snapshot, Turns, Work
from tests.e2e.carriers import number_of
from tests.gateway.teahouse import TeaHouse

_PHONES = count(774000001)


async def to_the_question(shop: TeaHouse) -> Any:
    number = f"+263{next(_PHONES)}"
    await shop.join(number, 100)
    phone = shop.handset(number)
    await phone.dial(shop.http)
    await phone.pick(shop.http, "Rewards", "Scone")
    return phone


def lose_the_next_answer(
    shop: TeaHouse, monkeypatch: pytest.MonkeyPatch, *, written: bool, deaf: bool = False
) -> None:
    """The next commit's connection breaks, after or before it was written; `deaf`: and then the
    database answers nothing at all, once."""
    real_commit, real_begin = shop.turns.commit, shop.turns.begin
    broke: list[Work] = []

    async def commit(work: Work) -> None:
        if broke or not work.changes:
            return await real_commit(work)
        broke.append(work)
        if written:
            await real_commit(work)
        raise Lost

    async def begin(ask: BeginAsk) -> Snapshot:
        if deaf and len(broke) == 1:
            broke.append(broke[0])
            raise Unavailable
        return await real_begin(ask)

    monkeypatch.setattr(Turns, "commit", lambda _, work: commit(work))
    monkeypatch.setattr(type(shop.turns), "begin", lambda _, ask: begin(ask))


@pytest.mark.parametrize("written", [True, False])
async def test_a_lost_answer_is_looked_up_and_given(
    written: bool, shop: TeaHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await to_the_question(shop)
    lose_the_next_answer(shop, monkeypatch, written=written)
    answer = await phone.pick(shop.http, "Yes")
    assert "Ref " in answer
    assert await phone.post(shop.http) == answer
    monkeypatch.undo()
    assert len(await shop.do(phone.phone, ListIssuances())) == 1


async def test_nobody_says_nothing_was_charged_when_it_may_have_been(
    shop: TeaHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await to_the_question(shop)
    lose_the_next_answer(shop, monkeypatch, written=True, deaf=True)
    answer = await phone.pick(shop.http, "Yes")
    assert answer == "END Service is busy. Please dial again to see whether it was done."
    monkeypatch.undo()
    assert "Ref " in await phone.post(shop.http)
    assert len(await shop.do(phone.phone, ListIssuances())) == 1


async def test_a_star_code_changes_one_thing_at_most(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """U38: `5*0*5` asks for a till code twice; the walk stops at the first."""
    number = f"+263{next(_PHONES)}"
    member = await shop.join(number)
    phone = shop.handset(number)
    await phone.dial(shop.http)
    digit = number_of(phone.screen, "My code")
    other = shop.handset(number)
    screen = await other.dial(shop.http, f"{digit}*0*{digit}*0*{digit}")
    assert screen.startswith("CON "), screen
    made = superuser.execute("select count(*) from till_code where member_id = %s", (member,))
    assert made.fetchone() == (1,)
