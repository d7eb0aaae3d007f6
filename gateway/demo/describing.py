"""The demo in words and as data (docs/contract.md, Numbers and texts). Called by `maita demo`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from core.values import parse_phone
from gateway.adapter import Adapter
from gateway.demo.shops import people, shared, shops
from gateway.doors import entry
from gateway.runtime import Runtime
from storage.admin.spec import ChannelPart, TenantSpec
from storage.admin.tenants import named_tenant


async def describe(rt: Runtime) -> dict[str, Any]:
    """Addresses, tokens, secrets and logins of the demo shops. What has not landed is null."""
    url = rt.settings.public_url
    tenants = [
        _tenant(shop, (await named_tenant(rt.db, shop.tenant.slug)).id, url, rt.adapters)
        for shop in shops(rt.vault, url)
    ]
    channels = [_channel(part, url, rt.adapters[part.kind]) for part in shared(rt.vault, url)]
    return {"url": url, "tenants": tenants, "channels": channels}


def _tenant(
    shop: TenantSpec, tenant_id: UUID, url: str, adapters: Mapping[str, Adapter]
) -> dict[str, Any]:
    region = shop.tenant.region
    return {
        "slug": shop.tenant.slug,
        "id": str(tenant_id),
        "name": shop.tenant.name,
        "country": region,
        "currency": shop.tenant.currency,
        "channels": [_channel(part, url, adapters[part.kind]) for part in shop.channels],
        "staff": [
            {
                "name": who.name,
                "role": who.role,
                "number": who.number,
                "phone": parse_phone(who.phone, region),
                "pin": who.pin,
                "email": None,
                "password": None,
            }
            for who in shop.staff
        ],
        "members": [
            {"name": who.name, "phone": parse_phone(who.phone, region)}
            for who in people(shop.tenant.slug)
        ],
        "rewards": [
            {"name": each.name, "points": each.points, "stock": each.stock} for each in shop.rewards
        ],
        "api_key": None,
        "hmac": {"kid": None, "key": None},
    }


def _channel(part: ChannelPart, url: str, adapter: Adapter) -> dict[str, Any]:
    assert part.token is not None, "completed by shops()"
    return {
        "kind": part.kind,
        "address": part.address,
        "token": part.token,
        "url": entry(adapter, url, part.token),
        "secrets": part.secrets,
    }


def tell(document: dict[str, Any]) -> str:
    """The same for people."""
    return "\n".join(_lines(document))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    yield f"Phones to try: {document['url']}/simulator"
    yield ""
    yield "All shops"
    yield from _channels(document["channels"])
    for tenant in document["tenants"]:
        yield ""
        yield f"{tenant['name']} ({tenant['slug']}, {tenant['country']}, {tenant['currency']})"
        yield from _channels(tenant["channels"])
        for who in tenant["staff"]:
            yield f"  {who['role']:20} {who['phone']:18} {who['name']}, PIN {who['pin']}"
        for who in tenant["members"]:
            yield f"  {'member':20} {who['phone']:18} {who['name']}"
        for reward in tenant["rewards"]:
            stock = "" if reward["stock"] is None else f", {reward['stock']} in stock"
            yield f"  {'reward':20} {reward['points']:<18} {reward['name']}{stock}"


def _channels(channels: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for channel in channels:
        yield f"  {channel['kind']:20} {channel['address']:18} {channel['url']}"
