"""A stored tenant as the specification that would make it. Called by the command line."""

from typing import Any, Final

import msgspec
from sqlalchemy import select

from core.values import EXPONENTS
from storage.admin.channels import StoredChannel, stored_channels
from storage.admin.document import told, write_toml
from storage.admin.spec import TenantSpec, plain
from storage.admin.sub_codes import stored_sub_codes
from storage.admin.tenants import named_tenant
from storage.admin.texts import stored_texts
from storage.crypto import Vault
from storage.database import Database
from storage.loads.shapes import listed, sub
from storage.statements import frozen, shape
from storage.tables import programme, reward, staff, stock, tier

_REWARD: Final = shape(
    slug=reward.c.slug,
    name=reward.c.name,
    category=reward.c.category,
    points=reward.c.points,
    stock=stock.c.available,
    approval=reward.c.approval,
    active=reward.c.active,
    tier=tier.c.name,
    terms=reward.c.terms,
    valid_days=reward.c.valid_days,
    refund_on_expiry=reward.c.refund_on_expiry,
)
_REWARDS: Final = (
    select(listed(_REWARD, reward.c.position, reward.c.slug))
    .select_from(reward)
    .outerjoin(tier, tier.c.id == reward.c.tier_id)
    .outerjoin(stock, (stock.c.reward_id == reward.c.id) & reward.c.stocked)
)
_STAFF: Final = shape(
    name=staff.c.name, phone=staff.c.phone, role=staff.c.role, number=staff.c.number
)
_WHOLE: Final = frozen(
    select(
        programme,
        sub(
            select(
                listed(
                    shape(name=tier.c.name, threshold=tier.c.threshold, pct=tier.c.multiplier_pct),
                    tier.c.threshold,
                )
            )
        ).label("tiers"),
        sub(_REWARDS).label("rewards"),
        sub(select(listed(_STAFF, staff.c.number)).where(staff.c.active)).label("staff"),
    )
)


async def tenant_spec(
    db: Database, vault: Vault, slug: str, *, with_secrets: bool = False
) -> TenantSpec:
    """The tenant as a file would say it; PINs cannot be read back. `with_secrets`: tokens and
    carriers' secrets too. Raises SpecError, Unavailable."""
    row = await named_tenant(db, slug)
    (stored,) = await db.read(row.id, _WHOLE)
    channels = await stored_channels(db, vault, row.id)
    document: dict[str, Any] = {
        "tenant": {
            "slug": row.slug,
            "name": row.name,
            "join_code": row.join_code,
            "dial": row.dial,
            **{name: stored[name] for name in _TENANT_COLUMNS},
        },
        "programme": _programme(stored),
        "tiers": [
            {
                "name": each["name"],
                "threshold": each["threshold"],
                "multiplier": plain(each["pct"], 2),
            }
            for each in stored["tiers"]
        ],
        "rewards": stored["rewards"],
        "staff": stored["staff"],
        "channels": [_channel(each, with_secrets=with_secrets) for each in channels],
        "texts": {
            language: told(texts) for language, texts in (await stored_texts(db, row.id)).items()
        },
        "sub_codes": await stored_sub_codes(db, row.id),
        "shortcuts": stored["shortcuts"],
    }
    return msgspec.convert(document, TenantSpec)


async def tenant_toml(db: Database, vault: Vault, slug: str, *, with_secrets: bool = False) -> str:
    """`tenant_spec` as the text of a file that `tenant create --from` takes."""
    return write_toml(await tenant_spec(db, vault, slug, with_secrets=with_secrets))


_TENANT_COLUMNS: Final = (
    *("region", "currency", "timezone", "languages", "help_line", "privacy_url"),
)


def _programme(stored: dict[str, Any]) -> dict[str, Any]:
    largest, exponent = stored["purchase_max_minor"], EXPONENTS.get(stored["currency"], 2)
    return {
        "points_per_unit": plain(stored["points_per_unit"], 2),
        "rounding": stored["rounding"],
        "lot_days": stored["lot_days"] or 0,
        "join_bonus": stored["join_bonus"],
        "reserve_days": stored["reserve_days"],
        "rejoin_days": stored["rejoin_days"],
        "purchase_max": plain(largest, exponent),
    }


def _channel(stored: StoredChannel, *, with_secrets: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": stored.kind,
        "address": stored.address,
        "app_id": stored.app_id,
        "region": stored.region,
        "status": stored.status,
        "settings": stored.settings,
    }
    secrets = {"token": stored.token, "secrets": stored.secrets} if with_secrets else {}
    return shown | secrets
