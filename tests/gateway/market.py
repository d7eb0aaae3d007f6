"""The tea house beside a salon, on addresses that both share: one short code, one Econet code, one
WhatsApp and one SMS number of the platform's. Behind the code, 45 is tea and 46 the salon.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from core.earning.commands import RecordPurchase
from core.facts import Caller
from core.members.commands import ChangeNotices, Enrol
from core.ports import Command
from core.values import Address, Money
from gateway.commanding import begin, command
from storage.admin.channels import add_channel
from storage.admin.spec import ChannelPart, TenantSpec, decode
from storage.admin.tenants import create_tenant
from storage.turns import PLATFORM
from tests.e2e.carriers import Handset, Meta, Twilio
from tests.gateway.teahouse import (
    ACCOUNT,
    CASHIER,
    SECRET,
    SPEC,
    URL,
    TeaHouse,
    open_tea_house,
)
from tests.shops import ids

SHARED: Final = "fedcba9876543210fedcba9876543210"
CODE: Final = "*123#"
NUMBER: Final = "+263771000123"
NUMBER_ID: Final = "700000000000123"
STYLIST: Final = ("+263771000012", "61935")
SALON: Final = f"""
[tenant]
slug = "rose-salon"
name = "Rose Salon"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
join_code = "ROSE"

[programme]
points_per_unit = 10

[[rewards]]
slug = "manicure"
name = "Manicure"
points = 20

[[rewards]]
slug = "haircut"
name = "Haircut"
points = 40

[[staff]]
name = "Petra"
phone = "{STYLIST[0]}"
pin = "{STYLIST[1]}"
"""
SUB_CODE: Final = """
[[sub_codes]]
kind = "africastalking_ussd"
address = "*123#"
digits = "{digits}"

[[sub_codes]]
kind = "econet_ussd"
address = "449"
digits = "{digits}"
"""
SHORTCUTS: Final = """
[shortcuts]
2 = "REWARDS"
5 = "REDEEM {reward}"
"""


def tea(digits: str = "45") -> TenantSpec:
    return decode(SPEC + SUB_CODE.format(digits=digits) + SHORTCUTS.format(reward="scone"))


def salon(digits: str = "46") -> TenantSpec:
    return decode(SALON + SUB_CODE.format(digits=digits) + SHORTCUTS.format(reward="manicure"))


@dataclass(slots=True, kw_only=True)
class Market:
    """The tea house with all it has, the salon, and the doors they share."""

    house: TeaHouse
    salon: UUID
    whatsapp: Meta
    sms: Twilio

    @property
    def tea(self) -> UUID:
        """The tea house's tenant."""
        return self.house.tenant

    def handset(self, phone: str) -> Handset:
        """A phone that dials the shared code."""
        return Handset(url=f"{URL}/public/ussd/callback/{SHARED}a", code=CODE, phone=phone)

    async def join(self, tenant: UUID, phone: str, points: int = 0, name: str = "Rudo") -> None:
        """A new member with some points (a multiple of ten), who wants no notices."""
        await self.do(tenant, phone, Enrol(name, "en", "We keep your name and number."))
        await self.do(tenant, phone, ChangeNotices(()))
        member = (await self.caller(tenant, phone)).member
        assert member is not None
        if points:
            bought = RecordPurchase(member.id, Money(points * 10, "USD"), again=True)
            await self.do(tenant, (CASHIER if tenant == self.tea else STYLIST)[0], bought)

    async def do(self, tenant: UUID, phone: str, wanted: Command[Any]) -> Any:
        """Run a command as a phone's owner; raises its refusal."""
        key = f"test:{ids.uuid7()}"
        return await command(self.house.rt, tenant, key, wanted, Address("msisdn", phone))

    async def caller(self, tenant: UUID, phone: str) -> Caller:
        """What begin knows of a phone's owner at one of the two."""
        key = f"look:{ids.uuid7()}"
        return (await begin(self.house.rt, tenant, key, Address("msisdn", phone))).caller

    async def chat(self, phone: str, *texts: str) -> list[str]:
        """Say one thing after the other to the shared WhatsApp number; the last answers."""
        await self.house.work_off()
        return await self._shared.chat(phone, *texts)

    async def tap(self, phone: str, choice: str) -> list[str]:
        """Tap a button of the shared WhatsApp number; what it was answered."""
        await self.house.work_off()
        return await self._shared.tap(phone, choice)

    async def text(self, phone: str, *texts: str) -> list[str]:
        """Say one thing after the other to the shared SMS number; the last answers."""
        await self.house.work_off()
        return await self._shared.text(phone, *texts)

    async def change(self, spec: TenantSpec) -> None:
        """Make one of the two what a file says."""
        rt = self.house.rt
        await create_tenant(rt.db, rt.vault, spec, rt.identifiers, rt.hasher, rt.adapters.keys())

    @property
    def _shared(self) -> TeaHouse:
        """The tea house's own ways to talk, at the shared numbers."""
        return replace(self.house, whatsapp=self.whatsapp, sms=self.sms)


@asynccontextmanager
async def open_market(database_url: str, data_dir: Path) -> AsyncIterator[Market]:
    """Open both on a migrated database."""
    async with open_tea_house(database_url, data_dir) as house:
        rt = house.rt
        provider = {"base_url": "http://provider.example"}
        meta = {"app_secret": SECRET, "verify_token": "v", "access_token": "a"}
        twilio = {"account_sid": ACCOUNT, "auth_token": SECRET}
        for kind, address, letter, settings, secrets in (
            ("africastalking_ussd", CODE, "a", {}, {}),
            ("econet_ussd", "449", "b", {}, {}),
            ("meta_whatsapp", NUMBER_ID, "c", provider, meta),
            ("twilio_sms", NUMBER, "d", provider, twilio),
        ):
            part = ChannelPart(
                kind=kind,
                address=address,
                token=f"{SHARED}{letter}",
                settings=settings,
                secrets=secrets,
            )
            await add_channel(rt.db, rt.vault, PLATFORM, part, rt.identifiers)
        kinds = rt.adapters.keys()
        await create_tenant(rt.db, rt.vault, tea(), rt.identifiers, rt.hasher, kinds)
        applied = await create_tenant(rt.db, rt.vault, salon(), rt.identifiers, rt.hasher, kinds)
        await rt.registry.refresh()
        yield Market(
            house=house,
            salon=applied.tenant.id,
            whatsapp=Meta(
                url=f"{URL}/public/wa/webhook/{SHARED}c",
                phone_number_id=NUMBER_ID,
                app_secret=SECRET,
            ),
            sms=Twilio(
                url=f"{URL}/public/sms/callback/{SHARED}d",
                number=NUMBER,
                account_sid=ACCOUNT,
                auth_token=SECRET,
            ),
        )
