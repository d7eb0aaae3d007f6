"""A shop of a test's own with a channel of every kind, made by the command line as a merchant's
operator would."""

import json
import secrets
import time
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from tests.e2e.carriers import Handset, Meta, Provider, Twilio
from tests.e2e.phone import Phone
from tests.e2e.process import PATIENCE_S, Gateway, maita
from tests.e2e.speakers import SPEAKERS
from tests.e2e.speech import Line, Said

TEMPLATE = """
[tenant]
slug = "{slug}"
name = "{name}"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
dial = "{code}"

[programme]
points_per_unit = 10
join_bonus = 150

[[rewards]]
slug = "last-mugs"
name = "Last Mugs"
category = "Shop"
points = 100
stock = {stock}
approval = true

[[staff]]
name = "Chipo"
phone = "{staff}"
pin = "73915"
"""


class Shop:
    """The shop's names and secrets. `lines`: its channels by kind; the answers of those that send
    them go to `provider`."""

    def __init__(self, number: int, *, stock: int, provider: str) -> None:
        self.slug, self.name, self.stock = f"race-{number}", f"Race Shop {number}", stock
        self.staff = f"+26377100{number:04d}"
        self.lines = {
            kind: speaker.line(number, secrets.token_hex(16), provider)
            for kind, speaker in SPEAKERS.items()
        }
        self.code = self.lines["africastalking_ussd"].address
        self.meta_line, self.sms_line = self.lines["meta_whatsapp"], self.lines["twilio_sms"]

    def open(self, gateway: Gateway, folder: Path) -> None:
        """Create the tenant."""
        file = folder / f"{self.slug}.toml"
        whole = [TEMPLATE.format(**vars(self)), *(_table(line) for line in self.lines.values())]
        file.write_text("\n".join(whole))
        maita("tenant", "create", "--from", str(file), env=gateway.env)
        self._seen_by(gateway)

    def _seen_by(self, gateway: Gateway) -> None:
        """Wait until a running gateway has looked at its channels again."""
        token = self.meta_line.secrets["verify_token"]
        asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1"}
        url = f"{gateway.url}/public/wa/webhook/{self.meta_line.token}"
        deadline = time.monotonic() + PATIENCE_S
        with httpx.Client(timeout=PATIENCE_S, trust_env=False) as http:
            while http.get(url, params=asked).status_code != 200:
                assert time.monotonic() < deadline, f"{self.slug} is not known"
                time.sleep(0.1)

    def phone(
        self, kind: str, number: str, gateway: Gateway, http: httpx.AsyncClient, provider: Provider
    ) -> Phone:
        """A phone on the shop's line of a kind, whose carrier comes to this gateway."""
        return Phone(
            line=self.lines[kind],
            url=gateway.env["MAITA_PUBLIC_URL"],
            door=gateway.url,
            http=http,
            provider=provider,
            said=Said(phone=number, session="0"),
        )

    def handset(self, gateway: Gateway, phone: str) -> Handset:
        """A phone that dials the shop's code at a gateway."""
        token = self.lines["africastalking_ussd"].token
        return Handset(
            url=f"{gateway.url}/public/ussd/callback/{token}", code=self.code, phone=phone
        )

    def meta(self, gateway: Gateway) -> Meta:
        """Meta, for the shop's WhatsApp number."""
        return Meta(
            url=f"{gateway.url}/public/wa/webhook/{self.meta_line.token}",
            phone_number_id=self.meta_line.address,
            app_secret=self.meta_line.secrets["app_secret"],
        )

    def twilio(self, gateway: Gateway) -> Twilio:
        """Twilio, for the shop's SMS number."""
        return Twilio(
            url=f"{gateway.url}/public/sms/callback/{self.sms_line.token}",
            number=self.sms_line.address,
            account_sid=self.sms_line.secrets["account_sid"],
            auth_token=self.sms_line.secrets["auth_token"],
        )

    def given(self, connection: psycopg.Connection) -> int:
        """How many rewards the shop has given, as the database knows."""
        row = connection.execute(
            "select count(*) from issuance join tenant on tenant.id = tenant_id where slug = %s",
            [self.slug],
        ).fetchone()
        assert row is not None
        return int(row[0])


def kept(connection: psycopg.Connection, shop: Shop) -> dict[str, int]:
    """How many rows of a tenant there are, by table. Its jobs come and go, and the carrier watch
    writes every few seconds what it counted before."""
    tables = connection.execute(
        "select table_name from information_schema.columns join information_schema.tables"
        " using (table_schema, table_name) where table_schema = 'public'"
        " and column_name = 'tenant_id' and table_type = 'BASE TABLE'"
        " and table_name not in ('job', 'carrier_hour', 'carrier_seen')"
    ).fetchall()
    counts = {}
    for (table,) in tables:
        counted = sql.SQL(
            "select count(*) from {} t join tenant on tenant.id = t.tenant_id"
            " where tenant.slug = %s"
        ).format(sql.Identifier(table))
        row = connection.execute(counted, [shop.slug]).fetchone()
        assert row is not None
        counts[table] = row[0]
    assert len(counts) > 10
    return counts


def newcomers(count: int, start: int) -> list[str]:
    """Numbers of Econet Zimbabwe that nobody else uses in these tests."""
    return [f"+26377{start + n:07d}" for n in range(count)]


def _table(line: Line) -> str:
    """The channel's part of the shop's file."""
    rows = [f"{name} = {json.dumps(getattr(line, name))}" for name in ("kind", "address", "token")]
    rows += [f"app_id = {json.dumps(line.app_id)}"] if line.app_id else []
    for name in ("settings", "secrets"):
        given = getattr(line, name).items()
        rows.append(f"{name} = {{ {', '.join(f'{k} = {json.dumps(v)}' for k, v in given)} }}")
    return "\n".join(["[[channels]]", *rows, ""])
