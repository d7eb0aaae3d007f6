"""Conversations, messages in and out, notices, and the log of commands with stored answers.

All but `notice` live under the channel's owner. `conversation` has no index on a column that a
turn updates, so that every update stays within its page.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql

from storage.tables.schema import (
    BIGINT,
    BOOL,
    BYTES,
    INT,
    JSON,
    TEXT,
    TIME,
    UUID,
    belongs_to,
    may,
    must,
    one_of,
    tenant_table,
)

conversation: Final = tenant_table(
    "conversation",
    ("id",),
    must("id", UUID),
    must("channel_id", UUID),
    must("version", BIGINT),
    must("sender_kind", TEXT),
    must("sender", TEXT),
    may("at_tenant", UUID),
    must("session", BYTES),
    must("carrier_session", TEXT, "''"),
    must("heard_len", INT, "0"),
    may("heard_mac", BYTES),
    must("open", BOOL),
    must("opened_at", TIME),
    must("last_at", TIME),
    may("last_in_at", TIME),
    fillfactor=70,
)
"""The id is a keyed hash of channel and sender, so that it is found by its primary key."""

inbound: Final = tenant_table(
    "inbound",
    ("id",),
    must("id", UUID),
    must("channel_id", UUID),
    must("external_id", TEXT),
    may("conversation_id", UUID),
    must("sender_kind", TEXT),
    may("sender_enc", BYTES),
    may("body_enc", BYTES),
    must("body_mac", BYTES),
    may("control", TEXT),
    may("sent_at", TIME),
    must("received_at", TIME, "now()"),
    may("handled_at", TIME),
    Index("inbound_external_key", "tenant_id", "channel_id", "external_id", unique=True),
    Index("inbound_received", "tenant_id", "received_at"),
    fillfactor=80,
)
"""`body_enc` becomes null in the commit of its turn (docs/architecture.md, Secrets)."""

outbound: Final = tenant_table(
    "outbound",
    ("id",),
    must("id", UUID),
    must("channel_id", UUID),
    may("conversation_id", UUID),
    may("notice_id", UUID),
    may("inbound_id", UUID),
    may("payload_enc", BYTES),
    must("state", TEXT, "'queued'"),
    may("external_id", TEXT),
    may("error", TEXT),
    must("parts_sent", INT, "0"),
    must("attempts", INT, "0"),
    must("created_at", TIME, "now()"),
    must("updated_at", TIME, "now()"),
    one_of(
        *("outbound", "state"),
        *("queued", "unknown", "sent", "delivered", "read", "failed"),
    ),
    CheckConstraint("parts_sent >= 0 and attempts >= 0", name="outbound_counts"),
    Index(
        "outbound_external_key",
        "tenant_id",
        "channel_id",
        "external_id",
        unique=True,
        postgresql_where=sql("external_id is not null"),
    ),
    Index(
        "outbound_unsettled",
        "tenant_id",
        "updated_at",
        postgresql_where=sql("state in ('queued', 'unknown')"),
    ),
    Index(
        "outbound_payload",
        "tenant_id",
        "created_at",
        postgresql_where=sql("payload_enc is not null"),
    ),
    fillfactor=80,
)

notice: Final = tenant_table(
    "notice",
    ("id",),
    must("id", UUID),
    must("member_id", UUID),
    must("kind", TEXT),
    must("params", JSON),
    must("at", TIME),
    must("state", TEXT, "'waiting'"),
    may("seen_at", TIME),
    one_of("notice", "state", "waiting", "sending", "sent", "seen", "dropped"),
    belongs_to("notice", "member_id", "member"),
    Index(
        "notice_waiting", "tenant_id", "member_id", "id", postgresql_where=sql("state = 'waiting'")
    ),
    fillfactor=80,
)

command_log: Final = tenant_table(
    "command_log",
    ("key",),
    must("key", TEXT),
    must("command", TEXT),
    must("input_hash", BYTES),
    may("ref", TEXT),
    may("conversation_id", UUID),
    may("answer", BYTES),
    must("created_at", TIME, "now()"),
    Index(
        "command_log_ref_key",
        "tenant_id",
        "ref",
        unique=True,
        postgresql_where=sql("ref is not null"),
    ),
    Index(
        "command_log_answered",
        "tenant_id",
        "created_at",
        postgresql_where=sql("answer is not null"),
    ),
)
"""Idempotency and audit in one row; only the answer's bytes are dropped, after 24 h."""
