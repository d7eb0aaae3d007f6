"""A whole gateway in this process over a real database, with one shop on every kind of channel.

Requests enter through the ASGI application as carriers send them; what the shop sends arrives at a
provider of our own. The clock of turns can be put forward; jobs run when a test says so.
"""

import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx

from core.earning.commands import RecordPurchase
from core.facts import Caller
from core.members.commands import Enrol
from core.ports import Command
from core.values import Address, Money
from gateway.app import build
from gateway.commanding import begin, command
from gateway.fitting import fault
from gateway.jobs import HANDLERS
from gateway.runtime import Runtime, open_runtime
from gateway.settings import Settings
from storage.admin.spec import decode
from storage.admin.tenants import create_tenant
from storage.admin.texts import set_text
from storage.turns import Turns
from tests.conftest import PATIENCE_S
from tests.e2e.carriers import Handset, Meta, Provider, Twilio
from tests.shops import ids

URL: Final = "http://teahouse.example"
TOKEN: Final = "0123456789abcdef0123456789abcdef"
CODE: Final = "*777#"
NUMBER: Final = "+263771000009"
NUMBER_ID: Final = "700000000000009"
ACCOUNT: Final = "AC" + "0" * 32
SECRET: Final = "the secret of the Meta app, and of Twilio"
OPERATOR_KEY: Final = "the key of whoever runs the tea house"
CASHIER: Final = ("+263771000002", "70425")
MANAGER: Final = ("+263771000001", "48213")
SPEC: Final = f"""
[tenant]
slug = "tea-house"
name = "Tea House"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
dial = "{CODE}"
help_line = "+263771000000"

[programme]
points_per_unit = 10

[[rewards]]
slug = "scone"
name = "Scone"
points = 20

[[rewards]]
slug = "pot-of-tea"
name = "Pot of Tea"
points = 30
approval = true

[[rewards]]
slug = "mug"
name = "Mug"
points = 50
stock = 9

[[staff]]
name = "Layla"
role = "manager"
phone = "{MANAGER[0]}"
pin = "{MANAGER[1]}"

[[staff]]
name = "Sami"
phone = "{CASHIER[0]}"
pin = "{CASHIER[1]}"

[[channels]]
kind = "africastalking_ussd"
address = "{CODE}"
token = "{TOKEN}a"

[[channels]]
kind = "africastalking_ussd"
address = "*778#"
token = "{TOKEN}b"

[[channels]]
kind = "econet_ussd"
address = "440"
token = "{TOKEN}1"

[[channels]]
kind = "econet_ussd"
address = "441"
token = "{TOKEN}2"
settings = {{ request_time = "session", retry_window_s = "10" }}

[[channels]]
kind = "meta_whatsapp"
address = "{NUMBER_ID}"
app_id = "tea"
token = "{TOKEN}c"
settings = {{ base_url = "http://provider.example" }}
secrets = {{ app_secret = "{SECRET}", verify_token = "v", access_token = "a" }}

[[channels]]
kind = "twilio_sms"
address = "{NUMBER}"
token = "{TOKEN}d"
settings = {{ base_url = "http://provider.example" }}
secrets = {{ account_sid = "{ACCOUNT}", auth_token = "{SECRET}" }}
"""


@dataclass(slots=True, kw_only=True)
class TeaHouse:
    """The shop, its doors and the carriers in front of them."""

    rt: Runtime
    turns: Turns
    tenant: UUID
    http: httpx.AsyncClient
    provider: Provider
    whatsapp: Meta
    sms: Twilio

    def handset(self, phone: str) -> Handset:
        """A phone that dials the shop."""
        return Handset(url=f"{URL}/public/ussd/callback/{TOKEN}a", code=CODE, phone=phone)

    def alarms(self, what: str) -> int:
        """How often an operator was called for this reason."""
        counted = self.rt.metrics.render().decode()
        found = re.search(rf'maita_alarms_total{{what="{what}"}} ([0-9.]+)', counted)
        return int(float(found[1])) if found else 0

    def later(self, **span: float) -> None:
        """Put the clock of turns forward, as timedelta's arguments say."""
        self.turns.ahead += timedelta(**span)

    async def do(self, sender: str, wanted: Command[Any]) -> Any:
        """Run a command as a phone's owner; raises its refusal."""
        person = Address("msisdn", sender)
        return await command(self.rt, self.tenant, f"test:{ids.uuid7()}", wanted, person)

    async def caller(self, phone: str) -> Caller:
        """What begin knows of a phone's owner."""
        key = f"look:{ids.uuid7()}"
        return (await begin(self.rt, self.tenant, key, Address("msisdn", phone))).caller

    async def join(self, phone: str, points: int = 0, name: str = "Rudo") -> UUID:
        """A new member with some points (a multiple of ten); answers their id."""
        await self.do(phone, Enrol(name, "en", "We keep your name and number."))
        member = (await self.caller(phone)).member
        assert member is not None
        if points:
            await self.award(phone, points)
        return member.id

    async def at_home(self, number: str) -> Handset:
        """A new member's phone at home, 400 points in the wallet."""
        await self.join(number, 400)
        await self.work_off()
        handset = self.handset(number)
        await handset.dial(self.http)
        return handset

    async def award(self, phone: str, points: int) -> None:
        """A member's purchase for so many points (a multiple of ten)."""
        member = (await self.caller(phone)).member
        assert member is not None
        bought = RecordPurchase(member.id, Money(points * 10, "USD"), again=True)
        await self.do(CASHIER[0], bought)

    async def say_as(self, tenant: UUID, language: str, message: str, *forms: str) -> None:
        """Let a shop say a text in its own words."""
        await set_text(self.rt.db, tenant, language, message, forms, fault)

    async def work_off(self) -> list[str]:
        """Run the jobs that are due until there are none; answers what the shop sent meanwhile."""
        before = len(self.provider.messages())
        while claimed := await self.rt.jobs.claim():
            for job in claimed:
                assert await HANDLERS[job.kind](self.rt, job) is None, job
                await self.rt.jobs.done(job)
        return [said(fields) for fields in self.provider.messages()[before:]]

    async def chat(self, sender: str, *texts: str, late_s: float = 0) -> list[str]:
        """Say one thing after the other by WhatsApp, each of which took so long to reach us; what
        the last one was answered."""
        sent: list[str] = []
        for text in texts:
            sent = await self._write(sender, {"type": "text", "text": {"body": text}}, late_s)
        return sent

    async def tap(self, sender: str, choice: str, late_s: float = 0) -> list[str]:
        """Tap a button by WhatsApp; what it was answered."""
        reply = {"type": "button_reply", "button_reply": {"id": choice, "title": "A button"}}
        return await self._write(sender, {"type": "interactive", "interactive": reply}, late_s)

    async def _write(self, sender: str, content: dict[str, Any], late_s: float) -> list[str]:
        sent_at = time.time() + self.turns.ahead.total_seconds() - late_s
        told = content | {"timestamp": str(int(sent_at))}
        body = self.whatsapp.body(self.whatsapp.message(sender, told))
        assert (await self.whatsapp.post(self.http, body)).status_code == 200
        return await self.work_off()

    async def text(self, sender: str, *texts: str) -> list[str]:
        """Say one thing after the other by SMS; what the last one was answered."""
        sent: list[str] = []
        for text in texts:
            assert (await self.sms.text(self.http, sender, text)).status_code == 200
            sent = await self.work_off()
        return sent


def said(fields: dict[str, Any]) -> str:
    """The words of a message as the provider got it."""
    if "Body" in fields:
        return str(fields["Body"])
    kind = fields["type"]
    content = fields[kind]
    text = content.get("body", content.get("caption", ""))
    return str(text["text"] if isinstance(text, dict) else text)


@asynccontextmanager
async def open_tea_house(
    database_url: str, data_dir: Path, carriers_dir: Path | None = None
) -> AsyncIterator[TeaHouse]:
    """Open the shop on a migrated database. `carriers_dir`: tables of further carriers."""
    settings = Settings(
        env="dev",
        data_dir=data_dir,
        database_url=database_url,
        secret_key=b"a key that only the tests of the gateway know",
        operator_key=OPERATOR_KEY.encode(),
        public_url=URL,
        carriers_dir=carriers_dir,
        turn_timeout_s=PATIENCE_S,
        database_timeout_s=PATIENCE_S,
    )
    async with AsyncExitStack() as stack:
        rt = await stack.enter_async_context(open_runtime(settings))
        applied = await create_tenant(
            rt.db, rt.vault, decode(SPEC), rt.identifiers, rt.hasher, rt.adapters.keys()
        )
        await rt.registry.refresh()
        provider = Provider()
        client = httpx.AsyncClient(transport=httpx.ASGITransport(provider))
        turns = Turns(rt.db, rt.vault, rt.programmes)
        rt = replace(rt, turns=turns, http=await stack.enter_async_context(client))
        transport = httpx.ASGITransport(await build(rt, worker=False))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        yield TeaHouse(
            rt=rt,
            turns=turns,
            tenant=applied.tenant.id,
            http=http,
            provider=provider,
            whatsapp=Meta(
                url=f"{URL}/public/wa/webhook/{TOKEN}c",
                phone_number_id=NUMBER_ID,
                app_secret=SECRET,
            ),
            sms=Twilio(
                url=f"{URL}/public/sms/callback/{TOKEN}d",
                number=NUMBER,
                account_sid=ACCOUNT,
                auth_token=SECRET,
            ),
        )
