"""The digits of a shop behind the codes that the platform's shops share. Called by the
administration of tenants and channels and by admin/export.py.

What is dialled leads to one place: `*123*45#` is either a channel of its own or 45 behind `*123#`,
however the stars and the hash at the ends of a code are written. Whichever comes second is refused.

They are needed before a tenant is known, so they lie under the platform, whose new config_version
tells running processes of them.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from storage.admin.editing import Edit, editing
from storage.admin.spec import SpecError, SubCodePart, TenantSpec
from storage.database import Database
from storage.statements import frozen
from storage.tables import channel, sub_code, tenant
from storage.work import PLATFORM


def _bare(code: ColumnElement[str]) -> ColumnElement[str]:
    """The code without the stars and the hash at its ends."""
    return func.btrim(code, "*#")


_TENANT: Final = bindparam("at_tenant", type_=Uuid)
_KIND: Final = channel.c.kind == bindparam("kind", type_=Text)
_ADDRESS: Final = _bare(bindparam("address", type_=Text))
_STORED: Final = frozen(
    select(channel.c.id, channel.c.kind, channel.c.address, sub_code.c.digits)
    .join_from(sub_code, channel, channel.c.id == sub_code.c.channel_id)
    .where(sub_code.c.at_tenant == _TENANT)
    .order_by(channel.c.id)
)
_SHARED: Final = frozen(
    select(channel.c.id, channel.c.kind, channel.c.address).where(channel.c.owner == PLATFORM)
)
_OWN: Final = frozen(select(channel.c.address).where(_KIND, _bare(channel.c.address) == _ADDRESS))
_BEHIND: Final = frozen(
    select(channel.c.address, sub_code.c.digits, tenant.c.slug)
    .join_from(sub_code, channel, channel.c.id == sub_code.c.channel_id)
    .join(tenant, tenant.c.id == sub_code.c.at_tenant)
    .where(_KIND, _bare(channel.c.address) + "*" + sub_code.c.digits == _ADDRESS)
)
_MOVED: Final = frozen(
    select(channel.c.address)
    .join_from(sub_code, channel, _bare(channel.c.address) == _ADDRESS + "*" + sub_code.c.digits)
    .where(_KIND, sub_code.c.channel_id == bindparam("channel_id", type_=Uuid))
)
_GIVE_UP: Final = frozen(
    delete(sub_code)
    .where(
        sub_code.c.at_tenant == _TENANT,
        sub_code.c.channel_id == bindparam("channel_id", type_=Uuid),
        sub_code.c.digits == bindparam("digits", type_=Text),
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


async def check_own_code(db: Database, field: str, kind: str, address: str) -> None:
    """Raise SpecError where a channel's address is a shop's digits behind a shared code."""
    for row in await db.read(PLATFORM, _BEHIND, {"kind": kind, "address": address}):
        behind = f"{row['digits']} behind {row['address']}"
        raise SpecError(field, f"{address} is what {row['slug']} has as {behind}")


async def check_moved_code(db: Database, channel_id: UUID, kind: str, address: str) -> None:
    """Raise SpecError where digits behind a shared code would, at this new address, reach a channel
    of its own."""
    moved = {"channel_id": channel_id, "kind": kind, "address": address}
    for row in await db.read(PLATFORM, _MOVED, moved):
        raise SpecError("channel.address", f"{row['address']} is a channel of its own")


async def check_sub_codes(db: Database, spec: TenantSpec) -> dict[tuple[str, str], UUID]:
    """The shared channels by kind and address. Raises SpecError when the file names one that is
    not there, or digits that reach a channel of its own (`*123*1#` behind `*123#`), be it one that
    the file itself adds."""
    shared = {(row["kind"], row["address"]): row["id"] for row in await db.run(_SHARED)}
    for place, part in enumerate(spec.sub_codes):
        field = f"sub_codes[{place}]"
        if (part.kind, part.address) not in shared:
            raise SpecError(f"{field}.address", f"the platform has no {part.kind} {part.address}")
        whole = f"{part.address.removesuffix('#')}*{part.digits}#"
        own = {each.address.strip("*#") for each in spec.channels if each.kind == part.kind}
        stored = await db.run(_OWN, {"kind": part.kind, "address": whole})
        if stored or whole.strip("*#") in own:
            raise SpecError(f"{field}.digits", f"{whole} is a channel of its own")
    return shared


async def write_sub_codes(
    db: Database, tenant_id: UUID, spec: TenantSpec, shared: Mapping[tuple[str, str], UUID]
) -> bool:
    """Make a tenant's digits what its file says; those it does not name are given up. Answers
    whether any changed. `shared`: what `check_sub_codes` answered. Raises SpecError when another
    tenant has them."""
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
