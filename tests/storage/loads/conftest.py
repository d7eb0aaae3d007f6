"""The loads of one shop's unit of work, each call of which must be one trip."""

import random
import time
from itertools import count
from typing import Any

import psycopg
import pytest

from core.errors import LoyaltyError
from core.facts import Caller, Member, Programme, Staff, Wallet
from core.ports import Loads
from core.values import Secret
from storage.crypto import Vault
from storage.database import Database, Trips
from storage.identifiers import Identifiers
from storage.programmes import Programmes
from storage.unit_of_work import TurnWork
from tests.shops import Shop, open_shop
from tests.storage.rows import NOW, Rows

NUMBERS = count()


class OneTrip:
    """Loads, each call of which must be one trip."""

    def __init__(self, loads: Loads) -> None:
        self._loads = loads

    def __getattr__(self, name: str) -> Any:
        async def counted(*args: Any, **kwargs: Any) -> Any:
            with Trips() as trips:
                found = await getattr(self._loads, name)(*args, **kwargs)
            assert trips.count == 1, name
            return found

        return counted


class NoHasher:
    async def hash(self, secret: Secret) -> str:
        raise LoyaltyError

    async def matches(self, secret: Secret, stored: str) -> bool:
        raise LoyaltyError


@pytest.fixture
def shop(superuser: psycopg.Connection) -> Shop:
    """A shop of the test's own."""
    return open_shop(superuser, f"{next(NUMBERS):04}-shop")


@pytest.fixture
def rows(superuser: psycopg.Connection, vault: Vault, shop: Shop) -> Rows:
    return Rows(superuser, vault, shop)


@pytest.fixture
def other_rows(superuser: psycopg.Connection, vault: Vault) -> Rows:
    """Another shop's."""
    return Rows(superuser, vault, open_shop(superuser, f"{next(NUMBERS):04}-shop"))


@pytest.fixture
async def load(db: Database, vault: Vault, shop: Shop) -> Any:
    """The loads of a caller who is both the shop's member and its staff."""
    programme = await Programmes(db).get(shop.id, 1)
    return OneTrip(work_of(db, vault, shop, programme).load)


def work_of(db: Database, vault: Vault, shop: Shop, programme: Programme) -> TurnWork:
    caller = Caller(
        programme=programme,
        address=shop.address,
        member=Member(
            id=shop.member,
            version=1,
            name="Rudo",
            language="en",
            status="active",
            tier_id=shop.bronze,
            joined_at=NOW,
        ),
        wallet=Wallet(id=shop.account, member_id=shop.member, version=1),
        staff=Staff(
            id=shop.staff,
            version=1,
            number=1,
            name="Tendai",
            role="cashier",
            phone=shop.staff_address.value,
        ),
    )
    ids = Identifiers(random.Random(1), time.time)
    return TurnWork(caller, NOW, db, vault, ids, NoHasher())
