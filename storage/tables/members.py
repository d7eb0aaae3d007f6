"""Members: one person in one tenant, the addresses that reach them, what they agreed to."""

from typing import Final

from sqlalchemy import Index

from storage.tables.schema import (
    BIGINT,
    BOOL,
    INT,
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
    one_of("member", "status", "active", "left", "blocked"),
    belongs_to("member", "tier_id", "tier"),
    Index("member_joined", "tenant_id", "joined_at"),
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
