"""Whose an address is: the table of members' addresses and the directory say the same."""

from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from core.changes import AddressMoved, BelongingsMoved
from core.values import Address
from storage.crypto import Vault, address_hash
from storage.database import Stale
from storage.turns import Turns
from tests.shops import Shop
from tests.storage.fact_cases import address_added
from tests.storage.test_commit_changes import rows
from tests.storage.world import NOW, World, new_world, work


def listed(connection: psycopg.Connection, vault: Vault, address: Address) -> list[UUID]:
    """Whose the directory says the address is."""
    found = rows(connection, "directory", address_hash=address_hash(vault, address))
    assert {row["subject_kind"] for row in found} <= {"member"}
    return [row["subject_id"] for row in found]


async def test_an_address_is_found_in_the_directory(
    turns: Turns, superuser: psycopg.Connection, vault: Vault, world: World
) -> None:
    await turns.commit(work(world, address_added(world).change))
    hashed = address_hash(vault, world.address)
    (found,) = rows(superuser, "directory", address_hash=hashed)
    assert (found["tenant_id"], found["subject_kind"]) == (world.tenant, "member")
    assert (found["subject_id"], found["expires_at"]) == (world.member, None)


async def test_an_address_belongs_to_one_member(turns: Turns, world: World) -> None:
    added = address_added(world).change
    await turns.commit(work(world, added))
    with pytest.raises(Stale):
        await turns.commit(work(world, replace(added, member_id=world.guest)))


async def test_a_moved_address_leaves_the_directory_as_its_first_members(
    turns: Turns, superuser: psycopg.Connection, vault: Vault, world: World
) -> None:
    assert listed(superuser, vault, world.phone) == [world.member]
    kind, value = world.phone.kind, world.phone.value
    moved = AddressMoved(kind=kind, value=value, was=world.member, member_id=world.guest, at=NOW)
    await turns.commit(work(world, moved))
    assert listed(superuser, vault, world.phone) == [world.guest]
    gone = replace(moved, was=world.guest, member_id=None)
    await turns.commit(work(world, gone))
    assert listed(superuser, vault, world.phone) == []
    assert rows(superuser, "member_address", kind=kind, value=value) == []
    with pytest.raises(Stale):
        await turns.commit(work(world, gone))


async def test_another_tenants_directory_row_stays(
    turns: Turns,
    superuser: psycopg.Connection,
    vault: Vault,
    world: World,
    tenants: tuple[Shop, Shop],
) -> None:
    """One person, two shops: a link in one says nothing about the other."""
    abroad = new_world(superuser, vault, tenants[1])
    added = replace(address_added(abroad).change, kind=world.phone.kind, value=world.phone.value)
    await turns.commit(work(abroad, added))
    kind, value = world.phone.kind, world.phone.value
    moved = AddressMoved(kind=kind, value=value, was=world.member, member_id=None, at=NOW)
    await turns.commit(work(world, moved))
    assert listed(superuser, vault, world.phone) == [abroad.member]


async def test_belongings_go_along_and_by_their_account_back(
    turns: Turns, superuser: psycopg.Connection, world: World
) -> None:
    def owners() -> list[UUID]:
        tables = (("issuance", world.issuance), ("till_code", world.code),
                  ("purchase", world.purchase), ("notice", world.notice))  # fmt: skip
        return [rows(superuser, table, id=id)[0]["member_id"] for table, id in tables]

    superuser.execute(
        "update purchase set transfer_id = %s where id = %s", (world.transfer, world.purchase)
    )
    there = BelongingsMoved(was=world.member, member_id=world.guest, accounts=None)
    await turns.commit(work(world, there))
    assert owners() == [world.guest] * 4
    strange = BelongingsMoved(was=world.guest, member_id=world.member, accounts=(world.link,))
    await turns.commit(work(world, strange))
    assert owners() == [world.guest] * 4
    await turns.commit(work(world, replace(strange, accounts=(world.link, world.account))))
    assert owners() == [world.member, world.member, world.member, world.guest]
