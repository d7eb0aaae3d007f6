"""QR pictures by signed link, `/m/i/{signed}.png`, for chats that fetch media; for ten minutes.

The link holds the code sealed, so whoever sees the URL in a log learns nothing.
"""

import base64
import binascii
import io
import json
from datetime import datetime, timedelta
from typing import Final

import segno

from storage.crypto import NotOurs, Vault

LIFE: Final = timedelta(minutes=10)
_PURPOSE: Final = "picture"


def link(vault: Vault, public_url: str, code: str, now: datetime) -> str:
    """The URL of a QR picture of `code`."""
    until = int((now + LIFE).timestamp())
    sealed = vault.seal(_PURPOSE, json.dumps([code, until]).encode())
    return f"{public_url}/m/i/{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}.png"


def picture(vault: Vault, signed: str, now: datetime) -> bytes | None:
    """The PNG behind a link's signed part, or None when it is forged or too old."""
    try:
        sealed = base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
        code, until = json.loads(vault.open(_PURPOSE, sealed))
    except (NotOurs, binascii.Error, ValueError):
        return None
    if now.timestamp() > until:
        return None
    png = io.BytesIO()
    segno.make_qr(code).save(png, kind="png", scale=12, border=4)
    return png.getvalue()
