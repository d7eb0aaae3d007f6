"""Which network: by the carrier's word, else by the number, and never anything else."""

import random
import string

import pytest
from phonenumbers import PhoneNumber, carrier

from gateway.networks import NETWORKS, OTHER, PREFIXES, network_of

OURS = {
    "Net*One": "NetOne",
    "Zain JO": "Zain",
    "Viettel": "Halotel",
    "ZAMTEL": "Zamtel",
    "at": "AT",
    "Telkom Mobile": "Telkom",
}
"""The library's name → ours, where they differ."""


@pytest.mark.parametrize(
    ("told", "number", "network"),
    [
        ("64804", "", "Econet"),
        ("64801", "+263771234567", "NetOne"),
        ("99999", "+263771234567", "Sandbox"),
        ("MTN-GH", "", "MTN"),
        ("mtn", "", "MTN"),
        ("Cell C", "", "Cell C"),
        (" Vodacom ZA", "", "Vodacom"),
        ("Hubtel-Android", "+263712000000", "NetOne"),
        ("", "+263771234567", "Econet"),
        ("", "+263731234567", "Telecel"),
        ("", "+962791234567", "Zain"),
        ("", "+254757123456", "Safaricom"),
        ("", "+263751234567", OTHER),
        ("", "+14155550100", OTHER),
        ("", "", OTHER),
        ("<script>", "javascript:", OTHER),
    ],
)
def test_the_network_of_a_message(told: str, number: str, network: str) -> None:
    assert network_of(told, number) == network


def test_nobody_invents_a_network() -> None:
    rng = random.Random(7)
    for _ in range(3000):
        told = "".join(rng.choices(string.printable + "٣é", k=rng.randrange(60)))
        number = "+" + "".join(rng.choices(string.digits, k=rng.randrange(15)))
        assert network_of(told, number) in NETWORKS
    assert len(NETWORKS) < 50


@pytest.mark.parametrize("code", PREFIXES)
def test_the_prefixes_are_those_of_the_library(code: str) -> None:
    """Its carrier data is left out of the service, which would load 44 MB of it."""
    wrong = {}
    for block in range(1000, 10_000):
        start = str(block)
        # South Africa's geographic and internet numbers: none of them is a phone with a menu.
        if code == "27" and (start[0] in "12345" or start.startswith("87")):
            continue
        number = PhoneNumber(country_code=int(code), national_number=int(start.ljust(9, "5")))
        known = carrier.name_for_valid_number(number, "en")
        network = OURS.get(known, known)
        if network in PREFIXES[code] and network_of("", f"+{code}{start}5555") != network:
            wrong[start] = network
    assert wrong == {}
