"""What a request means, read as its table says: a step of a session, or its end. Pure; called by
`carrier`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from dialogs.messages import Input
from gateway.adapter import Channel, Malformed
from gateway.codes import CODE, bare, dialled_past, is_dial_string, is_ours
from gateway.declared.reading import Scalar, as_text, met
from gateway.declared.table import End, Table
from gateway.inbound import Event, HttpRequest, Inbound, SessionEnded, is_sound, mend, read_msisdn

TEXT_MAX_CHARS: Final = 2000

_SESSION: Final = re.compile(r"[!-~]{1,128}")
_REPEATED_MAX: Final = 256


def names(table: Table) -> Iterator[str]:
    """Every field that the table looks at."""
    asked, begin = table.request, table.begin
    roles = asked.sender, asked.text, asked.session, asked.address, asked.network
    yield from filter(None, roles)
    yield from asked.repeats
    if begin:
        yield from (*begin.when, *begin.continues, *filter(None, [begin.absent]))
    for end in table.ends:
        yield from (*end.when, *filter(None, (end.sender, end.session)))
    for notice in table.notices:
        yield from notice.when


def step(
    table: Table, request: HttpRequest, fields: Mapping[str, Scalar], channel: Channel
) -> Inbound:
    """One step of a session. Raises Malformed for what this carrier does not send."""
    asked = table.request
    sender = read_msisdn(as_text(fields.get(asked.sender, "")), channel.region)
    if sender is None:
        raise Malformed("sender")
    text = _text(table, fields)
    said = Inbound(
        address=_address(table, fields) or channel.address,
        sender=sender,
        conversation=_session(table, asked.session, fields),
        envelope=_envelope(table, request, fields, channel),
        network=_network(table, fields),
    )
    if asked.input == "accumulated":
        return replace(said, opens=text == "", accumulated=text)
    said = replace(said, fingerprint=_received(table, request))
    past = dialled_past(text, channel.address) or dialled_past(said.address, channel.address)
    opens = _opens(table, fields, text, channel.address)
    if opens is None:
        begins = table.begin is None or not table.begin.text or _is_code(text, channel.address)
        return replace(said, input=Input(text), dialled=past if begins else None)
    return replace(said, opens=opens, input=Input(past if opens else text))


def _envelope(
    table: Table, request: HttpRequest, fields: Mapping[str, Scalar], channel: Channel
) -> dict[str, str]:
    asked = table.request
    kept: dict[str, Scalar] = {
        role: fields[name]
        for role, name in (
            ("sender", asked.sender), ("session", asked.session), ("address", asked.address),
        )
        if name in fields
    }  # fmt: skip
    kept |= {name: fields[name] for name in asked.repeats if name in fields}
    for value in kept.values():
        if isinstance(value, str) and (len(value) > _REPEATED_MAX or not is_sound(value)):
            raise Malformed("a field that is repeated")
    url = urlsplit(request.url)._replace(query="", fragment="").geturl()
    kept |= {"code": bare(channel.address), "url": url}
    written = _as_json if table.answer.encoding == "json" else as_text
    settings = {f"${name}": channel.settings.get(name, "") for name in table.settings}
    return {name: written(value) for name, value in kept.items()} | settings


def _session(table: Table, name: str, fields: Mapping[str, Scalar]) -> str:
    """The carrier's session, "" where it names none: the caller's call is the session then."""
    session = as_text(fields.get(name, "")) if name else ""
    if not session and (not name or "session" in table.request.optional):
        return ""
    if not _SESSION.fullmatch(session):
        raise Malformed("session")
    return session


def _address(table: Table, fields: Mapping[str, Scalar]) -> str:
    code = as_text(fields.get(table.request.address, "")).strip()
    if code and not CODE.fullmatch(code):
        raise Malformed("address")
    return code


def _network(table: Table, fields: Mapping[str, Scalar]) -> str:
    return mend(as_text(fields.get(table.request.network, ""))[:_REPEATED_MAX])


def _text(table: Table, fields: Mapping[str, Scalar]) -> str:
    """A stray byte from a phone is an answer nobody understands, no broken carrier (U23, U24)."""
    name = table.request.text
    if name not in fields and "text" not in table.request.optional:
        raise Malformed("text")
    text = mend(as_text(fields.get(name, "")))
    if len(text) > TEXT_MAX_CHARS:
        raise Malformed("text is too long")
    return text


def _opens(table: Table, fields: Mapping[str, Scalar], text: str, address: str) -> bool | None:
    """Whether a session begins; None where that depends on what was heard before."""
    begin = table.begin
    assert begin is not None, "checked when the table was loaded"
    if begin.session:
        return None
    if begin.absent:
        return begin.absent not in fields
    if begin.text:
        return text == "" if begin.text == "empty" else _is_code(text, address)
    opens = met(begin.when, fields)
    if not opens and begin.continues and not met(begin.continues, fields):
        raise Malformed("stage")
    if not opens and not begin.continues and not begin.when.keys() <= fields.keys():
        raise Malformed("stage")
    return opens


def _is_code(text: str, address: str) -> bool:
    return bool(CODE.fullmatch(text.strip())) and is_ours(text, address)


def is_foreign(table: Table, fields: Mapping[str, Scalar], address: str, step: Inbound) -> bool:
    """Whether the request is about another code: by its own word, by what our callback said and
    the carrier repeats, or by what was dialled."""
    repeated = as_text(fields.get(table.begin.absent, "")) if table.begin else ""
    if code := _address(table, fields) or repeated:
        return not is_ours(code, address)
    dialled = _text(table, fields)
    begins = step.opens or step.dialled is not None
    return begins and is_dial_string(dialled) and not is_ours(dialled, address)


def _received(table: Table, request: HttpRequest) -> bytes:
    """The request as received, as far as the caller's input may be in it."""
    if table.request.method == "GET" or table.request.path:
        return request.url.encode("utf-8", "surrogatepass") + b"\n" + request.body
    return request.body


def end_of(table: Table, fields: Mapping[str, Scalar]) -> End | None:
    """How the request says that a session is over, None where it does not: the first that fits."""
    return next((end for end in table.ends if met(end.when, fields)), None)


def ended(table: Table, end: End, fields: Mapping[str, Scalar], channel: Channel) -> Event:
    """What a call of its own says beside is not kept: it may repeat what was typed."""
    asked = table.request
    number = as_text(fields.get(end.sender or asked.sender, ""))
    return SessionEnded(
        address=channel.address,
        conversation=_session(table, end.session or asked.session, fields),
        dropped=end.dropped,
        reason=end.reason,
        sender=read_msisdn(number, channel.region),
        network=_network(table, fields),
    )


def _as_json(value: Scalar) -> str:
    return msgspec.json.encode(value).decode()
