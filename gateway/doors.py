"""Where a channel is entered at its carrier: the URL that the carrier will call.

Called by whoever shows a channel to people: the command line and the demo.
"""

from typing import Final

from gateway.adapter import Adapter

PAGES: Final = {"ussd": "callback", "wa": "webhook", "sms": "callback"}


def entry(adapter: Adapter, public_url: str, token: str) -> str:
    """`https://…/public/ussd/callback/{token}` (docs/contract.md, URLs)."""
    door = adapter.PROFILE.door
    return f"{public_url}/public/{door}/{PAGES[door]}/{token}"
