"""Who really calls: the peer of a request, behind the proxies that we trust.

Called by the carriers' doors and the console's.
"""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

from starlette.types import Scope

KEPT_BYTES_MAX: Final = 256
"""Longer lists of hops are not kept in memory: whoever asks may write what they like in front."""


def peer_of(scope: Scope, trusted: str) -> str:
    """The socket's peer, or whom trusted proxies say they passed on (security.md, U45)."""
    client = scope.get("client")
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return peer_behind(client[0] if client else "", b",".join(forwarded), trusted)


def peer_behind(peer: str, forwarded: bytes, trusted: str) -> str:
    """The same by the values of X-Forwarded-For, with commas between."""
    if not within(peer, trusted):
        return peer
    find = _found_before if len(forwarded) <= KEPT_BYTES_MAX else _behind
    return find(peer, forwarded, trusted)


def _behind(peer: str, forwarded: bytes, trusted: str) -> str:
    """The rightmost hop that is no proxy of ours counts: what stands left of it anyone may
    write."""
    hops = forwarded.decode("latin-1").split(",")
    for hop in reversed([word.strip() for word in hops if word.strip()]):
        if not within(peer, trusted):
            break
        peer = hop
    return peer


_found_before = lru_cache(1024)(_behind)


def within(peer: str, networks: str) -> bool:
    """Whether an address lies in one of the networks, words like 10.0.0.0/8; what is no address
    lies nowhere."""
    return bool(networks) and _within(peer, networks)


@lru_cache(1024)
def _within(peer: str, networks: str) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(word) for word in networks.split())
