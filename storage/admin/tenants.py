"""Tenants: made and changed as a file says, listed, and written back as a file.

Called by the command line. Saying the same file twice changes nothing; saying a changed one
changes what differs, in one transaction, and gives the tenant a new config_version.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Text, bindparam, select

from core.ports import Hasher
from storage.admin.channels import write_channel
from storage.admin.checks import check
from storage.admin.editing import editing, upsert
from storage.admin.programme import write_programme, write_tiers
from storage.admin.rewards import write_rewards
from storage.admin.spec import SpecError, TenantPart, TenantSpec
from storage.admin.staff import prepare, write_staff
from storage.admin.sub_codes import check_own_code, check_sub_codes, write_sub_codes
from storage.admin.texts import TextFault, check_texts, write_texts
from storage.crypto import Vault
from storage.database import Database
from storage.identifiers import Identifiers
from storage.statements import frozen
from storage.tables import tenant

_TENANT: Final = upsert(tenant, ["id"], ["name", "join_code", "dial"], ["slug"])
_ALL: Final = select(
    tenant.c.id,
    tenant.c.slug,
    tenant.c.name,
    tenant.c.status,
    tenant.c.config_version,
    tenant.c.join_code,
    tenant.c.dial,
)
_LISTED: Final = frozen(_ALL.order_by(tenant.c.slug))
_BY_SLUG: Final = frozen(_ALL.where(tenant.c.slug == bindparam("slug", type_=Text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRow:
    """A tenant as everybody may know it. The status `platform` is the reserved one's."""

    id: UUID
    slug: str
    name: str
    status: str
    config_version: int
    join_code: str | None
    dial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What saying a file did."""

    tenant: TenantRow
    created: bool
    changed: bool


async def create_tenant(
    db: Database,
    vault: Vault,
    spec: TenantSpec,
    ids: Identifiers,
    hasher: Hasher,
    kinds: Collection[str] | None = None,
    text_fault: TextFault | None = None,
) -> Applied:
    """Make the tenant of this slug what the file says. `kinds`: the channel kinds that exist;
    `text_fault`: what is wrong with a text, needed where the file has some.

    What the file leaves out: a reward is offered no more; a sub-code is given up; staff and
    channels stay; a tier cannot be left out; in a language whose texts the file names, a text is
    the catalogue's again. Stock, PINs and tokens are set when new and then stay (`set_stock`,
    `reset_pin`, `set_channel`). Raises SpecError, Unavailable."""
    check(spec, kinds)
    if spec.texts:
        assert text_fault is not None, "texts are checked before they are stored"
        check_texts(spec.tenant.languages, spec.said, text_fault)
    shared = await check_sub_codes(db, spec)
    for place, own in enumerate(spec.channels):
        await check_own_code(db, f"channels[{place}].address", own.kind, own.address)
    before = await find_tenant(db, spec.tenant.slug)
    tenant_id = before.id if before else ids.uuid7()
    people = await prepare(db, tenant_id, spec.staff, spec.tenant.region, hasher)
    async with editing(db, tenant_id) as edit:
        await edit.put(_TENANT, id=tenant_id, **_named(spec.tenant))
        await write_programme(edit, spec)
        tiers = await write_tiers(edit, spec, ids)
        await write_rewards(edit, spec, tiers, ids)
        await write_texts(edit, spec)
        await write_staff(edit, people, vault, ids)
        for part in spec.channels:
            await write_channel(edit, part, spec.tenant.region, vault, ids)
    changed = edit.changed | await write_sub_codes(db, tenant_id, spec, shared)
    after = await find_tenant(db, spec.tenant.slug)
    assert after is not None, "it was committed above"
    return Applied(tenant=after, created=before is None, changed=changed)


def _named(part: TenantPart) -> dict[str, str | None]:
    names = {"slug": part.slug, "name": part.name, "dial": part.dial}
    return {**names, "join_code": part.join_code}


async def find_tenant(db: Database, slug: str) -> TenantRow | None:
    """The tenant with this slug, the platform too; None when there is none."""
    rows = await db.run(_BY_SLUG, {"slug": slug})
    return TenantRow(**rows[0]) if rows else None


async def named_tenant(db: Database, slug: str) -> TenantRow:
    """The tenant with this slug. Raises SpecError when there is none."""
    found = await find_tenant(db, slug)
    if found is None:
        raise SpecError("tenant", f"there is no tenant {slug!r}")
    return found


async def list_tenants(db: Database) -> list[TenantRow]:
    """All tenants by slug, the platform among them."""
    return [TenantRow(**row) for row in await db.run(_LISTED)]
