"""What comes back when a link is undone on a real database: what was given back and taken since."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from core.earning.commands import RecordPurchase, UndoPurchase
from core.facts import Reward
from core.rewards.commands import Approve, ExpireIssuance, Redeem
from core.values import Address
from storage.crypto import Vault
from storage.database import Database
from storage.identifiers import Identifiers
from tests.core.cafe import CASHIER, LINA, OMAR, RUDO, jod
from tests.storage.ledger_shop import LedgerShop
from tests.storage.linked_shop import POT, SLICE, ask, kept, linked, open_linked_shop, undone


@pytest.fixture
async def shop(db: Database, vault: Vault, superuser: psycopg.Connection) -> LedgerShop:
    return await open_linked_shop(db, vault, superuser)


@pytest.mark.parametrize("reward", [SLICE, POT], ids=["at_once", "approved"])
@pytest.mark.parametrize("lot_days", [30, 3], ids=["living", "over"])
async def test_points_given_back_for_what_was_paid_go_back(
    reward: Reward,
    lot_days: int,
    shop: LedgerShop,
    verifier: Database,
    superuser: psycopg.Connection,
) -> None:
    """Omar's reward lapses when it is Lina's, whether his lots are over by then or not."""
    superuser.execute(
        "update lot set expires_at = created_at + %s * interval '1 day' where tenant_id = %s",
        [lot_days, shop.tenant],
    )
    redeemed = await ask(shop, OMAR, Redeem(reward.id))
    if reward.approval:
        await ask(shop, CASHIER, Approve(redeemed.issuance_id))
    await linked(shop, OMAR)
    await linked(shop, RUDO, shown=LINA)
    shop.at += timedelta(days=8)
    assert await ask(shop, CASHIER, ExpireIssuance(redeemed.issuance_id)) == 1
    rudos, paid = (300, 300) if lot_days == 30 else (0, reward.points)
    assert await undone(shop, LINA) == rudos + paid
    await kept(verifier, shop)
    assert await undone(shop) == paid
    await kept(verifier, shop)
    tables = shop.tables()
    wallets = {wallet.member_id: wallet for wallet in tables.wallets.values()}
    assert {wallet.lifetime_spent for wallet in wallets.values()} == {0}
    spendable = sum(
        lot.remaining
        for lot in tables.lots.values()
        if lot.account_id == wallets[tables.addresses[OMAR]].id
        and lot.expires_at is not None
        and lot.expires_at > shop.at
    )
    assert spendable == paid
    await linked(shop, OMAR)
    assert await undone(shop) == paid, "a later link owes them once"


async def test_an_award_undone_after_the_link_is_whatever_the_links_id(shop: LedgerShop) -> None:
    """Ids are of each process's own clock; the one that linked was years ahead."""
    award = awards(shop, OMAR)[0]
    with ahead(shop):
        await linked(shop, OMAR)
    shop.at += timedelta(seconds=1)
    await ask(shop, CASHIER, UndoPurchase(award))
    assert await undone(shop) == 0


async def test_an_award_undone_before_the_link_is_whatever_its_id(shop: LedgerShop) -> None:
    omars, award = shop.tables().addresses[OMAR], awards(shop, OMAR)[0]
    await ask(shop, CASHIER, RecordPurchase(omars, jod(10_000), again=True))
    with ahead(shop):
        await ask(shop, CASHIER, UndoPurchase(award))
    shop.at += timedelta(seconds=1)
    await linked(shop, OMAR)
    assert await undone(shop) == 100


def awards(shop: LedgerShop, sender: Address) -> list[UUID]:
    """The purchases of whoever has this phone."""
    tables = shop.tables()
    mine = (p.id for p in tables.purchases.values() if p.member_id == tables.addresses[sender])
    return sorted(mine)


@contextmanager
def ahead(shop: LedgerShop) -> Iterator[None]:
    """Commands run in a process whose clock is years ahead of the database's."""
    own = shop.identifiers
    shop.identifiers = Identifiers(random.Random(1), lambda: 2_000_000_000.0)
    yield
    shop.identifiers = own
