"""What a channel kind must be: one module of pure functions, bytes to messages and back.

A module of `gateway.channels` is an Adapter when it has these names at its top level; `kind` is
its file's name. So is a table there (gateway/declared). Both are discovered, never registered
(gateway/kinds.py). No I/O, no clock.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from core.values import Address
from gateway.inbound import Event, HttpRequest, HttpResponse, Inbound, Malformed
from gateway.render import Page, Profile

__all__ = [
    "Adapter", "Channel", "Forged", "Malformed", "Outgoing", "Peers", "Profile", "Refusal",
    "Refused", "Sent", "Unknown", "Verdict", "matches", "refused", "reported",
    "require_other_proofs", "require_two_proofs", "shown_secret",
]  # fmt: skip


class Forged(Exception):
    """The request does not prove where it comes from. The message is a fixed reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A configured connection, as the registry caches it. `secrets` by kind: app_secret,
    verify_token, access_token, account_sid, auth_token, webhooks_sharedkey, shared_secret,
    api_key, username; a second one of a rotation ends in `_old`. `settings` by kind, `base_url`
    among them. `region`: ISO 3166 of the senders' numbers."""

    id: UUID
    owner: UUID
    kind: str
    address: str
    token: str = field(repr=False)
    region: str
    app_id: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def either(self, name: str) -> tuple[str, ...]:
        """A secret and, during a rotation, the one before it; empty ones never count."""
        if not self.secrets:
            return ()
        found = (self.secrets.get(name), self.secrets.get(f"{name}_old"))
        return tuple(secret for secret in found if secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to send. `recipient` is E.164 or a BSUID; `media_url` where the carrier fetches
    the picture of `page.image`. `id` travels with it where the carrier echoes such a thing."""

    id: UUID
    recipient: Address | str = field(repr=False)
    page: Page
    mark_read: str | None = None
    status_url: str = field(default="", repr=False)
    media_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The carrier took it, under this id ("" for what has none: a read mark)."""

    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The carrier said no. `retryable`: later may work, after `retry_after_s` where it said so;
    `throttled`: we were too fast, which is no fault of the message; `once`: one more try is all
    that makes sense. `opted_out`: the person does not want messages. `fallback`: try another way
    (`sms`, `template`). `alert`: our configuration is wrong."""

    reason: str
    retryable: bool = False
    throttled: bool = False
    once: bool = False
    retry_after_s: int | None = None
    opted_out: bool = False
    fallback: Literal["sms", "template"] | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been sent: wait for the status, then send once more."""


Verdict = Sent | Refused | Unknown


Refusal = Literal["forged", "malformed", "busy", "ended"]
"""Why a request is not heard: no proof of origin, not this carrier's form, not now (nothing was
changed, later may work), or a session that cannot go on."""


class Adapter(Protocol):
    """One carrier product."""

    PROFILE: Profile

    def verify(self, request: HttpRequest, channel: Channel, peers: "Peers") -> None:
        """Raise Forged unless the request proves its origin, on raw bytes."""

    def parse(self, request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
        """Read all events of the request, or raise Malformed. Never trusts what it reads."""

    def address_of(self, request: HttpRequest) -> str | None:
        """The business address in an unverified body, to find the channel when the URL has no
        token; None when there is none."""

    def render(self, page: Page | None, inbound: Inbound | None) -> HttpResponse:
        """The answer to the request; None is a bare acknowledgement."""

    def refuse(self, reason: Literal["forged", "malformed", "busy", "ended"]) -> HttpResponse:
        """The fixed answer in this carrier's form: to a forged or malformed request, when we are
        busy (nothing was changed), and to a step of a session that has ended."""

    def compose(self, outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
        """The carrier requests that send it, in order; [] when this channel cannot push. The
        failure of one that is `best_effort` does not stop the others."""

    def judge(self, response: HttpResponse | None) -> Verdict:
        """What the answer to one of those requests means; None: no answer came."""

    def judge_report(self, code: str) -> Refused:
        """What the error code of a delivery report means, told after the carrier had taken the
        message: it is not sent again, whatever the code. "" when none was told."""


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge knows of where a request came from: `token` when the channel's token was in
    the path, `allowed` when the real peer is on the channel's list, `mtls` when it showed a
    client certificate of ours, `dev` in MAITA_ENV=dev on loopback."""

    token: bool = False
    allowed: bool = False
    mtls: bool = False
    dev: bool = False


def require_two_proofs(request: HttpRequest, channel: Channel, peers: Peers) -> None:
    """Raise Forged unless a carrier without signatures gives two proofs (security.md 13).

    A shared secret that is configured must be shown whatever else proves the peer: in the header
    `x-maita-secret`, or as the password of basic or the token of bearer authentication.
    """
    secrets = channel.either("shared_secret")
    knows = bool(secrets) and matches(shown_secret(request), secrets)
    if secrets and not knows:
        raise Forged("the shared secret is missing or wrong")
    if not peers.dev and sum((peers.token, peers.allowed, peers.mtls, knows)) < 2:
        raise Forged("too few proofs of origin")


def require_other_proofs(channel: Channel, peers: Peers) -> None:
    """Raise Forged unless a call in which the carrier never shows the configured shared secret is
    proved without it: by the channel's token in any case, and by the peer's address where the
    channel lists some. Only for calls that say nothing for a person (the end of a session)."""
    listed = bool(channel.settings.get("allow"))
    if not peers.dev and not (peers.token and (peers.allowed or not listed)):
        raise Forged("too few proofs of origin")


def has_two_proofs(channel: Channel) -> bool:
    """Whether a channel whose carrier signs nothing is set up to be proved by more than the token
    in its URL (security.md 13)."""
    return bool(channel.settings.get("allow") or channel.either("shared_secret"))


def matches(shown: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets is shown, in the same time whichever it is. Compared as bytes:
    as text, what is not ASCII would raise."""
    read = shown.encode("utf-8", "surrogatepass")
    return True in [hmac.compare_digest(read, secret.encode()) for secret in secrets]


def refused(response: HttpResponse, code: int | None, table: Mapping[int, Refused]) -> Refused:
    """A carrier's error as its code table says, else by HTTP status: 429 and 5xx later, 401, 403
    and 3xx our configuration, the rest for good. Honours Retry-After."""
    status = response.status
    if code is not None and code in table:
        known = table[code]
        verdict = replace(known, reason=f"{known.reason} {code}")
    else:
        verdict = Refused(
            reason=f"http {status}" if code is None else f"http {status} code {code}",
            retryable=status in (408, 429) or status >= 500,
            alert=status in (401, 403) or status < 400,
        )
    if not verdict.retryable:
        return verdict
    throttled = verdict.throttled or status == 429
    return replace(verdict, throttled=throttled, retry_after_s=response.retry_after_s())


def reported(code: str, table: Mapping[int, Refused]) -> Refused:
    """The error code of a delivery report as the carrier's table says; never to be sent again."""
    known = table.get(int(code)) if code.isascii() and code.isdigit() else None
    if known is None:
        return Refused(reason=f"not delivered {code}".rstrip())
    return replace(
        known, reason=f"{known.reason} {code}", retryable=False, throttled=False, once=False
    )


def shown_secret(request: HttpRequest) -> str:
    """What a request shows as the shared secret, "" for nothing."""
    if own := request.header("x-maita-secret"):
        return own
    scheme, _, credentials = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
