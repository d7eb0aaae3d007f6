"""What comes back when a link is undone on a real database: what was given back and taken since."""

from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest

from core.facts import Reward
from core.rewards.commands import Approve, ExpireIssuance, Redeem
from storage.crypto import Vault
from storage.database import Database
from tests.conftest import Urls
from tests.core.cafe import CASHIER, LINA, OMAR, RUDO
from tests.storage.ledger_shop import LedgerShop
from tests.storage.linked_shop import POT, SLICE, ask, kept, linked, open_linked_shop, undone


@pytest.fixture
async def verifier(database_urls: Urls) -> AsyncIterator[Database]:
    database = await Database.open(database_urls.verify, size=1)
    yield database
    await database.close()


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
