"""A tenant's programme and tiers as its file says. Called by admin/tenants.py."""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Uuid, bindparam, exists, select, update

from storage.admin.editing import Edit, upsert
from storage.admin.spec import SpecError, TenantSpec
from storage.identifiers import Identifiers
from storage.statements import frozen
from storage.tables import programme, purchase, tier

_COLUMNS: Final = tuple(each.name for each in programme.c if each.name != "tenant_id")
_PROGRAMME: Final = upsert(programme, ["tenant_id"], _COLUMNS)
_TIERS: Final = frozen(select(tier.c.id, tier.c.name, tier.c.threshold))
_TIER: Final = upsert(tier, ["tenant_id", "id"], ["name", "threshold", "multiplier_pct"])
_ASIDE: Final = frozen(
    update(tier)
    .where(tier.c.id == bindparam("id", type_=Uuid))
    .values(threshold=tier.c.threshold + bindparam("far", type_=BigInteger))
)
_COUNTED: Final = frozen(select(programme.c.currency).where(exists(select(purchase.c.id))))
_FAR: Final = 10**17


async def write_programme(edit: Edit, spec: TenantSpec) -> None:
    """The programme's one row. Raises SpecError when the currency would change under purchases,
    whose amounts are counted in it."""
    part = spec.programme
    for row in await edit.rows(_COUNTED):
        if row["currency"] != spec.tenant.currency:
            raise SpecError("tenant.currency", f"{row['currency']} stays: purchases are in it")
    await edit.put(
        _PROGRAMME,
        region=spec.tenant.region,
        currency=spec.tenant.currency,
        timezone=spec.tenant.timezone,
        languages=list(spec.tenant.languages),
        help_line=spec.tenant.help_line,
        privacy_url=spec.tenant.privacy_url,
        points_per_unit=spec.points_per_unit,
        rounding=part.rounding,
        purchase_max_minor=spec.purchase_max_minor,
        lot_days=part.lot_days or None,
        join_bonus=part.join_bonus,
        reserve_days=part.reserve_days,
        rejoin_days=part.rejoin_days,
        shortcuts=msgspec.json.encode(spec.shortcuts).decode(),
    )


async def write_tiers(edit: Edit, spec: TenantSpec, ids: Identifiers) -> dict[str, UUID]:
    """The tiers by name; answers their ids. Raises SpecError when one was left out: members may
    be in it."""
    known = {row["name"]: row for row in await edit.rows(_TIERS)}
    for name in known.keys() - {part.name for part in spec.tiers}:
        raise SpecError("tiers", f"{name} exists and cannot be left out")
    for part in spec.tiers:
        # Thresholds are unique at every moment, so one that moves goes out of the way first.
        if part.name in known and known[part.name]["threshold"] != part.threshold:
            await edit.rows(_ASIDE, id=known[part.name]["id"], far=_FAR)
    found: dict[str, UUID] = {}
    for part in spec.tiers:
        found[part.name] = known[part.name]["id"] if part.name in known else ids.uuid7()
        await edit.put(
            _TIER,
            id=found[part.name],
            name=part.name,
            threshold=part.threshold,
            multiplier_pct=part.multiplier_pct,
        )
    return found
