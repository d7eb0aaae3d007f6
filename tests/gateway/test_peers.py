"""Who really calls."""

import pytest

from gateway.peers import peer_of, within

PROXIES = "10.0.0.0/8"


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        ([], "10.0.0.1"),
        (["196.201.214.1"], "196.201.214.1"),
        (["1.1.1.1, 196.201.214.1"], "196.201.214.1"),
        (["1.1.1.1", "196.201.214.1"], "196.201.214.1"),
        (["1.1.1.1, 196.201.214.1, 10.0.0.2"], "196.201.214.1"),
    ],
)
def test_the_peer_is_whom_our_own_proxies_saw(forwarded: list[str], peer: str) -> None:
    """U45: what stands left of the rightmost stranger is anybody's word."""
    scope = {
        "type": "http",
        "client": ("10.0.0.1", 5),
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
    }
    assert peer_of(scope, PROXIES) == peer
    assert peer_of(scope, "") == "10.0.0.1"


def test_what_is_no_address_lies_nowhere() -> None:
    assert within("10.1.2.3", PROXIES)
    assert not within("unknown", PROXIES)
    assert not within("", PROXIES)
