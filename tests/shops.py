"""Shops for tests that need a database: written by a superuser, past every door of the product."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from core.values import Address
from storage.crypto import Vault, address_hash
from storage.identifiers import Identifiers

Columns = dict[str, Any]

VAULT = Vault(b"a secret that only the tests know")
ids = Identifiers(random.Random(20261120), time.time)
_DIGITS = count(300_001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The ids of a tenant's rows. `coffee` needs approval; `mug` is limited by a stock of 5."""

    id: UUID
    slug: str
    channel: UUID
    bronze: UUID
    silver: UUID
    coffee: UUID
    mug: UUID
    staff: UUID
    member: UUID
    account: UUID
    address: Address
    staff_address: Address


def own_digits(width: int) -> str:
    """Digits that nobody else has in these tests: drawn ones meet now and then."""
    return f"{next(_DIGITS):0{width}}"


def open_shop(connection: psycopg.Connection, slug: str) -> Shop:
    """A shop with one cashier and one member without points."""
    phone = f"+26377{random.Random(slug).randrange(10**7):07}"
    shop = Shop(
        slug=slug,
        address=Address("msisdn", phone),
        staff_address=Address("msisdn", phone[:-1] + str((int(phone[-1]) + 1) % 10)),
        **{name: ids.uuid7() for name in ("id", "channel", "bronze", "silver", "coffee")},
        **{name: ids.uuid7() for name in ("mug", "staff", "member", "account")},
    )
    put(connection, "tenant", id=shop.id, slug=slug, name=slug.title(), join_code=slug[:4].upper())
    _configure(connection, shop)
    now = datetime.now(UTC)
    put(
        connection,
        "member",
        tenant_id=shop.id,
        id=shop.member,
        name="Rudo",
        language="en",
        tier_id=shop.bronze,
        joined_at=now,
    )
    put(
        connection,
        "member_address",
        tenant_id=shop.id,
        kind=shop.address.kind,
        value=shop.address.value,
        member_id=shop.member,
        at=now,
    )
    put(connection, "account", tenant_id=shop.id, id=shop.account, member_id=shop.member)
    list_address(connection, shop.id, shop.address, "member", shop.member)
    list_address(connection, shop.id, shop.staff_address, "staff", shop.staff)
    return shop


def list_address(
    connection: psycopg.Connection, tenant: UUID, address: Address, kind: str, subject: UUID
) -> None:
    """Let an address lead to the shop whose member or staff it is."""
    found_by = {"address_hash": address_hash(VAULT, address), "tenant_id": tenant}
    put(connection, "directory", **found_by, subject_kind=kind, subject_id=subject)


def _configure(connection: psycopg.Connection, shop: Shop) -> None:
    programme: Columns = {"region": "ZW", "currency": "USD", "timezone": "Africa/Harare"}
    bronze: Columns = {"id": shop.bronze, "name": "Bronze", "threshold": 0}
    silver: Columns = {"id": shop.silver, "name": "Silver", "threshold": 1000}
    coffee: Columns = {"id": shop.coffee, "slug": "coffee", "name": "Free Coffee", "points": 100}
    mug: Columns = {"id": shop.mug, "slug": "mug", "name": "Mug", "points": 50}
    staff: Columns = {"id": shop.staff, "number": 1, "name": "Tendai", "role": "cashier"}
    channel: Columns = {"kind": "africastalking_ussd", "address": f"*123*{shop.slug}#"}
    put(connection, "programme", tenant_id=shop.id, **programme)
    put(connection, "tier", tenant_id=shop.id, multiplier_pct=100, **bronze)
    put(connection, "tier", tenant_id=shop.id, multiplier_pct=150, **silver)
    put(connection, "reward", tenant_id=shop.id, approval=True, **coffee)
    put(connection, "reward", tenant_id=shop.id, stocked=True, **mug)
    put(connection, "stock", tenant_id=shop.id, reward_id=shop.mug, total=5, available=5)
    put(connection, "staff", tenant_id=shop.id, phone=shop.staff_address.value, **staff)
    token = ids.token().encode()
    put(connection, "channel", id=shop.channel, owner=shop.id, token_hash=token, **channel)


def put(connection: psycopg.Connection, table: str, **columns: Any) -> None:
    """Insert one row."""
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    connection.execute(statement, columns)
