"""Pictures that messages link to, fetched as Meta fetches them and kept for the phones to show."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

KEPT: Final = 50
BYTES_MAX: Final = 5 * 1024 * 1024
TYPES: Final = frozenset({"image/png", "image/jpeg"})


@dataclass(frozen=True, slots=True)
class Picture:
    """What a link led to."""

    media_type: str
    content: bytes


class Pictures:
    """The pictures on the phones, the oldest forgotten first."""

    def __init__(self, http: httpx.AsyncClient, public_url: str, fresh: Callable[[], str]) -> None:
        self._http, self._public_url, self._fresh = http, public_url, fresh
        self._kept: OrderedDict[str, Picture] = OrderedDict()

    async def fetch(self, link: str) -> str | None:
        """Fetch a PNG or JPEG of at most 5 MB from our own public URL; its new id, or None."""
        if not link.startswith(f"{self._public_url}/"):
            return None
        try:
            answer = await self._http.get(link)
        except httpx.TransportError:
            return None
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code != 200 or media_type not in TYPES or len(answer.content) > BYTES_MAX:
            return None
        picture_id = self._fresh()
        self._kept[picture_id] = Picture(media_type, answer.content)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return picture_id

    def get(self, picture_id: str) -> Picture | None:
        """A picture that is still kept."""
        return self._kept.get(picture_id)
