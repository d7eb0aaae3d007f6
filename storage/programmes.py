"""Tenants' configurations, kept in the process until `config_version` says there is a newer one.

Called by begin (through storage.turns) and by jobs. A cached programme costs no trip; begin brings
the version with everything else, so a change is seen by the very next turn.
"""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, bindparam, select

from core.facts import Programme, Reward, Tier
from storage.database import Database
from storage.loads.shapes import keyed, listed, shape_of, sub
from storage.statements import frozen
from storage.tables import programme, reward, tenant, text_override, tier

_SAID: Final = (
    select(
        text_override.c.language,
        keyed(text_override.c.message, text_override.c.forms).label("texts"),
    )
    .group_by(text_override.c.language)
    .subquery()
)
_WHOLE: Final = frozen(
    select(
        shape_of(
            Programme,
            programme,
            slug=tenant.c.slug,
            name=tenant.c.name,
            config_version=tenant.c.config_version,
            dial=tenant.c.dial,
            tiers=sub(select(listed(shape_of(Tier, tier), tier.c.threshold))),
            rewards=sub(select(listed(shape_of(Reward, reward), reward.c.position, reward.c.slug))),
            texts=sub(select(keyed(_SAID.c.language, _SAID.c.texts))),
        ).label("programme")
    )
    .join_from(programme, tenant, tenant.c.id == programme.c.tenant_id)
    .where(programme.c.tenant_id == bindparam("tenant_id", type_=Uuid))
)
_VERSION: Final = frozen(
    select(tenant.c.config_version).where(tenant.c.id == bindparam("tenant_id", type_=Uuid))
)


class UnknownTenant(LookupError):
    """No tenant has this id, or it has no programme."""


class Programmes:
    """The newest configuration seen of each tenant."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._newest: dict[UUID, Programme] = {}

    async def get(self, tenant_id: UUID, config_version: int) -> Programme:
        """The configuration at this version or a newer one; one trip when it is not known yet.

        Raises UnknownTenant, Unavailable."""
        known = self._newest.get(tenant_id)
        if known is not None and known.config_version >= config_version:
            return known
        return await self._load(tenant_id)

    async def latest(self, tenant_id: UUID) -> Programme:
        """The configuration as it is now: one trip, and one more when it has changed.

        Raises UnknownTenant, Unavailable."""
        if tenant_id not in self._newest:
            return await self._load(tenant_id)
        (row,) = await self._db.run(_VERSION, {"tenant_id": tenant_id})
        return await self.get(tenant_id, row["config_version"])

    async def _load(self, tenant_id: UUID) -> Programme:
        rows = await self._db.read(tenant_id, _WHOLE, {"tenant_id": tenant_id})
        if not rows:
            raise UnknownTenant(str(tenant_id))
        loaded = msgspec.convert(rows[0]["programme"], Programme)
        known = self._newest.get(tenant_id)
        # Of two loads at once the slower one may be the older.
        if known is None or known.config_version <= loaded.config_version:
            self._newest[tenant_id] = loaded
        return self._newest[tenant_id]
