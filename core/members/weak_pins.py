"""Which PINs are too easy: the ones a stranger tries first (security.md 17). Called by pins."""

import re
from typing import Final

from core.values import Secret, ascii_digits

_PIN: Final = re.compile(r"[0-9]{4,5}\Z")
_PATTERNS: Final = (
    re.compile(r"([0-9])\1+\Z"),
    re.compile(r"([0-9]{2})\1[0-9]?\Z"),
    re.compile(r"([0-9])\1([0-9])\2[0-9]?\Z"),
    re.compile(r"(19|20)[0-9]{2}\Z"),
)
"""One digit over and over, repeated pairs (1212, 1122), and years."""
_RUNS: Final = ("0123456789012", "9876543210987")
_COMMON: Final = """
0007 0070 0101 0420 0852 0911 1001 1004 1007 1010 1020 1024 1029 1066 1101 1102 1103 1110 1112 1113
1115 1117 1123 1124 1125 1201 1203 1204 1207 1208 1210 1211 1213 1214 1216 1218 1220 1221 1223 1224
1225 1226 1228 1230 1231 1235 1236 1245 1258 1290 1313 1324 1331 1342 1357 1379 1397 1423 1470 1478
1590 1818 2112 2323 2424 2468 2508 2512 2580 2582 2600 3112 3131 3141 4200 4321 4545 4711 5150 5252
5683 6789 6969 7410 7531 7878 8520 8675 9510 9630 9852
10101 10203 11112 11121 11211 11235 12121 12123 12312 12321 12344 12369 12456 13131 13579 14725
14789 15935 21212 24680 25802 31415 32123 35791 42069 54545 69696 74108 75319 78963 80085 85208
90210 96321 97531 98789
"""
COMMON: Final = frozenset(_COMMON.split())
"""What people choose when told to choose something: dates, keypad lines, films and prices."""


def weak(pin: str) -> bool:
    """Is this no PIN of four or five digits, or one that a stranger tries first?"""
    if not _PIN.match(pin):
        return True
    easy = any(pattern.match(pin) for pattern in _PATTERNS)
    return easy or any(pin in run for run in _RUNS) or pin in COMMON


def typed_pin(secret: Secret) -> Secret:
    """The PIN as it is hashed: Arabic-Indic and Persian digits are the same digits."""
    return Secret(ascii_digits(secret.value).strip())
