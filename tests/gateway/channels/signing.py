"""How carriers sign, written from their own words and without our adapters' code."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

Sign = Callable[[str, str, bytes, Mapping[str, str]], tuple[tuple[str, str], ...]]
"""(secret, url, body, form) → the headers that prove it."""


def meta(secret: str, url: str, body: bytes, form: Mapping[str, str]) -> tuple[tuple[str, str]]:
    """HMAC-SHA256 of the raw body, as lower-case hex."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return (("x-hub-signature-256", f"sha256={digest}"),)


def twilio(secret: str, url: str, body: bytes, form: Mapping[str, str]) -> tuple[tuple[str, str]]:
    """HMAC-SHA1 of the URL and each field's name and value, sorted by name."""
    return (("x-twilio-signature", _twilio(hashlib.sha1, secret, url, form)),)


def twilio_sha256(
    secret: str, url: str, body: bytes, form: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The same with HMAC-SHA256 and a shared key, which a second header announces."""
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    signature = _twilio(hashlib.sha256, secret, url, form)
    return (
        ("x-twilio-signature", signature),
        ("x-twilio-webhooks-signature-settings", settings),
    )


def _twilio(hashed: Callable[..., object], secret: str, url: str, form: Mapping[str, str]) -> str:
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.digest(secret.encode(), signed.encode(), hashed)).decode()  # type: ignore[arg-type]


SCHEMES: dict[str, Sign] = {"meta": meta, "twilio": twilio, "twilio_sha256": twilio_sha256}
