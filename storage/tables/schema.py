"""What every table is made of: the one MetaData, the column types, and the tenant's table.

Called by the other modules of this package only. A tenant table starts its primary key, unique
keys and foreign keys with `tenant_id` (docs/security.md 5); its row security is in the migration.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

metadata: Final = MetaData()

UUID: Final = Uuid()
TEXT: Final = Text()
BIGINT: Final = BigInteger()
INT: Final = Integer()
BOOL: Final = Boolean()
BYTES: Final = LargeBinary()
TIME: Final = DateTime(timezone=True)
JSON: Final = JSONB()
TEXTS: Final = ARRAY(Text())


def must(name: str, kind: TypeEngine[Any], default: str | None = None) -> Column[Any]:
    """A column that is never null; `default` is an SQL expression."""
    return Column(name, kind, nullable=False, server_default=default and text(default))


def may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """A column that may be null."""
    return Column(name, kind, nullable=True)


def one_of(table: str, column: str, *values: str) -> CheckConstraint:
    """Only these values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{table}_{column}")


PLATFORM: Final = "00000000-0000-7000-8000-000000000000"
"""The reserved tenant that owns what several shops share."""
SHARED: Final = frozenset(
    {
        *("address_stop", "channel_secret", "channel_setting", "command_log", "conversation"),
        *("inbound", "outbound", "programme", "sub_code", "carrier_hour", "carrier_seen"),
    }
)
"""The tenant tables that may hold rows of the platform: no other takes one."""


def tenant_table(
    name: str, key: tuple[str, ...], *items: SchemaItem, fillfactor: int = 100
) -> Table:
    """A table under row security, whose primary key is the tenant and `key`."""
    wall = CheckConstraint(f"tenant_id <> '{PLATFORM}'", name=f"{name}_of_a_shop")
    return Table(
        name,
        metadata,
        must("tenant_id", UUID),
        *items,
        *(() if name in SHARED else (wall,)),
        PrimaryKeyConstraint("tenant_id", *key, name=f"{name}_pkey"),
        postgresql_with={"fillfactor": fillfactor} if fillfactor < 100 else None,
    )


def belongs_to(table: str, column: str, parent: str) -> ForeignKeyConstraint:
    """`column` is the id of a row of `parent` of the same tenant."""
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{parent}.tenant_id", f"{parent}.id"],
        name=f"{table}_{column}_fkey",
    )
