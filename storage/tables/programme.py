"""A tenant's configuration: programme, tiers, rewards with their stock, and staff."""

from typing import Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql

from storage.tables.schema import (
    BIGINT,
    BOOL,
    INT,
    JSON,
    TEXT,
    TEXTS,
    UUID,
    belongs_to,
    may,
    must,
    one_of,
    tenant_table,
)

programme: Final = tenant_table(
    "programme",
    (),
    must("region", TEXT),
    must("currency", TEXT),
    must("timezone", TEXT),
    must("languages", TEXTS, "'{en}'"),
    must("help_line", TEXT, "''"),
    must("privacy_url", TEXT, "''"),
    must("points_per_unit", BIGINT, "100"),
    must("rounding", TEXT, "'floor'"),
    must("purchase_max_minor", BIGINT, "1000000000"),
    may("lot_days", INT),
    must("join_bonus", BIGINT, "0"),
    must("reserve_days", INT, "7"),
    must("rejoin_days", INT, "30"),
    must("shortcuts", JSON, "'{}'"),
    one_of("programme", "rounding", "floor", "up", "half_even"),
)

tier: Final = tenant_table(
    "tier",
    ("id",),
    must("id", UUID),
    must("name", TEXT),
    must("threshold", BIGINT),
    must("multiplier_pct", INT, "100"),
    UniqueConstraint("tenant_id", "threshold", name="tier_threshold_key"),
    CheckConstraint("threshold >= 0 and multiplier_pct > 0", name="tier_sane"),
)

reward: Final = tenant_table(
    "reward",
    ("id",),
    must("id", UUID),
    must("slug", TEXT),
    must("name", TEXT),
    must("category", TEXT, "''"),
    must("points", BIGINT),
    must("terms", TEXT, "''"),
    may("tier_id", UUID),
    must("stocked", BOOL, "false"),
    must("approval", BOOL, "false"),
    must("active", BOOL, "true"),
    must("valid_days", INT, "30"),
    must("refund_on_expiry", BOOL, "false"),
    must("position", INT, "0"),
    belongs_to("reward", "tier_id", "tier"),
    UniqueConstraint("tenant_id", "slug", name="reward_slug_key"),
    CheckConstraint("points > 0 and valid_days > 0", name="reward_sane"),
)

text_override: Final = tenant_table(
    "text_override",
    ("language", "message"),
    must("language", TEXT),
    must("message", TEXT),
    must("forms", TEXTS),
    CheckConstraint("cardinality(forms) > 0", name="text_override_said"),
)

stock: Final = tenant_table(
    "stock",
    ("reward_id",),
    must("reward_id", UUID),
    must("total", BIGINT),
    must("available", BIGINT),
    belongs_to("stock", "reward_id", "reward"),
    CheckConstraint("available between 0 and total", name="stock_available"),
    fillfactor=50,
)

staff: Final = tenant_table(
    "staff",
    ("id",),
    must("id", UUID),
    must("version", BIGINT, "1"),
    must("number", INT),
    must("name", TEXT),
    must("role", TEXT),
    must("phone", TEXT),
    may("pin_hash", TEXT),
    must("active", BOOL, "true"),
    one_of("staff", "role", "cashier", "manager"),
    UniqueConstraint("tenant_id", "number", name="staff_number_key"),
    UniqueConstraint("tenant_id", "phone", name="staff_phone_key"),
    Index("staff_role", "tenant_id", "role", postgresql_where=sql("active")),
)
