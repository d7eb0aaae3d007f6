"""Argon2id on a bounded executor: hashing must not become the denial of service (security.md 17).

Parameters are OWASP's m = 19 MiB, t = 2, p = 1: about 26 ms on a small server.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.values import Secret


class BoundedHasher:
    """Implements core's `Hasher`: at most `workers` hashes at a time, the rest wait in line."""

    def __init__(self, workers: int = 2) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="hash")
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    async def hash(self, secret: Secret) -> str:
        """The encoded hash of a PIN or password."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._argon2.hash, secret.value)

    async def matches(self, secret: Secret, stored: str) -> bool:
        """Whether the secret is the one that was hashed."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._verify, secret.value, stored)

    def _verify(self, value: str, stored: str) -> bool:
        try:
            return self._argon2.verify(stored, value)
        except (VerificationError, InvalidHashError):
            return False

    def close(self) -> None:
        """Let running hashes finish and start no more."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class OncePerTurn:
    """A hasher that remembers, for one turn: a re-run of it hashes nothing again."""

    def __init__(self, hasher: BoundedHasher) -> None:
        self._hasher = hasher
        self._hashes: dict[str, str] = {}
        self._matches: dict[tuple[str, str], bool] = {}

    async def hash(self, secret: Secret) -> str:
        """As BoundedHasher.hash, once per secret."""
        if secret.value not in self._hashes:
            self._hashes[secret.value] = await self._hasher.hash(secret)
        return self._hashes[secret.value]

    async def matches(self, secret: Secret, stored: str) -> bool:
        """As BoundedHasher.matches, once per pair."""
        pair = (secret.value, stored)
        if pair not in self._matches:
            self._matches[pair] = await self._hasher.matches(secret, stored)
        return self._matches[pair]
