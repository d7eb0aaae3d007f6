"""What every administrative change shares: one transaction of one tenant that notes whether
anything changed, and rows put as they should be.

Called by the other modules of this package. A tenant whose configuration changed gets a new
`config_version`, which is how running processes learn of it.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, bindparam, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from storage.admin.spec import SpecError
from storage.database import Conflict, Database, Row, Write
from storage.statements import frozen
from storage.tables import tenant

_LOCK: Final = frozen(
    select(tenant.c.config_version)
    .where(tenant.c.id == bindparam("id", type_=Uuid))
    .with_for_update()
)
_BUMP: Final = frozen(
    update(tenant)
    .where(tenant.c.id == bindparam("tenant_id", type_=Uuid))
    .values(config_version=tenant.c.config_version + 1)
)

TAKEN: Final = {
    "tenant_slug_key": ("tenant.slug", "that tenant was made this very moment"),
    "tenant_join_code_key": ("tenant.join_code", "another tenant has it"),
    "channel_kind_address_key": ("channels.address", "another tenant has it"),
    "channel_token_hash_key": ("channels.token", "another channel has it"),
    "sub_code_pkey": ("sub_codes.digits", "another shop has them"),
    "staff_number_key": ("staff.number", "somebody else has it"),
    "staff_phone_key": ("staff.phone", "somebody else has it"),
}
"""What to say when a unique key is taken, by constraint."""


@dataclass(slots=True, kw_only=True)
class Edit:
    """A transaction within one tenant. `changed`: some row is not what it was."""

    tx: Write
    tenant: UUID
    changed: bool = False

    async def rows(self, statement: str, **params: Any) -> list[Row]:
        """Read within the transaction."""
        return await self.tx.run(statement, {"tenant_id": self.tenant, **params})

    async def put(self, statement: str, **values: Any) -> bool:
        """Write within the transaction; answers whether a row changed (it must return it)."""
        changed = bool(await self.rows(statement, **values))
        self.changed = self.changed or changed
        return changed


@asynccontextmanager
async def editing(db: Database, tenant_id: UUID) -> AsyncIterator[Edit]:
    """Change a tenant's configuration, all or nothing, one at a time.

    Raises SpecError when a unique key is taken, Unavailable."""
    try:
        async with db.write(tenant_id) as tx:
            edit = Edit(tx=tx, tenant=tenant_id)
            await tx.run(_LOCK, {"id": tenant_id})
            yield edit
            if edit.changed:
                await edit.rows(_BUMP)
    except Conflict as conflict:
        if conflict.constraint not in TAKEN:
            raise
        raise SpecError(*TAKEN[conflict.constraint]) from conflict


def upsert(
    table: Table,
    key: Collection[str],
    values: Collection[str],
    fixed: Collection[str] = (),
    **also: Any,
) -> str:
    """A statement that inserts a row of parameters or makes it so, and returns it if it changed.

    `fixed`: columns that only an insert sets; `also`: those that an update sets besides, such as
    the next version."""
    new = insert(table).values(
        {name: bindparam(name, type_=table.c[name].type) for name in (*key, *fixed, *values)}
    )
    differs: ColumnElement[bool] = tuple_(*(table.c[name] for name in values)).is_distinct_from(
        tuple_(*(new.excluded[name] for name in values))
    )
    return frozen(
        new.on_conflict_do_update(
            index_elements=[table.c[name] for name in key],
            set_={name: new.excluded[name] for name in values} | also,
            where=differs,
        ).returning(table.c[next(iter(key))])
    )
