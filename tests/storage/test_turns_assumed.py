"""Turns from memory: what they assumed is looked at, and only their own turn is stale."""

from collections.abc import Sequence

import psycopg
import pytest
from msgspec.structs import replace

from core.values import Address
from storage.commits import Commits
from storage.crypto import Vault
from storage.database import Database, Stale, bytea
from storage.turns import Assumed, Work
from tests.shops import Shop, put
from tests.storage.test_turns_in_sets import conversation
from tests.storage.world import new_world, talk, work


@pytest.fixture
def commits(db: Database, vault: Vault) -> Commits:
    return Commits(db, vault)


@pytest.fixture
def turns(superuser: psycopg.Connection, vault: Vault, tenants: tuple[Shop, Shop]) -> list[Work]:
    """Of four strangers at two shops, each of whom was known to be one."""
    made = []
    for n in range(4):
        shop = tenants[n % 2]
        turn = work(
            new_world(superuser, vault, shop),
            conversation=talk(shop, Address("msisdn", f"+26377796000{n}")),
        )
        made.append(replace(turn, assumed=stranger(superuser, shop), answer=b"CON menu"))
    return made


def stranger(superuser: psycopg.Connection, shop: Shop) -> Assumed:
    found = superuser.execute("select config_version from tenant where id = %s", (shop.id,))
    (version,) = found.fetchone() or ()
    return Assumed(
        config_version=version,
        member=None,
        member_version=None,
        account_version=None,
        open_issuances=0,
        claim=None,
    )


def outdated(turn: Work) -> Work:
    assert turn.assumed is not None
    return replace(turn, assumed=replace(turn.assumed, open_issuances=1))


def begun_by(turn: Work, claim: bytes) -> Assumed:
    assert turn.assumed is not None
    return replace(turn.assumed, claim=bytea(claim))


def kinds(outcomes: Sequence[Exception | None]) -> list[type]:
    return [type(each) for each in outcomes]


@pytest.mark.parametrize("durable", [True, False])
async def test_what_holds_is_written(
    commits: Commits, superuser: psycopg.Connection, turns: list[Work], *, durable: bool
) -> None:
    write = commits.turns if durable else commits.menus
    assert await write(turns) == [None] * 4
    assert [conversation(superuser, each) for each in turns] == [1] * 4


@pytest.mark.parametrize("durable", [True, False])
async def test_an_assumption_that_fails_is_its_own_turns(
    commits: Commits, superuser: psycopg.Connection, turns: list[Work], *, durable: bool
) -> None:
    """Beside another of its shop, and with all of them."""
    write = commits.turns if durable else commits.menus
    flight = [outdated(turns[0]), *turns[1:]]
    assert kinds(await write(flight)) == [Stale, type(None), type(None), type(None)]
    assert [conversation(superuser, each) for each in turns] == [None, 1, 1, 1]
    assert kinds(await write([outdated(turns[0])])) == [Stale]


@pytest.mark.parametrize("durable", [True, False])
async def test_a_key_that_is_known_is_its_own_turns(
    commits: Commits, superuser: psycopg.Connection, turns: list[Work], *, durable: bool
) -> None:
    write = commits.turns if durable else commits.menus
    assert await write(turns[:1]) == [None]
    turns[2] = replace(turns[2], key=turns[0].key)
    assert kinds(await write(turns[1:])) == [type(None), Stale, type(None)]
    assert [conversation(superuser, each) for each in turns] == [1, 1, None, 1]


@pytest.mark.parametrize("durable", [True, False])
async def test_a_lone_turn_is_looked_at_too(
    commits: Commits, superuser: psycopg.Connection, turns: list[Work], *, durable: bool
) -> None:
    first, second = (replace(each, durable=durable) for each in turns[:2])
    await commits.alone(first)
    with pytest.raises(Stale):
        await commits.alone(outdated(second))
    assert [conversation(superuser, each) for each in (first, second)] == [1, None]


async def test_one_by_one_nothing_is_assumed(
    commits: Commits, superuser: psycopg.Connection, turns: list[Work]
) -> None:
    """The function for one turn does not look."""
    turns[1] = replace(turns[1], assumed=None)
    assert kinds(await commits.one_by_one(turns)) == [Stale, type(None), Stale, Stale]
    assert [conversation(superuser, each) for each in turns] == [None, 1, None, None]


@pytest.mark.parametrize("durable", [True, False])
async def test_a_session_that_another_phone_began_is_nobody_elses(
    commits: Commits, superuser: psycopg.Connection, turns: list[Work], *, durable: bool
) -> None:
    """Its own claim counts as little as none."""
    write = commits.turns if durable else commits.menus
    mine, other = turns[0], turns[2]
    claims = [claim.encode().ljust(32, b"c") for claim in (mine.key, other.key)]
    for claim, owner, whose in zip(claims, (mine, other), (mine, mine), strict=True):
        assert whose.conversation is not None
        subject = {"subject_kind": "session", "subject_id": whose.conversation.id}
        put(superuser, "directory", address_hash=claim, tenant_id=owner.owner, **subject)
    claimed = [
        replace(each, assumed=begun_by(each, claim))
        for each, claim in zip((mine, other), claims, strict=True)
    ]
    assert kinds(await write(claimed)) == [type(None), Stale]
