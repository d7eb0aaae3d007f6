"""Rewards and their stock. Called by admin/tenants.py and the command line."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from storage.admin.editing import Edit, editing, upsert
from storage.admin.spec import SpecError, TenantSpec
from storage.database import Database
from storage.identifiers import Identifiers
from storage.statements import frozen
from storage.tables import reward, stock

_OWN: Final = ("tenant_id", "id")
_COLUMNS: Final = tuple(each.name for each in reward.c if each.name not in _OWN)
_KNOWN: Final = frozen(select(reward.c.id, reward.c.slug))
_REWARD: Final = upsert(reward, ["tenant_id", "id"], _COLUMNS)
_GONE: Final = frozen(
    update(reward)
    .where(reward.c.slug == bindparam("slug", type_=Text), reward.c.active)
    .values(active=False)
    .returning(reward.c.id)
)
_AVAILABLE: Final = bindparam("available", type_=BigInteger)
_FIRST_STOCK: Final = frozen(
    insert(stock)
    .values(
        tenant_id=bindparam("tenant_id", type_=stock.c.tenant_id.type),
        reward_id=bindparam("reward_id", type_=stock.c.reward_id.type),
        total=_AVAILABLE,
        available=_AVAILABLE,
    )
    .on_conflict_do_nothing()
    .returning(stock.c.reward_id)
)
_LIMIT: Final = frozen(
    update(reward)
    .where(reward.c.slug == bindparam("slug", type_=Text))
    .values(stocked=True)
    .returning(reward.c.id)
)
_SET_STOCK: Final = frozen(
    update(stock)
    .where(stock.c.reward_id == bindparam("reward_id", type_=stock.c.reward_id.type))
    .values(total=stock.c.total - stock.c.available + _AVAILABLE, available=_AVAILABLE)
)


async def write_rewards(
    edit: Edit, spec: TenantSpec, tiers: Mapping[str, UUID], ids: Identifiers
) -> None:
    """The rewards by slug, in the file's order; one that was left out is offered no more.

    Stock is set when a reward is new: afterwards the shop's counting is right, not the file."""
    known = {row["slug"]: row["id"] for row in await edit.rows(_KNOWN)}
    for slug in known.keys() - {part.slug for part in spec.rewards}:
        await edit.put(_GONE, slug=slug)
    for position, part in enumerate(spec.rewards):
        reward_id = known.get(part.slug) or ids.uuid7()
        await edit.put(
            _REWARD,
            id=reward_id,
            slug=part.slug,
            name=part.name,
            category=part.category,
            points=part.points,
            terms=part.terms,
            tier_id=tiers[part.tier] if part.tier else None,
            stocked=part.stock is not None,
            approval=part.approval,
            active=part.active,
            valid_days=part.valid_days,
            refund_on_expiry=part.refund_on_expiry,
            position=position,
        )
        if part.stock is not None:
            await edit.put(_FIRST_STOCK, reward_id=reward_id, available=part.stock)


async def set_stock(db: Database, tenant_id: UUID, slug: str, available: int) -> None:
    """There are this many left of a reward, which from now on can be sold out.

    What members hold of it is counted apart and comes back on top. Raises SpecError."""
    if available < 0:
        raise SpecError("stock", "0 or more is needed")
    async with editing(db, tenant_id) as edit:
        found = await edit.rows(_LIMIT, slug=slug)
        if not found:
            raise SpecError("reward", f"there is no reward {slug!r}")
        reward_id = found[0]["id"]
        if not await edit.put(_FIRST_STOCK, reward_id=reward_id, available=available):
            await edit.rows(_SET_STOCK, reward_id=reward_id, available=available)
        edit.changed = True
