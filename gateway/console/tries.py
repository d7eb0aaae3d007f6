"""How many wrong keys a peer may show. Pure but for its own memory; called by `door`.

Counted per process: a key of 32 random bytes is not found by trying, so what this bounds is noise.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

TRIES_MAX: Final = 10
WINDOW_S: Final = 900
PEERS_MAX: Final = 4096


class Tries:
    """Wrong tries of the last 15 minutes by peer; an IPv6 peer is its whole /64, of which it may
    use any address. `clock` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: dict[str, list[float]] = {}

    def wait_s(self, peer: str) -> int:
        """Seconds until the peer may try again; 0: now."""
        recent = self._recent(_whole(peer))
        return 0 if len(recent) < TRIES_MAX else int(recent[0] + WINDOW_S - self._clock()) + 1

    def note(self, peer: str) -> None:
        """The peer was wrong. Of too many peers, who was wrong longest ago is forgotten."""
        name = _whole(peer)
        recent = [*self._recent(name), self._clock()][-TRIES_MAX:]
        self._wrong.pop(name, None)
        self._wrong[name] = recent
        if len(self._wrong) > PEERS_MAX:
            del self._wrong[next(iter(self._wrong))]

    def _recent(self, name: str) -> list[float]:
        since = self._clock() - WINDOW_S
        return [at for at in self._wrong.get(name, ()) if at > since]


def _whole(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return peer[:64]
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network((address, 64), strict=False))
    return str(address)
