"""Who really calls: the peer of a request, behind the proxies that we trust.

Called by the carriers' doors and the console's.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from starlette.requests import Request

from gateway.settings import Network


def peer_of(request: Request, trusted: Sequence[Network]) -> str:
    """The socket's peer, or whom trusted proxies say they passed on (security.md, U45). The
    rightmost address that is no proxy of ours counts: what stands left of it anyone may write."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed([word.strip() for word in forwarded if word.strip()]):
        if not within(peer, trusted):
            break
        peer = hop
    return peer


def within(peer: str, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies nowhere."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)
