"""Keyed hashes and encryption of what a stolen database must not tell. Called by storage and by
whoever derives keys of messages; the secret is MAITA_SECRET_KEY.

A sealed value is: version byte 1, key id (4 bytes), nonce (12), AES-256-GCM ciphertext and tag.
Its associated data names tenant, table and column, so that a value moved elsewhere does not open.
"""

import hashlib
import os
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.values import Address

SECRET_MIN_BYTES: Final = 32
CODE_PLACE: Final = "till_code.code"
"""Where the encrypted copy of a till code lies."""

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_ID_BYTES: Final = 4
_HEAD_BYTES: Final = 1 + _ID_BYTES


class NotOurs(Exception):
    """A sealed value does not open: another key, another place, or bytes that were changed."""


class Vault:
    """Hashes and seals with keys derived from one secret of at least 32 bytes (HKDF-SHA256).

    `previous` secrets still open what they sealed; only the first seals and hashes.
    """

    def __init__(self, secret: bytes, *previous: bytes) -> None:
        if min(len(each) for each in (secret, *previous)) < SECRET_MIN_BYTES:
            raise ValueError(f"a secret needs at least {SECRET_MIN_BYTES} bytes")
        inner, self._outer = _hmac_states(_derive(secret, "mac"))

        @cache
        def begun(purpose: str) -> "hashlib._Hash":
            """HMAC's inner hash up to the purpose; there are few."""
            state = inner.copy()
            state.update(_framed((purpose,)))
            return state

        self._begun = begun
        self._keys = {
            _derive(each, "seal id", _ID_BYTES): AESGCM(_derive(each, "seal"))
            for each in (*reversed(previous), secret)
        }
        self._head = _VERSION + _derive(secret, "seal id", _ID_BYTES)
        self._sealer = self._keys[self._head[1:]]

    def __repr__(self) -> str:
        return "Vault(•••)"

    def mac(self, purpose: str, *parts: str | bytes) -> bytes:
        """HMAC-SHA256 (32 bytes) of the parts for one purpose; every part carries its length, so
        that no two lists of parts make the same message."""
        inner, outer = self._begun(purpose).copy(), self._outer.copy()
        inner.update(_framed(parts))
        outer.update(inner.digest())
        return outer.digest()

    def seal(self, aad: str, data: bytes) -> bytes:
        """Encrypt for one place, `place(tenant, "table.column")`."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._head + nonce + self._sealer.encrypt(nonce, data, aad.encode())

    def open(self, aad: str, data: bytes) -> bytes:
        """Decrypt what `seal` made for the same place; raises NotOurs."""
        key = self._keys.get(data[1:_HEAD_BYTES]) if data[:1] == _VERSION else None
        nonce, sealed = data[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES], data[_HEAD_BYTES:]
        if key is None or len(nonce) != _NONCE_BYTES:
            raise NotOurs
        try:
            return key.decrypt(nonce, sealed[_NONCE_BYTES:], aad.encode())
        except InvalidTag:
            raise NotOurs from None


def place(tenant: UUID, column: str) -> str:
    """The associated data of a sealed value: `<tenant>|table.column`."""
    return _place(tenant.int, column)


@lru_cache(4096)
def _place(tenant: int, column: str) -> str:
    # By the number, since an id of Python's uuid hashes and compares several times slower.
    return f"{UUID(int=tenant)}|{column}"


def address_hash(vault: Vault, address: Address) -> bytes:
    """The directory's key of a personal address, the same for every tenant."""
    return vault.mac("address", address.kind, address.value)


def tries_hash(vault: Vault, tenant: UUID, address: Address) -> bytes:
    """What stands for an address where its wrong tries are counted, another in every tenant."""
    return vault.mac("counter", tenant.bytes, address.kind, address.value)


def code_hash(vault: Vault, tenant: UUID, code: str) -> bytes:
    """The keyed hash of a till code within its tenant."""
    return vault.mac("till_code", tenant.bytes, code)


def _framed(parts: Iterable[str | bytes]) -> bytes:
    framed: list[bytes] = []
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        framed += (len(data).to_bytes(4), data)
    return b"".join(framed)


def _hmac_states(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """SHA-256 after the inner and the outer block of HMAC (RFC 2104, section 4): to go on from
    copies of them costs a fifth of `hmac.digest`, which looks the algorithm up each time."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)


def _derive(secret: bytes, use: str, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, salt=b"maita", info=use.encode()).derive(secret)
