"""A shop of a test's own, made by the command line as a merchant's operator would."""

import secrets
import time
from pathlib import Path

import httpx

from tests.e2e.carriers import Handset, Meta, Twilio
from tests.e2e.process import Gateway, maita

TEMPLATE = """
[tenant]
slug = "{slug}"
name = "Race Shop"
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

[[channels]]
kind = "africastalking_ussd"
address = "{code}"
token = "{token}"

[[channels]]
kind = "twilio_sms"
address = "{sms}"
token = "{token_sms}"
settings = {{ base_url = "{provider}" }}
secrets = {{ account_sid = "AC{account}", auth_token = "{auth}" }}

[[channels]]
kind = "meta_whatsapp"
address = "{number_id}"
app_id = "app-{slug}"
token = "{token_wa}"
settings = {{ base_url = "{provider}" }}
secrets = {{ app_secret = "{app}", verify_token = "{verify}", access_token = "{access}" }}
"""


class Shop:
    """The shop's names and secrets."""

    def __init__(self, number: int, *, stock: int, provider: str) -> None:
        self.slug, self.code = f"race-{number}", f"*77{number}#"
        self.staff, self.sms = f"+26377100{number:04d}", f"+26377200{number:04d}"
        self.number_id = f"9000000000{number:04d}"
        self.token, self.token_sms, self.token_wa = (secrets.token_hex(16) for _ in range(3))
        self.account, self.auth, self.app = (secrets.token_hex(16) for _ in range(3))
        self.verify, self.access = secrets.token_hex(16), secrets.token_hex(16)
        self.stock, self.provider = stock, provider

    def open(self, gateway: Gateway, folder: Path) -> None:
        """Create the tenant."""
        file = folder / f"{self.slug}.toml"
        file.write_text(TEMPLATE.format(**vars(self)))
        maita("tenant", "create", "--from", str(file), env=gateway.env)
        self._seen_by(gateway)

    def _seen_by(self, gateway: Gateway) -> None:
        """Wait until a running gateway has looked at its channels again."""
        asked = {"hub.mode": "subscribe", "hub.verify_token": self.verify, "hub.challenge": "1"}
        url = f"{gateway.url}/public/wa/webhook/{self.token_wa}"
        deadline = time.monotonic() + 15
        while httpx.get(url, params=asked, trust_env=False).status_code != 200:
            assert time.monotonic() < deadline, f"{self.slug} is not known"
            time.sleep(0.1)

    def handset(self, gateway: Gateway, phone: str) -> Handset:
        """A phone that dials the shop's code at a gateway."""
        url = f"{gateway.url}/public/ussd/callback/{self.token}"
        return Handset(url=url, code=self.code, phone=phone)

    def meta(self, gateway: Gateway) -> Meta:
        """Meta, for the shop's WhatsApp number."""
        url = f"{gateway.url}/public/wa/webhook/{self.token_wa}"
        return Meta(url=url, phone_number_id=self.number_id, app_secret=self.app)

    def twilio(self, gateway: Gateway) -> Twilio:
        """Twilio, for the shop's SMS number."""
        return Twilio(
            url=f"{gateway.url}/public/sms/callback/{self.token_sms}",
            number=self.sms,
            account_sid=f"AC{self.account}",
            auth_token=self.auth,
        )


def newcomers(count: int, start: int) -> list[str]:
    """Numbers of Econet Zimbabwe that nobody else uses in these tests."""
    return [f"+26377{start + n:07d}" for n in range(count)]
