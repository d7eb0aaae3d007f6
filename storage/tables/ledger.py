"""The double-entry ledger: accounts, transfers and their entries, lots, holds, purchases.

Only member accounts keep a running balance; system accounts are summed from their entries, so no
row is hot. `transfer` and `entry` are inserted and never touched again (a trigger refuses it).
"""

from typing import Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql

from storage.tables.schema import (
    BIGINT,
    TEXT,
    TIME,
    UUID,
    belongs_to,
    may,
    must,
    one_of,
    tenant_table,
)

SYSTEM_ACCOUNTS: Final = ("issuance", "redeemed", "breakage", "merge")

account: Final = tenant_table(
    "account",
    ("id",),
    must("id", UUID),
    must("member_id", UUID),
    must("version", BIGINT, "1"),
    must("posted", BIGINT, "0"),
    must("held", BIGINT, "0"),
    must("pending", BIGINT, "0"),
    must("lifetime_earned", BIGINT, "0"),
    must("lifetime_spent", BIGINT, "0"),
    must("visits", BIGINT, "0"),
    belongs_to("account", "member_id", "member"),
    UniqueConstraint("tenant_id", "member_id", name="account_member_key"),
    CheckConstraint("held >= 0", name="account_held"),
    CheckConstraint("pending >= 0", name="account_pending"),
    CheckConstraint("posted - held >= 0", name="account_available"),
    fillfactor=70,
)

transfer: Final = tenant_table(
    "transfer",
    ("id",),
    must("id", UUID),
    must("code", TEXT),
    must("debit", TEXT),
    must("credit", TEXT),
    must("amount", BIGINT),
    must("balance_after", BIGINT),
    must("account_version", BIGINT),
    must("ref", TEXT),
    must("at", TIME),
    may("hold_id", UUID),
    may("reverses", UUID),
    must("detail", TEXT, "''"),
    may("linked_id", UUID),
    one_of("transfer", "code", "earn", "bonus", "redeem", "expire", "refund", "reverse", "merge"),
    CheckConstraint("amount > 0", name="transfer_amount"),
    CheckConstraint("debit <> credit", name="transfer_sides"),
    belongs_to("transfer", "hold_id", "hold"),
    belongs_to("transfer", "reverses", "transfer"),
    Index("transfer_ref", "tenant_id", "ref"),
    Index(
        "transfer_reverses",
        "tenant_id",
        "reverses",
        unique=True,
        postgresql_where=sql("reverses is not null"),
    ),
    Index(
        "transfer_linked", "tenant_id", "linked_id", postgresql_where=sql("linked_id is not null")
    ),
    Index("transfer_hold", "tenant_id", "hold_id", postgresql_where=sql("hold_id is not null")),
)
"""`debit` and `credit` are a member account's id or a system account's name, as they were said."""

entry: Final = tenant_table(
    "entry",
    ("transfer_id", "side"),
    must("transfer_id", UUID),
    must("side", TEXT),
    may("account_id", UUID),
    may("system", TEXT),
    must("amount", BIGINT),
    may("balance_after", BIGINT),
    may("account_version", BIGINT),
    must("at", TIME),
    one_of("entry", "side", "debit", "credit"),
    one_of("entry", "system", *SYSTEM_ACCOUNTS),
    CheckConstraint("(account_id is null) <> (system is null)", name="entry_owner"),
    CheckConstraint("amount <> 0", name="entry_amount"),
    CheckConstraint(
        "(account_id is null) = (balance_after is null)"
        " and (account_id is null) = (account_version is null)",
        name="entry_balance",
    ),
    belongs_to("entry", "transfer_id", "transfer"),
    belongs_to("entry", "account_id", "account"),
    Index(
        "entry_account",
        "tenant_id",
        "account_id",
        "transfer_id",
        postgresql_where=sql("account_id is not null"),
    ),
)
"""Two a transfer: minus the amount on its debit side, plus the amount on its credit side."""

lot: Final = tenant_table(
    "lot",
    ("id",),
    must("id", UUID),
    must("account_id", UUID),
    must("transfer_id", UUID),
    must("amount", BIGINT),
    must("remaining", BIGINT),
    must("created_at", TIME),
    may("expires_at", TIME),
    may("origin_id", UUID),
    CheckConstraint("amount > 0", name="lot_amount"),
    CheckConstraint("remaining between 0 and amount", name="lot_remaining"),
    belongs_to("lot", "account_id", "account"),
    belongs_to("lot", "transfer_id", "transfer"),
    belongs_to("lot", "origin_id", "lot"),
    Index(
        "lot_spendable",
        "tenant_id",
        "account_id",
        "expires_at",
        postgresql_where=sql("remaining > 0"),
    ),
    Index("lot_due", "tenant_id", "expires_at", postgresql_where=sql("remaining > 0")),
    Index("lot_transfer", "tenant_id", "transfer_id"),
    fillfactor=80,
)

lot_use: Final = tenant_table(
    "lot_use",
    ("id",),
    must("id", UUID),
    must("lot_id", UUID),
    must("amount", BIGINT),
    must("restored", BIGINT, "0"),
    may("hold_id", UUID),
    may("transfer_id", UUID),
    CheckConstraint("amount > 0", name="lot_use_amount"),
    CheckConstraint("restored between 0 and amount", name="lot_use_restored"),
    belongs_to("lot_use", "lot_id", "lot"),
    belongs_to("lot_use", "hold_id", "hold"),
    belongs_to("lot_use", "transfer_id", "transfer"),
    Index("lot_use_lot", "tenant_id", "lot_id"),
    Index("lot_use_hold", "tenant_id", "hold_id", postgresql_where=sql("hold_id is not null")),
    Index(
        "lot_use_transfer",
        "tenant_id",
        "transfer_id",
        postgresql_where=sql("transfer_id is not null"),
    ),
)

hold: Final = tenant_table(
    "hold",
    ("id",),
    must("id", UUID),
    must("account_id", UUID),
    must("amount", BIGINT),
    must("posted_amount", BIGINT, "0"),
    must("state", TEXT, "'open'"),
    must("expires_at", TIME),
    must("at", TIME),
    one_of("hold", "state", "open", "posted", "voided", "expired"),
    CheckConstraint("amount > 0", name="hold_amount"),
    CheckConstraint("posted_amount between 0 and amount", name="hold_posted_amount"),
    belongs_to("hold", "account_id", "account"),
    Index("hold_account", "tenant_id", "account_id", "id"),
    Index("hold_open", "tenant_id", "account_id", postgresql_where=sql("state = 'open'")),
    Index("hold_due", "tenant_id", "expires_at", postgresql_where=sql("state = 'open'")),
    fillfactor=80,
)

purchase: Final = tenant_table(
    "purchase",
    ("id",),
    must("id", UUID),
    must("member_id", UUID),
    may("staff_id", UUID),
    must("amount_minor", BIGINT),
    must("currency", TEXT),
    must("points", BIGINT),
    may("transfer_id", UUID),
    may("receipt_no", TEXT),
    may("store", TEXT),
    must("source", TEXT),
    must("ref", TEXT),
    must("at", TIME),
    may("reversed_at", TIME),
    CheckConstraint("amount_minor > 0 and points >= 0", name="purchase_sane"),
    belongs_to("purchase", "member_id", "member"),
    belongs_to("purchase", "staff_id", "staff"),
    belongs_to("purchase", "transfer_id", "transfer"),
    Index(
        "purchase_receipt_key",
        "tenant_id",
        "receipt_no",
        sql("coalesce(store, '')"),
        unique=True,
        postgresql_where=sql("receipt_no is not null and reversed_at is null"),
    ),
    Index("purchase_member", "tenant_id", "member_id", "at"),
    Index("purchase_staff", "tenant_id", "staff_id", "at"),
    Index("purchase_day", "tenant_id", "at"),
    Index("purchase_ref", "tenant_id", "ref"),
)
