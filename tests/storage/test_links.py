"""Links on a real database: the books after them, every way to falsify them, and many at once."""

import asyncio
from typing import Any

import psycopg
import pytest

from core.earning.commands import Earned, RecordPurchase
from core.errors import CodeAlreadyUsed, CodeUnknown, OwnLinkCode
from core.members.commands import FindCustomer, Leave, SetPin
from core.members.link_commands import LinkPhone, LookUpLink, PhoneLinked, ShowLastLink, UndoLink
from core.ports import Command
from core.rewards.commands import ListIssuances, Redeem, Redeemed, UseIssuance
from core.values import Address, Secret
from storage.crypto import Vault
from storage.database import Database
from storage.verify import PROMISES
from tests.core.cafe import CAKE, CASHIER, LINA, MANAGER, OMAR, RUDO, STRANGER, TEA, jod
from tests.storage.ledger_shop import LedgerShop
from tests.storage.linked_shop import ask, code_of, kept, linked, open_linked_shop, undone

TAMPER = {
    "merged_empty": [
        "update account set visits = 1 where posted = 0",
        "update member_address set member_id = (select id from member where status = 'merged'"
        " limit 1)",
        "update member set merged_into = id where status = 'merged'",
        "delete from member_link where undone_at is null",
        "update member set status = 'active', merged_into = null where status = 'merged'",
    ],
    "linked_zero": [
        "delete from transfer where id = (select id from transfer where linked_id is not null"
        " limit 1)",
        "update entry set amount = amount + 1 where system = 'merge'",
        "update entry set account_id = (select account_id from entry where system is null limit 1)"
        " where transfer_id in (select id from transfer where code = 'merge')"
        " and account_id is not null",
        "update member_link set points = points + 1 where other_id is not null",
        "update transfer set linked_id = null where code = 'merge'",
    ],
    "moved_lots": [
        "update lot set expires_at = expires_at + interval '1 day' where origin_id is not null",
        "update lot set amount = amount + 1000 where origin_id is not null",
        "update lot set origin_id = id where origin_id is not null",
    ],
}
"""What tests of verify's other promises are in tests/storage/test_verify.py."""
CASES = [(id, tampering) for id, statements in TAMPER.items() for tampering in statements]


@pytest.fixture
async def shop(crowded: Database, vault: Vault, superuser: psycopg.Connection) -> LedgerShop:
    return await open_linked_shop(crowded, vault, superuser)


async def test_two_members_become_one_and_two_again(shop: LedgerShop, verifier: Database) -> None:
    await ask(shop, OMAR, Redeem(TEA.id))
    preview = await ask(shop, OMAR, LookUpLink((await code_of(shop, RUDO)).code))
    assert (preview.phone, preview.merges, preview.points) == (RUDO.value, True, 240)
    done = await linked(shop, OMAR)
    assert (done.points, done.available) == (240, 540)
    await kept(verifier, shop)
    (issuance,) = await ask(shop, RUDO, ListIssuances())
    assert issuance.code
    found = await ask(shop, CASHIER, FindCustomer(OMAR.value))
    assert (found.available, found.linked) == (540, True)
    for _ in range(2):
        await ask(shop, OMAR, Redeem(CAKE.id))
    last = await ask(shop, MANAGER, ShowLastLink(found.member_id))
    assert (last.points, last.back, last.phone) == (240, 140, OMAR.value)
    assert await undone(shop) == 140
    assert (await ask(shop, OMAR, ListIssuances()))[0].id == issuance.id
    await ask(shop, CASHIER, UseIssuance(issuance.id))
    await kept(verifier, shop)


async def test_a_number_of_nobody_comes_and_goes(shop: LedgerShop, verifier: Database) -> None:
    await linked(shop, STRANGER)
    assert shop.tables().addresses[STRANGER] == shop.tables().addresses[RUDO]
    assert await undone(shop) == 0
    assert STRANGER not in shop.tables().addresses
    await kept(verifier, shop)


async def test_pins_are_asked_and_counted(shop: LedgerShop) -> None:
    right, wrong = Secret("48215"), Secret("90417")
    await ask(shop, RUDO, SetPin(right))
    code = await code_of(shop, RUDO)
    refused = await ask(shop, OMAR, LinkPhone(code.id, True, wrong))
    assert (refused.code, refused.params) == ("pin_wrong", {"left": 2})
    assert (await ask(shop, OMAR, LookUpLink("000000"))).params == {"left": 4}
    assert (await ask(shop, STRANGER, LookUpLink("000000"))).params == {"left": 4}
    assert isinstance(await ask(shop, OMAR, LinkPhone(code.id, True, right)), PhoneLinked)


async def test_a_code_of_another_tenant_is_none(
    shop: LedgerShop, crowded: Database, vault: Vault, superuser: psycopg.Connection
) -> None:
    elsewhere = await open_linked_shop(crowded, vault, superuser)
    code = await code_of(shop, RUDO)
    assert isinstance(await ask(elsewhere, OMAR, LookUpLink(code.code)), CodeUnknown)
    assert isinstance(await ask(elsewhere, OMAR, LinkPhone(code.id, False)), CodeUnknown)


async def test_links_in_a_chain(shop: LedgerShop, verifier: Database) -> None:
    """What Omar's points paid for goes with them, through Rudo to Lina and back."""
    await ask(shop, OMAR, Redeem(TEA.id))
    await linked(shop, OMAR)
    await linked(shop, RUDO, shown=LINA)
    await kept(verifier, shop)
    assert len(await ask(shop, LINA, ListIssuances())) == 1
    assert await undone(shop, LINA) == 540
    assert await ask(shop, LINA, ListIssuances()) == ()
    assert len(await ask(shop, RUDO, ListIssuances())) == 1
    assert await undone(shop) == 240
    assert len(await ask(shop, OMAR, ListIssuances())) == 1
    await kept(verifier, shop)


# ── at once ─────────────────────────────────────────────────────────────────────────────────────


async def test_twenty_phones_type_one_code(shop: LedgerShop, verifier: Database) -> None:
    code = await code_of(shop, RUDO)
    phones = [Address("bsuid", f"JO.{n:04}") for n in range(20)]
    said = await asyncio.gather(*(ask(shop, p, LinkPhone(code.id, False)) for p in phones))
    assert len([one for one in said if isinstance(one, PhoneLinked)]) == 1
    assert {type(one) for one in said} == {PhoneLinked, CodeAlreadyUsed}
    assert len(shop.tables().links) == 1
    await kept(verifier, shop)


async def test_one_phone_types_it_twenty_times(shop: LedgerShop, verifier: Database) -> None:
    code = await code_of(shop, RUDO)
    said = await asyncio.gather(*(ask(shop, OMAR, LinkPhone(code.id, True)) for _ in range(20)))
    assert len([one for one in said if isinstance(one, PhoneLinked)]) == 1
    assert {type(one) for one in said} <= {PhoneLinked, CodeAlreadyUsed, OwnLinkCode}
    await kept(verifier, shop)


async def test_members_merge_in_a_ring(shop: LedgerShop, verifier: Database) -> None:
    """Each types the next one's code: somebody wins, nobody hangs, nothing is lost."""
    ring = ((RUDO, OMAR), (OMAR, LINA), (LINA, RUDO))
    codes = [await code_of(shop, shown) for _, shown in ring]
    rivals = [
        ask(shop, typing, LinkPhone(code.id, True))
        for (typing, _), code in zip(ring, codes, strict=True)
        for _ in range(5)
    ]
    await asyncio.wait_for(asyncio.gather(*rivals), 60)
    tables = shop.tables()
    assert sum(wallet.posted for wallet in tables.wallets.values()) == 900
    assert 1 <= len(tables.links) <= 2
    await kept(verifier, shop)


async def test_a_merge_against_redeeming_leaving_and_awards(
    shop: LedgerShop, verifier: Database
) -> None:
    code = await code_of(shop, RUDO)
    members = [shop.tables().addresses[sender] for sender in (RUDO, OMAR)]
    commands: list[tuple[Address, Command[Any]]] = [(OMAR, LinkPhone(code.id, True))]
    commands += [(sender, Redeem(TEA.id)) for sender in (RUDO, OMAR) for _ in range(6)]
    commands += [(CASHIER, RecordPurchase(m, jod(1_000), again=True)) for m in members * 3]
    commands += [(LINA, Leave())]
    said = await asyncio.gather(*(ask(shop, sender, command) for sender, command in commands))
    assert isinstance(said[0], PhoneLinked)
    spent = 60 * len([one for one in said if isinstance(one, Redeemed)])
    earned = sum(one.points for one in said if isinstance(one, Earned))
    tables = shop.tables()
    (kept_wallet,) = [w for w in tables.wallets.values() if w.member_id == tables.addresses[OMAR]]
    assert kept_wallet.posted == 600 - spent + earned
    await kept(verifier, shop)


async def test_an_undoing_against_spending(shop: LedgerShop, verifier: Database) -> None:
    await linked(shop, OMAR)
    member_id = shop.tables().addresses[RUDO]
    last = await ask(shop, MANAGER, ShowLastLink(member_id))
    undo = UndoLink(member_id, last.link_id, last.back)
    rivals = [ask(shop, MANAGER, undo) for _ in range(4)]
    rivals += [ask(shop, OMAR, Redeem(TEA.id)) for _ in range(8)]
    await asyncio.gather(*rivals)
    tables = shop.tables()
    assert len(tables.undone) <= 1
    await kept(verifier, shop)


# ── verify ──────────────────────────────────────────────────────────────────────────────────────


def test_these_promises_are_made() -> None:
    assert set(TAMPER) <= {rule.id for rule in PROMISES}


@pytest.mark.parametrize(("id", "tampering"), CASES)
async def test_tampering_is_found(
    id: str, tampering: str, shop: LedgerShop, superuser: psycopg.Connection
) -> None:
    await linked(shop, OMAR)
    (rule,) = (rule for rule in PROMISES if rule.id == id)
    assert superuser.execute(rule.sql.encode()).fetchall() == []
    with superuser.transaction(force_rollback=True):
        superuser.execute("set local session_replication_role = replica")
        superuser.execute("alter table member drop constraint member_merged")
        superuser.execute(tampering.encode())
        assert superuser.execute(rule.sql.encode()).fetchall() != []
