"""Administration: tenants, programmes, rewards, staff and channels, from a file or a command."""

from storage.admin.channels import StoredChannel, add_channel, list_channels, set_channel
from storage.admin.checks import check
from storage.admin.document import texts_toml
from storage.admin.export import tenant_spec, tenant_toml
from storage.admin.rewards import set_stock
from storage.admin.spec import ChannelPart, SpecError, StaffPart, TenantSpec, decode
from storage.admin.staff import (
    add_staff,
    check_staff,
    find_staff,
    remove_staff,
    reset_pin,
    staff_without_pin,
)
from storage.admin.tenants import (
    Applied,
    TenantRow,
    create_tenant,
    find_tenant,
    list_tenants,
    named_tenant,
)
from storage.admin.texts import remove_text, set_text, stored_texts

__all__ = [
    "Applied",
    "ChannelPart",
    "SpecError",
    "StaffPart",
    "StoredChannel",
    "TenantRow",
    "TenantSpec",
    "add_channel",
    "add_staff",
    "check",
    "check_staff",
    "create_tenant",
    "decode",
    "find_staff",
    "find_tenant",
    "list_channels",
    "list_tenants",
    "named_tenant",
    "remove_staff",
    "remove_text",
    "reset_pin",
    "set_channel",
    "set_stock",
    "set_text",
    "staff_without_pin",
    "stored_texts",
    "tenant_spec",
    "tenant_toml",
    "texts_toml",
]
