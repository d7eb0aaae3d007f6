"""Puts the demo shops, their people and what those did into the database, once.

People join, buy and redeem by the same commands as everybody; each has a key, so that loading
twice, or again after a crash, changes nothing. Called by `maita run` and `maita demo`, in dev.
"""

from typing import Any, Final
from uuid import UUID

from core.earning.commands import RecordPurchase
from core.members.commands import Enrol
from core.ports import Command
from core.rewards.commands import Redeem
from core.values import Address, parse_amount, parse_phone
from gateway.commanding import AlreadyDone, begin, command
from gateway.demo.shops import Person, home_of, people, shared, shops
from gateway.runtime import Runtime
from storage.admin.channels import add_channel, set_channel, stored_channels
from storage.admin.spec import TenantSpec
from storage.admin.tenants import create_tenant, find_tenant
from storage.readiness import refresh_statistics
from storage.turns import PLATFORM

WORDING: Final = "Demo data."


async def load(rt: Runtime) -> None:
    """Make the demo whole. Raises Unavailable."""
    created = False
    await _share(rt)
    for shop in shops(rt.vault, rt.settings.public_url):
        found = await find_tenant(rt.db, shop.tenant.slug)
        if found is None:
            kinds = rt.adapters.keys()
            found = (
                await create_tenant(rt.db, rt.vault, shop, rt.identifiers, rt.hasher, kinds)
            ).tenant
            created = True
        else:
            await _follow_the_url(rt, found.id)
        for person in people(shop.tenant.slug):
            await _live(rt, found.id, shop, person)
    await rt.registry.refresh()
    if created and rt.settings.database_owner_url:
        # Plans made for empty tables would be kept, and are slow on full ones.
        refresh_statistics(rt.settings.database_owner_url)


async def _share(rt: Runtime) -> None:
    """The platform's channels come first: the shops' sub-codes stand behind its code."""
    stored = await stored_channels(rt.db, rt.vault, PLATFORM)
    known = {(each.kind, each.address) for each in stored}
    for part in shared(rt.vault, rt.settings.public_url):
        if (part.kind, part.address) not in known:
            await add_channel(rt.db, rt.vault, PLATFORM, part, rt.identifiers)
    await _follow_the_url(rt, PLATFORM)


async def _follow_the_url(rt: Runtime, tenant: UUID) -> None:
    """The simulator may have moved to another port; a carrier that somebody set stays."""
    for channel in await stored_channels(rt.db, rt.vault, tenant):
        home, base = home_of(channel.kind, rt.settings.public_url), channel.settings.get("base_url")
        if base and base != home and base.endswith(home_of(channel.kind, "")):
            await set_channel(rt.db, rt.vault, channel.token, {"settings.base_url": home})


async def _live(rt: Runtime, tenant: UUID, shop: TenantSpec, person: Person) -> None:
    """One member's life so far."""
    region, currency = shop.tenant.region, shop.tenant.currency
    member = Address("msisdn", parse_phone(person.phone, region))
    cashier = Address("msisdn", parse_phone(shop.staff[-1].phone, region))
    key = f"demo:{member.value}"
    await _once(rt, tenant, f"{key}:join", Enrol(person.name, "en", WORDING), member)
    caller = (await begin(rt, tenant, f"{key}:look", member)).caller
    assert caller.member is not None, "joined above"
    for number, amount in enumerate(person.purchases):
        bought = RecordPurchase(
            caller.member.id, parse_amount(amount, currency), again=True, source="demo"
        )
        await _once(rt, tenant, f"{key}:purchase:{number}", bought, cashier)
    slugs = {reward.slug: reward.id for reward in caller.programme.rewards}
    for slug in person.redeemed:
        await _once(rt, tenant, f"{key}:redeem:{slug}", Redeem(slugs[slug]), member)


async def _once(
    rt: Runtime, tenant: UUID, key: str, wanted: Command[Any], address: Address
) -> None:
    try:
        await command(rt, tenant, key, wanted, address)
    except AlreadyDone:
        return
