"""Open shops by name or as people type them: of all tenants, since nothing of them is secret."""

from typing import Any, Final

from sqlalchemy import Integer, Text, bindparam, case, func, or_, select, tuple_

from core.values import Shop
from storage.loads.reader import Reader, read
from storage.statements import frozen
from storage.tables import tenant

LIKE_MAX: Final = 8

_NAME: Final = func.lower(tenant.c.name)
_SHOP: Final = select(tenant.c.id.label("tenant_id"), tenant.c.slug, tenant.c.name).where(
    tenant.c.status == "open"
)
_PAGE: Final = frozen(
    _SHOP.where(
        tuple_(_NAME, tenant.c.slug)
        > tuple_(
            func.lower(bindparam("after_name", type_=Text)), bindparam("after_slug", type_=Text)
        )
    )
    .order_by(_NAME, tenant.c.slug)
    .limit(bindparam("limit", type_=Integer))
)
_TYPED: Final = bindparam("typed", type_=Text)
_DASHED: Final = func.replace(_TYPED, " ", "-")
# A join code has no dashes and no spaces, whatever was typed.
_CODE: Final = func.upper(func.replace(_DASHED, "-", ""))
_EXACT: Final = or_(tenant.c.slug == _DASHED, tenant.c.join_code == _CODE)
_WHERE: Final = func.strpos(_NAME, _TYPED)
_FOUND: Final = frozen(
    _SHOP.add_columns(_EXACT.label("exact"))
    .where(or_(_EXACT, _WHERE > 0))
    .order_by(_EXACT.desc(), case((_WHERE == 1, 0), else_=1), _NAME, tenant.c.slug)
    .limit(LIKE_MAX)
)


class ShopLoads:
    """The part of core.ports.Loads about shops as such."""

    _reader: Reader

    async def shops(self, *, after: tuple[str, str] | None, limit: int) -> tuple[Shop, ...]:
        """The next open shops by name."""
        name, slug = after or ("", "")
        rows = await self._reader.rows(_PAGE, after_name=name, after_slug=slug, limit=limit)
        return tuple(read(row, Shop) for row in rows)

    async def shops_like(self, typed: str) -> tuple[Shop, ...]:
        """The shop that was named exactly, else those whose names hold what was typed."""
        rows: list[dict[str, Any]] = await self._reader.rows(_FOUND, typed=typed)
        found = [(row.pop("exact"), read(row, Shop)) for row in rows]
        exact = tuple(shop for is_exact, shop in found if is_exact)
        return exact or tuple(shop for _, shop in found)
