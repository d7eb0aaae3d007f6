"""What an adapter reads out of a carrier's request, normalised. Called by adapters and the edge.

Also the strict readers of what carriers send (forms, JSON): within the limits of security.md 25,
with every ambiguity refused. No value of a request is ever part of an error's text.
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import unquote_to_bytes
from uuid import UUID

import msgspec

from core.errors import PhoneNotUnderstood
from core.values import Address, parse_phone
from dialogs.messages import Input

OUTBOUND_RANK = {"queued": 0, "unknown": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
FIELDS_MAX: Final = 50
DEPTH_MAX: Final = 32
DIGITS_MAX: Final = 18
RETRY_AFTER_MAX_S: Final = 86_400

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_UNSOUND: Final = re.compile("[\x00\ud800-\udfff]")
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")


class Malformed(Exception):
    """The request is not what this carrier sends. The message is a fixed reason, never a value."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as bytes, in or out. `url` in is the public one, since signatures cover it;
    header names are lower case in, as written out. `headers` keeps repeats. `best_effort`: a
    message goes on when this part of it fails (a read mark)."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    peer: str = ""
    best_effort: bool = False

    def __repr__(self) -> str:
        return "HttpRequest(•••)"

    def header(self, name: str) -> str | None:
        """The only value of a header; None when it is missing or repeated."""
        return _only(self.headers, name.lower())


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A response as bytes. `status` 0 never happens: no answer at all is None instead."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"HttpResponse({self.status}, •••)"

    def retry_after_s(self) -> int | None:
        """Seconds the peer asks us to wait, at most a day; None where it does not say."""
        told = _only(self.headers, "retry-after") or ""
        return min(int(told), RETRY_AFTER_MAX_S) if re.fullmatch("[0-9]{1,9}", told) else None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one when it is anything else."""
        try:
            read = read_json(self.body)
        except Malformed:
            return {}
        return read if isinstance(read, dict) else {}


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One thing one person said, whatever the channel.

    `address`: the business address it was sent to, as the payload names it. `sender`: who said it,
    or None when the payload names nobody usable (stored, answered by nothing). `conversation`: the
    carrier's session id (USSD) or "". `external_id`: the carrier's id of this message; for USSD "".
    `accumulated`: all input of the carrier session so far, where the carrier sends that (then
    `input.text` is ""). `fingerprint`: where a USSD carrier sends the latest input only, the
    request as received, by which its retry is known (security.md 8); it may hold a PIN, so it is
    only ever kept as a keyed hash. `opens`: the carrier says a session begins; `input.text` then
    holds the digits dialled past the code. `dialled`: where the carrier does not say it, those
    digits in case a session never heard of begins here; None where none can. `envelope`: what the
    answer must repeat of the request or be written as. `control`: STOP, START or HELP that the
    carrier has already answered (stay silent). `sent_at`: the carrier's time. `network`: its own
    word or code for the mobile network, as it came (gateway/networks.py reads it).
    """

    address: str
    sender: Address | None
    conversation: str = ""
    external_id: str = ""
    opens: bool = False
    dialled: str | None = None
    input: Input = msgspec.field(default_factory=lambda: Input(""))
    accumulated: str | None = None
    fingerprint: bytes = b""
    envelope: Mapping[str, str] = msgspec.field(default_factory=dict)
    sent_at: datetime | None = None
    control: Literal["stop", "start", "help"] | None = None
    profile_name: str = ""
    network: str = ""

    def __repr__(self) -> str:
        return "Inbound(•••)"


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message we sent. States only move forward (OUTBOUND_RANK). `outbound_id`:
    our own id, where the carrier echoes it: a message of unknown fate has no other."""

    address: str
    external_id: str
    state: Literal["sent", "delivered", "read", "failed"]
    error: str = ""
    at: datetime | None = None
    outbound_id: UUID | None = None


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier's word that a USSD session is over. `dropped`: the person did not see its end.
    `sender` must be the session's own: a session id alone proves nothing (security.md 15).
    `network`: as that of Inbound."""

    address: str
    conversation: str
    dropped: bool
    reason: str = ""
    sender: Address | None = None
    network: str = ""

    def __repr__(self) -> str:
        return "SessionEnded(•••)"


class Direct(msgspec.Struct, frozen=True, kw_only=True):
    """Answer these bytes and do nothing (Meta's challenge)."""

    response: HttpResponse


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Well-formed but nothing for us; counted by `reason` (unknown field, reaction, …), which is
    one of a fixed few and never a value of the request. `alarm`: what an operator must look at."""

    reason: str
    alarm: str = ""


Event = Inbound | DeliveryReport | SessionEnded | Direct | Ignored


def read_form(
    body: bytes, *, once: Collection[str] | None = None, fields_max: int = FIELDS_MAX
) -> dict[str, str]:
    """Read a form. Raise Malformed for too many fields, or a name of `once` (None: any name) that
    is repeated. Bytes that are no UTF-8 become half surrogates, which `is_utf8` tells."""
    fields = [each for each in body.decode("utf-8", "surrogateescape").split("&") if each]
    if len(fields) > fields_max:
        raise Malformed("too many fields")
    form: dict[str, str] = {}
    for field in fields:
        name, _, value = field.partition("=")
        name = _unquoted(name) if "%" in name or "+" in name else name
        value = _unquoted(value) if "%" in value or "+" in value else value
        if name in form and (once is None or name in once):
            raise Malformed("a field is repeated")
        form.setdefault(name, value)
    return form


def _unquoted(text: str) -> str:
    octets = text.replace("+", " ").encode("utf-8", "surrogateescape")
    return unquote_to_bytes(octets).decode("utf-8", "surrogateescape")


def is_sound(text: str) -> bool:
    """Whether the text can be stored: no NUL and no half surrogate."""
    return not _UNSOUND.search(text)


def is_utf8(text: str) -> bool:
    """Whether `read_form` read the text from bytes that are UTF-8."""
    return text.isascii() or not _SURROGATES.search(text)


def mend(text: str) -> str:
    """The text with U+FFFD for what cannot be stored, each character for one."""
    return _UNSOUND.sub("\ufffd", text)


def read_msisdn(text: str, region: str) -> Address | None:
    """The number as an address (core/values.py, parse_phone); None when it is not one."""
    try:
        return Address("msisdn", parse_phone(text, region))
    except PhoneNotUnderstood:
        return None


def read_uuid(text: str) -> UUID | None:
    """An id of ours that a carrier echoes, in its canonical form only."""
    return UUID(text) if _UUID.fullmatch(text) else None


def read_json(body: bytes) -> Any:
    """Read JSON. Raise Malformed for what two could read differently or nobody can keep: depth over
    32, numbers over 18 digits, NaN, repeated keys, a byte order mark, no UTF-8 (security.md 25)."""
    _check_depth(body)
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except ValueError:
        raise Malformed("not JSON") from None


def at(tree: object, *path: str) -> Any:
    """What is at this path of a JSON tree; None where the way is missing or something else."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def text_at(tree: object, *path: str) -> str:
    """The text at this path; "" where there is none."""
    found = at(tree, *path)
    return found if isinstance(found, str) else ""


def objects_at(tree: object, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at this path; nothing else of it."""
    found = at(tree, *path)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def read_epoch(told: object, now: datetime) -> datetime | None:
    """Unix seconds or milliseconds, a number or digits; None before 2001 or over a day ahead."""
    digits = str(told) if isinstance(told, str | int) else ""
    seconds = digits[:-3] if re.fullmatch("[0-9]{13}", digits) else digits
    if not re.fullmatch("[1-9][0-9]{9}", seconds):
        return None
    sent_at = datetime.fromtimestamp(int(seconds), UTC)
    return sent_at if sent_at <= now + timedelta(days=1) else None


def _check_depth(body: bytes) -> None:
    """Before decoding, since Python's decoder is recursive. Brackets in strings do not count."""
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return
    depth = 0
    for bracket in _BRACKETS.finditer(_STRINGS.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEPTH_MAX:
            raise Malformed("nested too deeply")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > DIGITS_MAX:
        raise Malformed("a number is too long")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Malformed("a number is too large")
    return number


def _no_constant(name: str) -> float:
    raise Malformed("not a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise Malformed("a key is repeated")
    return read


_DECODER: Final = json.JSONDecoder(
    parse_int=_whole,
    parse_float=_fraction,
    parse_constant=_no_constant,
    object_pairs_hook=_object,
)


def _only(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    values = [value for key, value in headers if key.lower() == name]
    return values[0] if len(values) == 1 else None
