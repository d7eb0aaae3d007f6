"""The doors' paths: the URL that is entered at a carrier, and the door that a path leads to.

Called by whoever shows a channel to people, the command line and the demo, and by the edge.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from gateway.adapter import Adapter

PATH_MAX: Final = 256
"""No carrier's path is longer; a stranger's is not kept in memory."""
PAGES: Final = {"ussd": "callback", "wa": "webhook", "sms": "callback"}

_DOOR: Final = re.compile(
    "/public/(?P<name>ussd|wa|sms)/(?:callback|webhook|events|status)"
    "(?:/(?P<token>[^/]+)(?P<deeper>/.+)?)?"
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which door: `ussd`, `wa` or `sms`, with the channel's token where the path ends in one.
    `deeper`: the path goes on behind the token, as some carriers' do."""

    name: str
    token: str | None
    deeper: bool


def entry(adapter: Adapter, public_url: str, token: str) -> str:
    """`https://…/public/ussd/callback/{token}` (docs/contract.md, URLs)."""
    door = adapter.PROFILE.door
    return f"{public_url}/public/{door}/{PAGES[door]}/{token}"


def door_of(path: str) -> Asked | None:
    """The door that a path leads to; None when it is none of a carrier's."""
    return _door_of(path) if len(path) <= PATH_MAX else None


@lru_cache(1024)
def _door_of(path: str) -> Asked | None:
    found = _DOOR.fullmatch(path)
    if found is None:
        return None
    return Asked(name=found["name"], token=found["token"], deeper=found["deeper"] is not None)
