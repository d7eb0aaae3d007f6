"""Administration of one database, empty but for the platform."""

import random
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from core.values import Secret
from storage.admin import (
    Applied,
    create_tenant,
    decode,
)
from storage.crypto import Vault
from storage.database import Database
from storage.identifiers import Identifiers
from storage.programmes import Programmes
from storage.turns import PLATFORM

CAFE = (Path(__file__).parent / "cafe.toml").read_text()
TOKEN = "0123456789abcdef0123456789abcdef"
CONFIGURED = (
    *("directory", "counter", "staff", "stock", "reward", "tier", "text_override"),
    *("sub_code", "channel_secret", "channel_setting", "channel"),
)
Owner = psycopg.Connection


class Plain:
    """A hasher that shows what it hashed, and counts."""

    def __init__(self) -> None:
        self.hashed: list[str] = []

    async def hash(self, secret: Secret) -> str:
        self.hashed.append(secret.value)
        return f"hash of {secret.value}"

    async def matches(self, secret: Secret, stored: str) -> bool:
        return stored == f"hash of {secret.value}"


class Office:
    """Administration of one database, as the command line has it."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self.db, self.vault, self.hasher = db, vault, Plain()
        self.ids = Identifiers(random.Random(7), time.time)

    async def apply(self, text: str, **more: Any) -> Applied:
        spec = decode(text)
        return await create_tenant(self.db, self.vault, spec, self.ids, self.hasher, **more)

    async def programme(self, tenant_id: UUID) -> Any:
        return await Programmes(self.db).latest(tenant_id)


@pytest.fixture
async def office(db: Database, vault: Vault, superuser: Owner) -> Office:
    """An empty database but for the platform."""
    for table in CONFIGURED:
        superuser.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
    superuser.execute("delete from programme where tenant_id <> %s", [PLATFORM])
    superuser.execute("delete from tenant where id <> %s", [PLATFORM])
    return Office(db, vault)
