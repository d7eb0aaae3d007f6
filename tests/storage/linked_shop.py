"""Three members of a café on a real database who link and part: what tests of links share."""

import itertools
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

from core.earning.commands import RecordPurchase
from core.facts import TillCode
from core.members.commands import Enrol
from core.members.link_commands import (
    LinkPhone,
    LookUpLink,
    PhoneLinked,
    ShowLastLink,
    ShowLinkCode,
    UndoLink,
)
from core.ports import Command
from core.values import Address
from storage.crypto import Vault
from storage.database import Database
from storage.verify import run_checks
from tests.core.books import audit
from tests.core.cafe import CAKE, CASHIER, COFFEE, LINA, MANAGER, OMAR, RUDO, TEA, jod
from tests.storage.ledger_shop import LedgerShop, open_ledger_shop

SLICE = replace(CAKE, id=UUID(int=32), slug="slice", name="Slice", stocked=False, valid_days=7)
POT = replace(SLICE, id=UUID(int=33), slug="pot", name="Pot", points=90, approval=True)
SETTINGS: dict[str, object] = {"lot_days": 30, "rewards": (COFFEE, TEA, CAKE, SLICE, POT)}
STOCK = {COFFEE.id: 50, CAKE.id: 50}
_KEYS = itertools.count()


async def open_linked_shop(db: Database, vault: Vault, superuser: psycopg.Connection) -> LedgerShop:
    """Three members with 300 points each."""
    shop = await open_ledger_shop(db, vault, superuser, SETTINGS, STOCK)
    for sender in (RUDO, OMAR, LINA):
        await ask(shop, sender, Enrol(sender.value[-3:], "en", "We keep your name."))
        member_id = shop.tables().addresses[sender]
        await ask(shop, CASHIER, RecordPurchase(member_id, jod(30_000)))
    return shop


async def ask(shop: LedgerShop, sender: Address, command: Command[Any]) -> Any:
    return await shop.ask(sender, command, f"link:{next(_KEYS)}")


async def code_of(shop: LedgerShop, sender: Address) -> TillCode:
    code: TillCode = await ask(shop, sender, ShowLinkCode())
    return code


async def linked(shop: LedgerShop, typing: Address, shown: Address = RUDO) -> PhoneLinked:
    preview = await ask(shop, typing, LookUpLink((await code_of(shop, shown)).code))
    done: PhoneLinked = await ask(shop, typing, LinkPhone(preview.code_id, preview.merges))
    assert isinstance(done, PhoneLinked)
    return done


async def undone(shop: LedgerShop, sender: Address = RUDO) -> int:
    member_id = shop.tables().addresses[sender]
    last = await ask(shop, MANAGER, ShowLastLink(member_id))
    done = await ask(shop, MANAGER, UndoLink(member_id, last.link_id, last.back))
    assert isinstance(done.back, int)
    return done.back


async def kept(verifier: Database, shop: LedgerShop) -> None:
    """The books are right, for the auditor and for verify."""
    audit(shop.tables())
    report = await run_checks(verifier)
    broken = {check["id"]: check["detail"] for check in report["checks"] if not check["ok"]}
    broken.pop("durability_settings", None)
    assert broken == {}
