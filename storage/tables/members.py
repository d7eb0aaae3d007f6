"""Members: one person in one tenant, the addresses that reach them, what they agreed to."""

from typing import Final

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql

from storage.tables.schema import (
    BIGINT,
    BOOL,
    INT,
    JSON,
    TEXT,
    TEXTS,
    TIME,
    UUID,
    belongs_to,
    may,
    must,
    one_of,
    tenant_table,
)

member: Final = tenant_table(
    "member",
    ("id",),
    must("id", UUID),
    must("version", BIGINT, "1"),
    must("name", TEXT),
    must("language", TEXT),
    must("status", TEXT, "'active'"),
    may("tier_id", UUID),
    must("joined_at", TIME),
    may("left_at", TIME),
    must("notices", TEXTS, "'{earn,reward,expiry}'"),
    may("pin_hash", TEXT),
    may("merged_into", UUID),
    one_of("member", "status", "active", "left", "blocked", "merged"),
    CheckConstraint("(status = 'merged') = (merged_into is not null)", name="member_merged"),
    belongs_to("member", "tier_id", "tier"),
    belongs_to("member", "merged_into", "member"),
    Index("member_joined", "tenant_id", "joined_at"),
    Index(
        "member_merged_into",
        "tenant_id",
        "merged_into",
        postgresql_where=sql("merged_into is not null"),
    ),
    fillfactor=90,
)

member_address: Final = tenant_table(
    "member_address",
    ("kind", "value"),
    must("kind", TEXT),
    must("value", TEXT),
    must("member_id", UUID),
    must("at", TIME),
    one_of("member_address", "kind", "msisdn", "bsuid"),
    belongs_to("member_address", "member_id", "member"),
    Index("member_address_member", "tenant_id", "member_id"),
)

member_link: Final = tenant_table(
    "member_link",
    ("id",),
    must("id", UUID),
    must("member_id", UUID),
    may("other_id", UUID),
    must("ref", TEXT),
    must("points", BIGINT),
    must("lifetime_earned", BIGINT),
    must("lifetime_spent", BIGINT),
    must("visits", BIGINT),
    may("tier_id", UUID),
    must("joined_at", TIME),
    must("addresses", JSON),
    must("at", TIME),
    may("undone_at", TIME),
    may("undone_by", UUID),
    may("undone_points", BIGINT),
    CheckConstraint("member_id <> other_id", name="member_link_two"),
    CheckConstraint(
        "(undone_at is null) = (undone_by is null)"
        " and (undone_at is null) = (undone_points is null)",
        name="member_link_undone",
    ),
    belongs_to("member_link", "member_id", "member"),
    belongs_to("member_link", "other_id", "member"),
    belongs_to("member_link", "tier_id", "tier"),
    belongs_to("member_link", "undone_by", "staff"),
    Index(
        "member_link_member",
        "tenant_id",
        "member_id",
        "at",
        postgresql_where=sql("undone_at is null"),
    ),
)
"""What came to a member by a link code, so that staff can undo it. `addresses` are dropped once it
cannot be undone any more (storage.retention)."""

consent: Final = tenant_table(
    "consent",
    ("id",),
    must("id", UUID),
    must("member_id", UUID),
    must("purpose", TEXT),
    must("granted", BOOL),
    must("wording", TEXT),
    must("at", TIME),
    belongs_to("consent", "member_id", "member"),
    Index("consent_member", "tenant_id", "member_id"),
)

address_stop: Final = tenant_table(
    "address_stop",
    ("kind", "value"),
    must("kind", TEXT),
    must("value", TEXT),
    must("stopped", BOOL),
    must("at", TIME),
    one_of("address_stop", "kind", "msisdn", "bsuid"),
)
"""STOP and START by address under the *owner of the channel* they were sent to: a STOP counts for
every tenant on that number (docs/conversation.md, Numbers people type)."""

counter: Final = tenant_table(
    "counter",
    ("scope", "subject"),
    must("scope", TEXT),
    must("subject", TEXT),
    must("n", INT),
    may("until", TIME),
    fillfactor=70,
)
