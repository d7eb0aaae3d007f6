"""What may be entered for a channel, kind by kind: its address, its settings and its secrets.

Called by the commands that take them from people, so that a typing mistake is told at once and not
found by the first customer. A kind without a row takes what every kind knows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.commands.failing import Wrong

if TYPE_CHECKING:
    from gateway.adapter import Adapter
    from gateway.declared.carrier import Declared

Rule = Callable[[str, bool], bool]
"""Whether a value may be entered; told whether this is dev."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of channel. `address`: what the payload names, and how to say it. `needed`: secrets
    without which it hears or says nothing. `secrets` may end in `_old` during a rotation. `rules`:
    how settings that are its own are looked at."""

    address: re.Pattern[str] = re.compile(r".+")
    looks: str = "text"
    settings: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    needed: tuple[str, ...] = ()
    any_secret: bool = False
    signed: bool = True
    rules: Mapping[str, tuple[Rule, str]] = field(default_factory=dict)


_CODE: Final = re.compile(r"\*?[0-9]{1,8}(?:\*[0-9]{1,8})*#?")
_SENDER: Final = re.compile(r"\+?[0-9]{3,15}|[0-9A-Za-z][0-9A-Za-z ._-]{0,10}")
_ECONET: Final = (
    *(
        "application_id",
        "content_type",
        "namespace",
        "namespaces",
        "number_form",
        "numbers",
        "prefix",
    ),
    *("request_time", "retry_window_s", "stage_end", "stage_first", "stage_more", "stage_next"),
    *("type_end", "type_more"),
)
"""What integrations of the same product do differently (gateway/channels/econet_ussd.py)."""

KINDS: Final[Mapping[str, Kind]] = {
    "africastalking_sms": Kind(
        address=_SENDER,
        looks="a number, a short code or a sender's name",
        settings=frozenset({"sender"}),
        secrets=frozenset({"api_key", "shared_secret", "username"}),
        needed=("username", "api_key"),
        signed=False,
    ),
    "africastalking_ussd": Kind(
        address=re.compile(r"\*[0-9]{1,8}(?:\*[0-9]{1,8})*#"),
        looks="a star-code such as *384*123#",
        settings=frozenset({"session_ttl_s"}),
        secrets=frozenset({"api_key", "shared_secret", "username"}),
        signed=False,
    ),
    "econet_ussd": Kind(
        address=_CODE,
        looks="a code such as *440#",
        settings=frozenset({"session_ttl_s", *_ECONET}),
        secrets=frozenset({"application_password", "shared_secret"}),
        signed=False,
    ),
    "kannel_sms": Kind(
        address=_SENDER,
        looks="a number, a short code or a sender's name",
        settings=frozenset({"dlr_mask", "sender", "smsc"}),
        secrets=frozenset({"password", "shared_secret", "username"}),
        needed=("username", "password"),
        signed=False,
    ),
    "meta_whatsapp": Kind(
        address=re.compile(r"[0-9]{5,20}"),
        looks="the phone_number_id, which is digits only",
        settings=frozenset({"api_version", "display_phone_number", "waba_id"}),
        secrets=frozenset({"access_token", "app_secret", "verify_token"}),
        needed=("app_secret", "verify_token", "access_token"),
    ),
    "twilio_whatsapp": Kind(
        address=re.compile(r"\+[1-9][0-9]{6,14}"),
        looks="a number such as +263772660199",
        settings=frozenset({"display_phone_number", "messaging_service_sid", "messaging_url"}),
        secrets=frozenset({"account_sid", "auth_token", "webhooks_sharedkey"}),
        needed=("account_sid", "auth_token"),
    ),
    "twilio_sms": Kind(
        address=re.compile(r"\+[1-9][0-9]{6,14}"),
        looks="a number such as +263772660199",
        settings=frozenset({"display_phone_number", "messaging_service_sid"}),
        secrets=frozenset({"account_sid", "auth_token", "webhooks_sharedkey"}),
        needed=("account_sid", "auth_token"),
    ),
}
OTHER: Final = Kind(settings=frozenset({"session_ttl_s"}), any_secret=True)
ALWAYS: Final = frozenset({"allow", "base_url"})
"""Settings of every kind."""


def check_values(
    kind: str, told: Mapping[str, str], adapters: Mapping[str, "Adapter"], *, dev: bool
) -> None:
    """Look at what was told of a channel: `address`, `settings.<name>`, `secrets.<name>`; an empty
    setting or secret is being taken away. Raises Wrong, which never repeats a secret."""
    row = row_of(kind, adapters)
    for key, value in told.items():
        table, _, name = key.partition(".")
        if key == "address" and not row.address.fullmatch(value):
            raise Wrong(f"The address {value!r} does not fit {kind}: it is {row.looks}.")
        if table == "settings":
            _check_setting(kind, row, name, value, dev=dev)
        elif table == "secrets" and not row.any_secret:
            known = name.removesuffix("_old") in row.secrets
            _known(known, kind, "secret", name, row.secrets)


PROOF: Final = "shared_secret=…"
"""What proves a carrier that signs nothing, beside the token in its URL."""


def missing(
    kind: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    adapters: Mapping[str, "Adapter"],
) -> list[str]:
    """What a channel still needs, as the words that `channel set` takes."""
    row = row_of(kind, adapters)
    lacks = [f"{name}=…" for name in row.needed if not secrets.get(name)]
    if not row.signed and not (settings.get("allow") or secrets.get("shared_secret")):
        lacks.append(PROOF)
    return lacks


def row_of(kind: str, adapters: Mapping[str, "Adapter"]) -> Kind:
    """The row of a kind: written above, or drawn from its table where it is declared."""
    from gateway.declared.carrier import Declared
    from gateway.declared.table import OWN_SETTINGS

    adapter = adapters.get(kind)
    if not isinstance(adapter, Declared):
        return KINDS.get(kind, OTHER)
    rules = {name: _rule_of(adapter, name, allowed) for name, allowed in adapter.allowed.items()}
    return Kind(
        address=_CODE,
        looks="a code such as *440#",
        settings=OWN_SETTINGS | rules.keys(),
        secrets=frozenset({"shared_secret"}),
        signed=False,
        rules=rules,
    )


def _rule_of(adapter: "Declared", name: str, allowed: Sequence[str]) -> tuple[Rule, str]:
    if allowed:
        return _one_of(allowed)
    plain, looks = _PLAIN
    return (lambda value, dev: plain(value, dev) and adapter.takes(name, value)), looks


def _one_of(allowed: Sequence[str]) -> tuple[Rule, str]:
    return (lambda value, _: value in allowed), f"one of {', '.join(allowed)}"


def _check_setting(kind: str, row: Kind, name: str, value: str, *, dev: bool) -> None:
    names = row.settings | ALWAYS
    _known(name in names, kind, "setting", name, names)
    rule, looks = row.rules.get(name) or RULES[name]
    if value and not rule(value, dev):
        raise Wrong(f"{name} is not right: it is {looks}.")


def _known(known: bool, kind: str, what: str, name: str, names: frozenset[str]) -> None:
    if not known:
        listed = ", ".join(sorted(names))
        raise Wrong(f"{kind} has no {what} {name!r}: choose from {listed}.")


def _is_url(value: str, dev: bool) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username) and value.isascii()
    if not (plain and parts.hostname) or re.search(r"\s", value):
        return False
    near = dev or _is_loopback(parts.hostname)
    return parts.scheme == "https" or (parts.scheme == "http" and near)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_time(value: str, _: bool) -> bool:
    return bool(re.fullmatch(r"[0-9]{2,3}", value)) and 30 <= int(value) <= 600


def _are_networks(value: str, _: bool) -> bool:
    try:
        return bool([ip_network(word) for word in value.split()])
    except ValueError:
        return False


def _like(pattern: str) -> Rule:
    return lambda value, _: bool(re.fullmatch(pattern, value))


_PLAIN: Final = (_like(r"[ -~]{1,200}"), "a short plain text")

RULES: Final[Mapping[str, tuple[Rule, str]]] = {
    "allow": (_are_networks, "addresses or networks such as 192.0.2.0/24, with spaces between"),
    "api_version": (_like(r"v[0-9]{1,3}\.[0-9]"), "a version such as v25.0"),
    "base_url": (_is_url, "an https:// URL (http:// on this machine, or in dev)"),
    "display_phone_number": (_like(r"\+[1-9][0-9]{6,14}"), "a number such as +263772660199"),
    "messaging_service_sid": (_like(r"MG[0-9A-Za-z]{1,40}"), "the SID that begins with MG"),
    "messaging_url": (_is_url, "an https:// URL (http:// on this machine, or in dev)"),
    "dlr_mask": (_like(r"[0-9]{1,3}"), "a number such as 31"),
    "sender": (_like(_SENDER.pattern), "a number, a short code or a sender's name"),
    "smsc": (_like(r"[!-~]{1,40}"), "the name of an SMSC"),
    "session_ttl_s": (_is_time, "a number of seconds from 30 to 600"),
    "waba_id": (_like(r"[0-9]{5,20}"), "digits only"),
    **dict.fromkeys(_ECONET, _PLAIN),
    "number_form": _one_of(["same", "international", "local"]),
    "numbers": _one_of(["echo", "swap"]),
    "request_time": _one_of(["message", "session"]),
    "retry_window_s": (_like(r"[1-9][0-9]?"), "a number of seconds from 1 to 99"),
}
"""How the value of a setting is looked at, and what to say of it."""
