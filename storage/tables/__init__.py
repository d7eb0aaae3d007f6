"""The one place where columns are named: SQLAlchemy Core tables, a file per capability.

Called by `storage` for composing statements at import, and by a test that compares them with the
migrated database. SQLAlchemy is the typed compiler here; no engine is ever made.
"""

from storage.tables.carriers import carrier_hour, carrier_seen
from storage.tables.ledger import (
    SYSTEM_ACCOUNTS,
    account,
    entry,
    hold,
    lot,
    lot_use,
    purchase,
    transfer,
)
from storage.tables.members import (
    address_stop,
    consent,
    counter,
    member,
    member_address,
    member_link,
)
from storage.tables.messages import command_log, conversation, inbound, notice, outbound
from storage.tables.programme import programme, reward, staff, stock, text_override, tier
from storage.tables.rewards import issuance, till_code
from storage.tables.schema import metadata
from storage.tables.tenants import (
    channel,
    channel_secret,
    channel_setting,
    directory,
    job,
    sub_code,
    tenant,
)

PRE_TENANT = (tenant, channel, job, directory)
"""Facts needed before a tenant is known; all other tables are under the tenant's row security."""

__all__ = [
    "PRE_TENANT",
    "SYSTEM_ACCOUNTS",
    "account",
    "address_stop",
    "carrier_hour",
    "carrier_seen",
    "channel",
    "channel_secret",
    "channel_setting",
    "command_log",
    "consent",
    "conversation",
    "counter",
    "directory",
    "entry",
    "hold",
    "inbound",
    "issuance",
    "job",
    "lot",
    "lot_use",
    "member",
    "member_address",
    "member_link",
    "metadata",
    "notice",
    "outbound",
    "programme",
    "purchase",
    "reward",
    "staff",
    "stock",
    "sub_code",
    "tenant",
    "text_override",
    "tier",
    "till_code",
    "transfer",
]
