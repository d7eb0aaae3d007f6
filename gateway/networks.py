"""Which mobile network a message came through: as the carrier says, else as the number looks. Pure.

Called by `watch`. The answer is a label, so it is one of NETWORKS and never what somebody sent;
carriers name a network by its mobile country and network code (Africa's Talking's `networkCode`,
ITU-T E.212) or by a word (Hubtel's `Operator`, Nalo's `NETWORK`, Hollatags' `session_mno`,
Vodacom's `provider`). A number tells the network that it was first given out by, which is a guess
where numbers are carried over. The prefixes are those of phonenumbers' carrier data, whose whole
import takes 44 MB a process for the few of them that are needed; a test compares.
"""

import re
from functools import lru_cache
from typing import Final

OTHER: Final = "other"
"""The network of whom nothing names one."""

PREFIXES: Final = {
    "27": {
        "Cell C": "61 62 641 642 643 644 645 650 651 652 653 654 74 84",
        "MTN": "603 604 605 63 640 655 656 657 686 687 688 689 690 710 717 718 719 73 78 810 83",
        "Telkom": "601 602 614 658 659 67 68 69 75 811 812 813 814 815 817",
        "Vodacom": "606 607 608 609 636 637 646 647 648 649 660 661 662 663 664 665 673 674 675"
        " 71 72 76 79 818 82",
    },
    "233": {"AT": "23 26 27 56 57", "MTN": "24 25 53 54 55 59", "Telecel": "20 50"},
    "234": {
        "9mobile": "809 817 818 908 909",
        "Airtel": "701 708 802 808 812 901 902 904 907 911 912",
        "Glo": "705 805 807 811 815 905 915",
        "MTN": "7025 7026 703 704 706 707 803 806 810 813 814 816 903 906 910 913 916",
    },
    "250": {"Airtel": "72 73", "MTN": "78 79"},
    "254": {
        "Airtel": "10 135 136 137 138 139 73 75 76 78",
        "Safaricom": "11 14 18 70 71 72 74 757 758 759 768 769 79",
        "Telkom": "120 761 77",
    },
    "255": {
        "Airtel": "60 66 68 69 78",
        "Halotel": "61 62 63",
        "Vodacom": "72 74 75 76 79",
        "Yas": "65 67 70 71 77",
    },
    "256": {"Africell": "798 799", "Airtel": "70 730 731 732 74 75", "MTN": "724 737 76 77 78 79"},
    "260": {"Airtel": "57 77 97", "MTN": "56 76 96", "Zamtel": "55 75 95"},
    "263": {"Econet": "77 78 79", "NetOne": "71 72", "Telecel": "73"},
    "265": {"Airtel": "9", "TNM": "3 8"},
    "962": {"Orange": "4 77", "Umniah": "71 78", "Zain": "72 79"},
}
"""Calling code → network → how its numbers go on."""

CODES: Final = {
    "41601": "Zain", "41603": "Umniah", "41677": "Orange",
    "62001": "MTN", "62002": "Telecel", "62003": "AT", "62006": "AT",
    "62120": "Airtel", "62130": "MTN", "62150": "Glo", "62160": "9mobile",
    "63510": "MTN", "63513": "Airtel", "63514": "Airtel",
    "63902": "Safaricom", "63903": "Airtel", "63907": "Telkom",
    "64002": "Yas", "64004": "Vodacom", "64005": "Airtel", "64009": "Halotel",
    "64101": "Airtel", "64110": "MTN", "64114": "Africell",
    "64501": "Airtel", "64502": "MTN", "64503": "Zamtel",
    "64801": "NetOne", "64803": "Telecel", "64804": "Econet",
    "65001": "TNM", "65010": "Airtel",
    "65501": "Vodacom", "65502": "Telkom", "65507": "Cell C", "65510": "MTN",
    "99999": "Sandbox",
}  # fmt: skip
"""Mobile country and network code → network; the last is Africa's Talking's sandbox."""

WORDS: Final = {
    "9mobile": "9mobile", "africell": "Africell", "airtel": "Airtel", "airteltigo": "AT",
    "at": "AT", "cellc": "Cell C", "econet": "Econet", "etisalat": "9mobile", "glo": "Glo",
    "halotel": "Halotel", "mtn": "MTN", "netone": "NetOne", "orange": "Orange",
    "safaricom": "Safaricom", "telecel": "Telecel", "telkom": "Telkom", "tigo": "AT",
    "tnm": "TNM", "umniah": "Umniah", "vodacom": "Vodacom", "vodafone": "Telecel", "yas": "Yas",
    "zain": "Zain", "zamtel": "Zamtel",
}  # fmt: skip
"""What carriers call them, in small letters without spaces; tigo and vodafone are Ghana's (Hubtel,
Nalo), which are AT and Telecel today."""

NETWORKS: Final = frozenset(
    {
        OTHER,
        *CODES.values(),
        *WORDS.values(),
        *(name for each in PREFIXES.values() for name in each),
    }
)
"""All there are."""

_BY_PREFIX: Final = {
    f"+{code}{prefix}": network
    for code, networks in PREFIXES.items()
    for network, prefixes in networks.items()
    for prefix in prefixes.split()
}
_LONGEST: Final = max(map(len, _BY_PREFIX))
_WORD: Final = re.compile("[a-z0-9]+")


def network_of(told: str, number: str) -> str:
    """The network's name, or OTHER. `told`: the carrier's word for it, or ""; `number`: E.164, or
    "" where the sender is not known by one."""
    return _found(told[:40], number[:_LONGEST])


@lru_cache(maxsize=4096)
def _found(told: str, start: str) -> str:
    said = CODES.get(told.strip()) or _named(told.casefold())
    return said or _numbered(start)


def _named(told: str) -> str | None:
    """By the whole of it, or by its first word that is one: `MTN-GH`, `Cell C`, `vodacom ZA`."""
    words = _WORD.findall(told)
    for word in ("".join(words), *words):
        if word in WORDS:
            return WORDS[word]
    return None


def _numbered(start: str) -> str:
    for length in range(len(start), 2, -1):
        if start[:length] in _BY_PREFIX:
            return _BY_PREFIX[start[:length]]
    return OTHER
