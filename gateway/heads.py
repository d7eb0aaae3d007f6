"""Heads of carriers' requests, read once. Kept by the doors, asked by `straight`.

A carrier's client writes the same head again and again, but for the length of the body. It is
parsed the first times and known from then on: equal bytes at the same place mean the same. A head
that is another each time (a signature, an id of the request) costs what it cost.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from gateway.doors import Asked, door_of

KNOWN_MAX: Final = 1024
KNOWN_HEAD_MAX: Final = 4096
READ_MAX: Final = 32 * 1024
"""How many heads are known, of how many bytes, and in how large a request they are looked for."""

_UNUSUAL: Final = frozenset({b"transfer-encoding", b"upgrade", b"expect"})
"""Headers that change how a request is read."""
_START: Final = b"POST /public/"
_LENGTH: Final = b"\r\nContent-Length: "
_END: Final = b"\r\n\r\n"
_PLAIN: Final = re.compile(rb"/public/[\w./~-]+", re.ASCII)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What the head of a POST says. `forwarded`: for whom proxies say they ask, as they say it."""

    asked: Asked
    path: str
    headers: tuple[tuple[str, str], ...]
    forwarded: bytes

    def __repr__(self) -> str:
        return "Head(•••)"


class Heads:
    """The heads that are known, each by its bytes without the length."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Head, int]] = {}
        self._met: set[int] = set()

    def find(self, written: bytes, length: int) -> Head | None:
        """The head that these bytes are, with the length of this request's body."""
        found = self._known.get(written)
        if found is None:
            return None
        head, at = found
        headers = list(head.headers)
        headers[at] = ("content-length", str(length))
        return replace(head, headers=tuple(headers))

    def meet(self, written: bytes, head: Head) -> None:
        """Know a head from its second time on: one that differs each time is never found again.
        Whoever sends very many makes the others be read once more."""
        mark = hash(written)
        if mark not in self._met:
            _make_room(self._met)
            self._met.add(mark)
            return
        _make_room(self._known)
        names = [name for name, _ in head.headers]
        self._known[written] = (head, names.index("content-length"))


def parted(data: bytes) -> tuple[bytes, bytes] | None:
    """The head without its length, and the body, where what was read looks like one request to a
    carrier's door, no less and no more. Whether it is one only the parser can tell."""
    if not data.startswith(_START) or len(data) > READ_MAX:
        return None
    end = data.find(_END, 0, KNOWN_HEAD_MAX)
    at = data.find(_LENGTH, 0, max(end, 0)) + len(_LENGTH)
    if at < len(_LENGTH):
        return None
    stop, begins = data.index(b"\r\n", at), end + len(_END)
    # Compared as we write it: no sign, no zero in front, no other digits, no second length.
    if data[at:stop] != b"%d" % (len(data) - begins):
        return None
    return data[:at] + data[stop:begins], data[begins:]


def head_of(url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Head | None:
    """The head of a POST to a carrier's door, as it was parsed; None where anything of it is
    unusual, such as a header that is repeated."""
    named = dict(headers)
    usual = len(named) == len(headers) and _UNUSUAL.isdisjoint(named)
    # Paths that nobody reads in two ways: no query, no escapes.
    asked = door_of(url.decode("ascii")) if usual and _PLAIN.fullmatch(url) else None
    if asked is None or not _is_plain(named.get(b"content-length", b"")):
        return None
    return Head(
        asked=asked,
        path=url.decode("ascii"),
        headers=tuple(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        ),
        forwarded=named.get(b"x-forwarded-for", b""),
    )


def _is_plain(length: bytes) -> bool:
    """Whether a length is written as we write it."""
    return length.isdigit() and len(length) < 10 and length == b"%d" % int(length)


def _make_room(kept: dict[bytes, tuple[Head, int]] | set[int]) -> None:
    if len(kept) >= KNOWN_MAX:
        kept.clear()
