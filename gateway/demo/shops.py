"""The demo shops as one installation has them: the files, with tokens, secrets and addresses.

Tokens and secrets are derived from MAITA_SECRET_KEY, so that they are the same at every start and
different everywhere else. Pure; called by `loading` and by `maita demo`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from storage.admin.spec import ChannelPart, TenantSpec, decode
from storage.crypto import Vault

SLUGS: Final = ("cafe-aroma", "fresh-fitness", "bella-salon")
SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "africastalking_ussd": (),
    "meta_whatsapp": ("app_secret", "verify_token", "access_token"),
    "twilio_sms": ("account_sid", "auth_token"),
}
"""What each kind of channel needs to know (gateway.adapter.Channel)."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A demo member. `purchases`: amounts in the shop's currency; `redeemed`: slugs of rewards."""

    name: str
    phone: str
    purchases: tuple[str, ...] = ()
    redeemed: tuple[str, ...] = ()


def shops(vault: Vault, public_url: str) -> list[TenantSpec]:
    """The three shops, for the installation with this key at this URL."""
    return [_completed(_file(slug), vault, public_url) for slug in SLUGS]


def shared(vault: Vault, public_url: str) -> list[ChannelPart]:
    """The channels that all shops share: a code, a WhatsApp and an SMS number."""
    parts = msgspec.convert(tomllib.loads(_text("shared.toml"))["channels"], list[ChannelPart])
    return [_channel(part, "platform", vault, public_url) for part in parts]


@cache
def people(slug: str) -> tuple[Person, ...]:
    """The members of a demo shop."""
    listed = tomllib.loads(_text("people.toml"))[slug]
    return msgspec.convert(listed, tuple[Person, ...])


def home_of(kind: str, public_url: str) -> str:
    """Where the simulator plays the carrier of a kind."""
    return f"{public_url}/simulator/carrier/{kind}"


def _completed(shop: TenantSpec, vault: Vault, public_url: str) -> TenantSpec:
    slug = shop.tenant.slug
    channels = tuple(_channel(part, slug, vault, public_url) for part in shop.channels)
    return msgspec.structs.replace(shop, channels=channels)


def _channel(part: ChannelPart, slug: str, vault: Vault, public_url: str) -> ChannelPart:
    def drawn(name: str) -> str:
        return vault.mac("demo", slug, part.kind, name)[:16].hex()

    secrets = {name: drawn(name) for name in SECRETS[part.kind]}
    if "account_sid" in secrets:
        secrets["account_sid"] = f"AC{secrets['account_sid']}"
    settings: dict[str, Any] = dict(part.settings)
    if SECRETS[part.kind]:
        settings["base_url"] = home_of(part.kind, public_url)
    return msgspec.structs.replace(part, token=drawn("token"), settings=settings, secrets=secrets)


@cache
def _file(slug: str) -> TenantSpec:
    return decode(_text(f"{slug}.toml"))


def _text(name: str) -> str:
    return (files("gateway.demo") / name).read_text(encoding="utf-8")
