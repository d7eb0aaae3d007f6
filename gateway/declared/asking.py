"""The other side of the wire, from the same table: the request that a carrier would make, and what
a phone shows of our answer. Pure; called for samples (`maita channel test`) and by tests.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode
from xml.sax.saxutils import unescape

import msgspec

from gateway.adapter import Channel
from gateway.codes import bare
from gateway.declared.answering import HOLE, chosen, holes
from gateway.declared.reading import as_text, values
from gateway.declared.table import Answer, End, Plain, Table, Test
from gateway.inbound import HttpRequest, HttpResponse, Malformed, read_json
from gateway.markup import write_xml

_CONTENT: Final = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "xml": "application/xml",
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller did. `phone` is E.164; `session` the carrier's id of the call; `inputs` all
    inputs so far, the last one new, none for the dialling itself; `dialled` what was dialled past
    the code, such as `1*2`; `ends`: the caller is gone. `at`: when."""

    phone: str
    session: str
    at: datetime
    inputs: tuple[str, ...] = ()
    dialled: str = ""
    ends: bool = False

    def __repr__(self) -> str:
        return "Step(•••)"


class Heard(msgspec.Struct, frozen=True):
    """What a phone shows. `open`: an answer is awaited."""

    words: str
    open: bool


def ask(table: Table, channel: Channel, public_url: str, step: Step) -> HttpRequest:
    """The request for a step, with the channel's shared secret where it has one and this
    request shows it. Raises ValueError where the carrier has no request that would say it."""
    asked = table.request
    end = next((end for end in table.ends if end.dropped), None) if step.ends else None
    if step.ends and end is None:
        raise ValueError(f"{table.carrier} tells nobody that a caller is gone.")
    fields = _sampled(table, channel, step) | _said(table, channel, step, end)
    shows = end is None or end.secret
    secret, headers = channel.secrets.get("shared_secret") if shows else None, []
    if secret and asked.secret:
        fields[asked.secret] = secret
    elif secret:
        headers.append(("x-maita-secret", secret))
    path = HOLE.sub(lambda h: quote(as_text(fields.pop(h[1], "")), safe=""), asked.path)
    url = f"{public_url}/public/ussd/callback/{channel.token}{path}"
    if asked.encoding == "query":
        query = urlencode({name: as_text(value) for name, value in fields.items()})
        return HttpRequest(method="GET", url=f"{url}?{query}", headers=tuple(headers))
    headers.append(("content-type", _CONTENT[asked.encoding]))
    body = _written(table, fields)
    return HttpRequest(method="POST", url=url, headers=tuple(headers), body=body)


def heard(answer: Answer, response: HttpResponse) -> Heard | None:
    """Read an answer as the carrier does."""
    told = dict(response.headers)
    for end in (False, True):
        headers = {name: chosen(value, end=end) for name, value in answer.headers.items()}
        if response.status != 200 or any(told.get(n.lower()) != v for n, v in headers.items()):
            continue
        words = _words(answer, chosen(answer.body, end=end), response.body, end=end)
        if words is not None:
            new_line = answer.replace.get("\n")
            words = words.replace(new_line, "\n") if new_line else words
            return Heard(words, open=not end)
    return None


def _sampled(table: Table, channel: Channel, step: Step) -> dict[str, Plain]:
    told = {
        "time": step.at.isoformat(timespec="milliseconds"),
        "hop": str(len(step.inputs) + 1),
        "phone": step.phone.removeprefix("+"),
        "code": bare(channel.address),
    }
    samples = dict(table.samples)
    if table.request.time:
        samples.setdefault(table.request.time, "{time}")
    return {
        name: HOLE.sub(lambda hole: told[hole[1]], value) if isinstance(value, str) else value
        for name, value in samples.items()
    }


def _said(table: Table, channel: Channel, step: Step, end: End | None) -> dict[str, Plain]:
    asked = table.request
    sender, session = asked.sender, asked.session
    if end:
        sender, session = end.sender or sender, end.session or session
    fields: dict[str, Plain] = {sender: step.phone.removeprefix("+")}
    if session:
        fields[session] = step.session
    if asked.address:
        fields[asked.address] = channel.address
    if end:
        return fields | dict(_holding(end.when))
    return fields | {asked.text: _text(table, channel, step)} | _stage(table, channel, step)


def _text(table: Table, channel: Channel, step: Step) -> str:
    dialled = [step.dialled] if step.dialled else []
    if table.begin is None:
        return "*".join([*dialled, *step.inputs])
    if step.inputs:
        return step.inputs[-1]
    if dialled and table.begin.dials == "nothing":
        raise ValueError(f"{table.carrier} does not say what was dialled past the code.")
    code = "*".join([bare(channel.address), *dialled])
    return {"star": f"*{code}#", "code": code, "nothing": ""}[table.begin.dials]


def _stage(table: Table, channel: Channel, step: Step) -> dict[str, Plain]:
    begin = table.begin
    if begin is None or begin.session:
        return {}
    if begin.absent:
        return {begin.absent: bare(channel.address)} if step.inputs else {}
    if not step.inputs:
        return dict(_holding(begin.when))
    held = table.samples
    goes_on = {n: held.get(n, v) if v == "*" else v for n, v in begin.continues.items()}
    return dict(_holding(goes_on)) or {name: not value for name, value in begin.when.items()}


def _holding(test: Test) -> Iterator[tuple[str, Plain]]:
    """Fields that meet a test."""
    for name, value in test.items():
        first = values(value)[0]
        yield name, (first.removesuffix("*") or "1") if isinstance(first, str) else first


def _written(table: Table, fields: Mapping[str, Plain]) -> bytes:
    asked = table.request
    if asked.encoding == "form":
        return urlencode({name: as_text(value) for name, value in fields.items()}).encode()
    if asked.encoding == "xml":
        texts = [(name, as_text(value)) for name, value in fields.items()]
        return write_xml(asked.root, "", texts)
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        *way, last = name.split(".")
        place = tree
        for each in way:
            place = place.setdefault(each, {})
        place[last] = value
    return msgspec.json.encode(tree)


def _words(answer: Answer, body: Any, sent: bytes, *, end: bool) -> str | None:
    if isinstance(body, str):
        text = sent.decode()
        found = _pattern(body).fullmatch(text)
        if found is None:
            return None
        words = found["words"]
        return unescape(words, {"&quot;": '"'}) if answer.encoding == "xml" else words
    try:
        return _at(body, read_json(sent), end=end)
    except Malformed:
        return None


def _at(body: Any, found: Any, *, end: bool) -> str | None:
    """The words in a JSON answer whose fixed values are those of an open or a last one."""
    words = None
    for name, each in body.items():
        value = found.get(name) if isinstance(found, dict) else None
        wanted = chosen(each, end=end)
        if isinstance(wanted, dict):
            inner = _at(wanted, value, end=end)
            words = inner if words is None else words
        elif isinstance(wanted, str) and "words" in holes(wanted):
            match = _pattern(wanted).fullmatch(value) if isinstance(value, str) else None
            words = match["words"] if match else None
        elif not (isinstance(wanted, str) and holes(wanted)) and value != wanted:
            return None
    return words


def _pattern(template: str) -> re.Pattern[str]:
    pieces = HOLE.split(template)
    literal = [re.escape(piece) for piece in pieces[::2]]
    named = ["(?P<words>.*)" if name == "words" else ".*?" for name in pieces[1::2]]
    woven = [a + b for a, b in zip(literal, [*named, ""], strict=True)]
    return re.compile("".join(woven), re.DOTALL)
