"""The digits of a shop behind the codes that the platform's shops share. Called by admin/tenants.py
and admin/export.py.

They are needed before a tenant is known, so they lie under the platform, whose new config_version
tells running processes of them.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from storage.admin.editing import Edit, editing
from storage.admin.spec import SpecError, SubCodePart, TenantSpec
from storage.database import Database
from storage.statements import frozen
from storage.tables import channel, sub_code
from storage.turns import PLATFORM

_TENANT: Final = bindparam("at_tenant", type_=Uuid)
_STORED: Final = frozen(
    select(channel.c.id, channel.c.kind, channel.c.address, sub_code.c.digits)
    .join_from(sub_code, channel, channel.c.id == sub_code.c.channel_id)
    .where(sub_code.c.at_tenant == _TENANT)
    .order_by(channel.c.id)
)
_SHARED: Final = frozen(
    select(channel.c.id, channel.c.kind, channel.c.address).where(channel.c.owner == PLATFORM)
)
_OWN: Final = frozen(
    select(channel.c.id).where(
        channel.c.kind == bindparam("kind", type_=Text),
        channel.c.address == bindparam("address", type_=Text),
    )
)
_GIVE_UP: Final = frozen(
    delete(sub_code)
    .where(
        sub_code.c.at_tenant == _TENANT,
        tuple_(sub_code.c.channel_id, sub_code.c.digits)
        == tuple_(bindparam("channel_id", type_=Uuid), bindparam("digits", type_=Text)),
    )
    .returning(sub_code.c.digits)
)
_TAKE: Final = frozen(
    insert(sub_code)
    .values(
        tenant_id=bindparam("tenant_id", type_=Uuid),
        channel_id=bindparam("channel_id", type_=Uuid),
        digits=bindparam("digits", type_=Text),
        at_tenant=_TENANT,
    )
    .returning(sub_code.c.digits)
)


async def stored_sub_codes(db: Database, tenant_id: UUID) -> list[SubCodePart]:
    """A tenant's digits, by shared channel."""
    rows = await db.read(PLATFORM, _STORED, {"at_tenant": tenant_id})
    return [SubCodePart(kind=r["kind"], address=r["address"], digits=r["digits"]) for r in rows]


async def check_sub_codes(db: Database, spec: TenantSpec) -> dict[tuple[str, str], UUID]:
    """The shared channels by kind and address. Raises SpecError when the file names one that is
    not there, or digits that reach a channel of its own (`*123*1#` behind `*123#`)."""
    shared = {(row["kind"], row["address"]): row["id"] for row in await db.run(_SHARED)}
    for place, part in enumerate(spec.sub_codes):
        field = f"sub_codes[{place}]"
        if (part.kind, part.address) not in shared:
            raise SpecError(f"{field}.address", f"the platform has no {part.kind} {part.address}")
        whole = f"{part.address.removesuffix('#')}*{part.digits}#"
        if await db.run(_OWN, {"kind": part.kind, "address": whole}):
            raise SpecError(f"{field}.digits", f"{whole} is a channel of its own")
    return shared


async def write_sub_codes(db: Database, tenant_id: UUID, spec: TenantSpec) -> bool:
    """Make a tenant's digits what its file says; those it does not name are given up. Answers
    whether any changed. Raises SpecError when another tenant has them."""
    shared = await check_sub_codes(db, spec)
    wanted = {(shared[each.kind, each.address], each.digits) for each in spec.sub_codes}
    rows = await db.read(PLATFORM, _STORED, {"at_tenant": tenant_id})
    if wanted == {(row["id"], row["digits"]) for row in rows}:
        return False
    async with editing(db, PLATFORM) as edit:
        known = await edit.rows(_STORED, at_tenant=tenant_id)
        await _change(edit, tenant_id, {(row["id"], row["digits"]) for row in known}, wanted)
        return edit.changed


async def _change(
    edit: Edit, tenant_id: UUID, known: set[tuple[UUID, str]], wanted: set[tuple[UUID, str]]
) -> None:
    for statement, pairs in ((_GIVE_UP, known - wanted), (_TAKE, wanted - known)):
        for channel_id, digits in sorted(pairs):
            code = {"channel_id": channel_id, "digits": digits, "at_tenant": tenant_id}
            await edit.put(statement, **code)
