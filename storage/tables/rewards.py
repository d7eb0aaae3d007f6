"""What members got for their points: issuances, and the six digits shown at the till."""

from typing import Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql

from storage.tables.schema import (
    BIGINT,
    BOOL,
    BYTES,
    TEXT,
    TIME,
    UUID,
    belongs_to,
    may,
    must,
    one_of,
    tenant_table,
)

issuance: Final = tenant_table(
    "issuance",
    ("id",),
    must("id", UUID),
    must("ref", TEXT),
    must("member_id", UUID),
    must("reward_id", UUID),
    must("reward_name", TEXT),
    must("points", BIGINT),
    must("state", TEXT),
    may("hold_id", UUID),
    may("transfer_id", UUID),
    must("stocked", BOOL),
    must("reserved_at", TIME),
    may("issued_at", TIME),
    may("redeemed_at", TIME),
    may("closed_at", TIME),
    must("expires_at", TIME),
    may("staff_id", UUID),
    may("reason", TEXT),
    one_of(
        *("issuance", "state"),
        *("reserved", "issued", "redeemed", "rejected", "cancelled", "expired"),
    ),
    CheckConstraint("points >= 0", name="issuance_points"),
    belongs_to("issuance", "member_id", "member"),
    belongs_to("issuance", "reward_id", "reward"),
    belongs_to("issuance", "hold_id", "hold"),
    belongs_to("issuance", "transfer_id", "transfer"),
    belongs_to("issuance", "staff_id", "staff"),
    UniqueConstraint("tenant_id", "ref", name="issuance_ref_key"),
    Index(
        "issuance_open",
        "tenant_id",
        "member_id",
        postgresql_where=sql("state in ('reserved', 'issued')"),
    ),
    Index("issuance_member", "tenant_id", "member_id", "id"),
    Index("issuance_reserved", "tenant_id", "id", postgresql_where=sql("state = 'reserved'")),
    Index(
        "issuance_due",
        "tenant_id",
        "expires_at",
        postgresql_where=sql("state in ('reserved', 'issued') and expires_at is not null"),
    ),
    Index(
        "issuance_hold_key",
        "tenant_id",
        "hold_id",
        unique=True,
        postgresql_where=sql("hold_id is not null"),
    ),
    Index("issuance_reward", "tenant_id", "reward_id", postgresql_where=sql("stocked")),
    Index(
        "issuance_day",
        "tenant_id",
        "reserved_at",
        postgresql_where=sql("reserved_at is not null"),
    ),
    Index(
        "issuance_used", "tenant_id", "redeemed_at", postgresql_where=sql("redeemed_at is not null")
    ),
    fillfactor=80,
)
"""`closed_at`: when it was rejected, cancelled or expired. `staff_id`: who moved it last."""

till_code: Final = tenant_table(
    "till_code",
    ("id",),
    must("id", UUID),
    must("kind", TEXT),
    must("member_id", UUID),
    may("issuance_id", UUID),
    must("code_hash", BYTES),
    must("code_enc", BYTES),
    must("at", TIME),
    must("expires_at", TIME),
    may("used_at", TIME),
    one_of("till_code", "kind", "member", "issuance", "link"),
    CheckConstraint("(kind = 'issuance') = (issuance_id is not null)", name="till_code_subject"),
    belongs_to("till_code", "member_id", "member"),
    belongs_to("till_code", "issuance_id", "issuance"),
    UniqueConstraint("tenant_id", "code_hash", name="till_code_hash_key"),
    Index("till_code_member", "tenant_id", "member_id"),
    Index(
        "till_code_issuance",
        "tenant_id",
        "issuance_id",
        postgresql_where=sql("issuance_id is not null"),
    ),
)
"""A row whose code was used or has expired makes room when the same digits are drawn again."""
