"""What is known before a tenant is: tenants, channels, jobs and the directory of keyed hashes.

These four tables hold no personal number, no text and no secret (docs/architecture.md, Tenancy).
`directory` has a row security of its own: a row is seen only by who knows its address.
"""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from storage.tables.schema import (
    BIGINT,
    BYTES,
    INT,
    JSON,
    TEXT,
    TIME,
    UUID,
    may,
    metadata,
    must,
    one_of,
    tenant_table,
)

tenant: Final = Table(
    "tenant",
    metadata,
    must("id", UUID),
    must("slug", TEXT),
    must("name", TEXT),
    must("status", TEXT, "'open'"),
    must("config_version", BIGINT, "1"),
    may("join_code", TEXT),
    must("dial", TEXT, "''"),
    one_of("tenant", "status", "open", "closed", "platform"),
    PrimaryKeyConstraint("id", name="tenant_pkey"),
    UniqueConstraint("slug", name="tenant_slug_key"),
    UniqueConstraint("join_code", name="tenant_join_code_key"),
    Index("tenant_by_name", sql("lower(name)"), "slug", postgresql_where=sql("status = 'open'")),
)

channel: Final = Table(
    "channel",
    metadata,
    must("id", UUID),
    must("owner", UUID),
    must("kind", TEXT),
    may("app_id", TEXT),
    must("address", TEXT),
    must("token_hash", BYTES),
    must("status", TEXT, "'on'"),
    one_of("channel", "status", "on", "off"),
    PrimaryKeyConstraint("id", name="channel_pkey"),
    ForeignKeyConstraint(["owner"], ["tenant.id"], name="channel_owner_fkey"),
    UniqueConstraint("token_hash", name="channel_token_hash_key"),
    UniqueConstraint("kind", "address", name="channel_kind_address_key"),
    Index("channel_owner", "owner"),
)

job: Final = Table(
    "job",
    metadata,
    must("id", UUID),
    must("tenant_id", UUID),
    must("kind", TEXT),
    must("lane", UUID),
    may("subject", UUID),
    must("run_at", TIME, "now()"),
    must("attempts", INT, "0"),
    must("state", TEXT, "'ready'"),
    may("lease_until", TIME),
    may("error", TEXT),
    must("created_at", TIME, "now()"),
    may("unique_key", TEXT),
    one_of("job", "state", "ready", "leased", "dead", "done"),
    PrimaryKeyConstraint("id", name="job_pkey"),
    UniqueConstraint("unique_key", name="job_unique_key_key"),
    Index("job_due", "run_at", postgresql_where=sql("state = 'ready'")),
    Index("job_lane", "lane", "id", postgresql_where=sql("state in ('ready', 'leased')")),
    Index("job_leased", "lease_until", postgresql_where=sql("state = 'leased'")),
    Index("job_dead", "tenant_id", "id", postgresql_where=sql("state = 'dead'")),
    Index("job_subject", "subject", postgresql_where=sql("subject is not null")),
    postgresql_with={"fillfactor": 70},
)

directory: Final = Table(
    "directory",
    metadata,
    must("address_hash", BYTES),
    must("tenant_id", UUID),
    must("subject_kind", TEXT),
    must("subject_id", UUID),
    may("expires_at", TIME),
    one_of("directory", "subject_kind", "member", "staff", "session"),
    PrimaryKeyConstraint(
        "address_hash", "tenant_id", "subject_kind", "subject_id", name="directory_pkey"
    ),
    Index("directory_expires", "expires_at", postgresql_where=sql("expires_at is not null")),
)

channel_secret: Final = tenant_table(
    "channel_secret",
    ("channel_id",),
    must("channel_id", UUID),
    must("secrets_enc", BYTES),
    may("token_enc", BYTES),
    ForeignKeyConstraint(["channel_id"], ["channel.id"], name="channel_secret_channel_id_fkey"),
)

channel_setting: Final = tenant_table(
    "channel_setting",
    ("channel_id",),
    must("channel_id", UUID),
    must("region", TEXT),
    must("settings", JSON, "'{}'"),
    ForeignKeyConstraint(["channel_id"], ["channel.id"], name="channel_setting_channel_id_fkey"),
)

sub_code: Final = tenant_table(
    "sub_code",
    ("channel_id", "digits"),
    must("channel_id", UUID),
    must("digits", TEXT),
    must("at_tenant", UUID),
    UniqueConstraint("tenant_id", "channel_id", "at_tenant", name="sub_code_at_tenant_key"),
    ForeignKeyConstraint(["channel_id"], ["channel.id"], name="sub_code_channel_id_fkey"),
    ForeignKeyConstraint(["at_tenant"], ["tenant.id"], name="sub_code_at_tenant_fkey"),
    CheckConstraint("digits ~ '^[1-9][0-9]{0,5}$'", name="sub_code_digits"),
)
