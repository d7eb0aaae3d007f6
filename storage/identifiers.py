"""Makes what must be unique or unguessable: UUIDv7 ids, customers' references, till digits.

Made by us and not by the database, so that inserts need no RETURNING and a unit of work knows its
ids before it commits. Called by the unit of work, administration and the gateway's runtime.
"""

from collections.abc import Callable
from random import Random
from typing import Final
from uuid import UUID

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without I, L, O and U, which people misread (Douglas Crockford's alphabet)."""

REF_CHARS: Final = 7
_COUNTER_BITS: Final = 12


class Identifiers:
    """One maker a process. `random` is `random.SystemRandom()` in service and seeded in tests;
    `clock_s` gives seconds since 1970. Ids of one maker always ascend, also within a millisecond
    and when the clock steps back (RFC 9562, 6.2 method 1)."""

    def __init__(self, random: Random, clock_s: Callable[[], float]) -> None:
        self._random = random
        self._clock_s = clock_s
        self._ticks = 0

    def uuid7(self) -> UUID:
        """A UUIDv7: 48 bits of milliseconds, 12 of a counter that starts random, 62 random."""
        fresh = int(self._clock_s() * 1000) << _COUNTER_BITS | self._random.getrandbits(11)
        # The counter's carry runs into the milliseconds on purpose: later ids stay greater.
        self._ticks = max(self._ticks + 1, fresh)
        ms, counter = self._ticks >> _COUNTER_BITS, self._ticks & 0xFFF
        tail = self._random.getrandbits(62)
        return UUID(int=ms << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail)

    def ref(self) -> str:
        """A reference that people read aloud: 7 Crockford characters, 35 random bits."""
        bits = self._random.getrandbits(5 * REF_CHARS)
        return "".join(CROCKFORD[bits >> 5 * place & 31] for place in range(REF_CHARS))

    def digits(self, count: int) -> str:
        """Random decimal digits, each equally likely, leading zeros included."""
        return f"{self._random.randrange(10**count):0{count}d}"

    def token(self) -> str:
        """The secret part of a channel's URL: 128 random bits as 32 hex digits."""
        return f"{self._random.getrandbits(128):032x}"
