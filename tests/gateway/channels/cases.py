"""Reads the fixtures of the adapters and compares what comes out with what they say.

Each kind has a folder with `_channel.json` (address, region, url, secrets, settings, and `signed`:
the header that proves the origin, where there is one) and a file per case. A case has `about`,
where its name does not say all, and one of these questions with its answer:

    request → events | refused      what a carrier sends, what it means
    reply → response                an answer, the bytes of the HTTP response (USSD); `after`: the
                                    request that it answers, where it repeats some of that
    outgoing → requests             a message, the carrier requests that send it
    answer → verdict                what the carrier says to such a request
    report → verdict                the error code of a delivery report
    refuse → response               the adapter's fixed refusals

`request.query` (a GET), `.form`, `.json` or `.body` (a text, in `encoding`, or a list of texts and
[text, times]); `.path` follows the channel's URL; `sign` names a scheme of signing.py, with `key`,
`url`, `form` or `body` where something else was signed than was sent. Only what differs from a
type's defaults is written: `{"event": "Inbound", …}`; and not what the request holds already, its
fingerprint and the envelope of its answer.
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from defusedxml.ElementTree import fromstring

from core.values import Address
from dialogs.messages import Reply
from gateway.adapter import Adapter, Channel, Outgoing, Peers
from gateway.inbound import HttpRequest, HttpResponse, Inbound
from gateway.kinds import discover
from gateway.render import Page, fit
from tests.gateway.channels.signing import SCHEMES

HERE = Path(__file__).parent
PACKAGES = {"gateway.channels": HERE, "tests.gateway.channels.made_up": HERE / "made_up"}
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
QUESTIONS = ("request", "reply", "outgoing", "answer", "report", "refuse")


@dataclass(frozen=True)
class Kind:
    """An adapter and where its fixtures are."""

    name: str
    adapter: Adapter
    folder: Path

    @cached_property
    def defaults(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.folder / "_channel.json").read_text())
        return read

    @cached_property
    def cases(self) -> tuple["Case", ...]:
        files = sorted(self.folder.glob("[!_]*.json"))
        return tuple(Case(self, file.stem, json.loads(file.read_text())) for file in files)


@dataclass(frozen=True)
class Case:
    """One fixture."""

    kind: Kind
    name: str
    spec: dict[str, Any]

    @property
    def question(self) -> str:
        (asked,) = [question for question in QUESTIONS if question in self.spec]
        return asked

    @property
    def accepted(self) -> bool:
        return "events" in self.spec

    @property
    def channel(self) -> Channel:
        own = self.kind.defaults | self.spec.get("channel", {})
        return Channel(
            id=ID,
            owner=ID,
            kind=self.kind.name,
            address=own["address"],
            token=own["token"],
            region=own["region"],
            settings=own.get("settings", {}),
            secrets=own.get("secrets", {}),
        )

    @property
    def peers(self) -> Peers:
        return Peers(**self.spec.get("peers", {"token": True, "allowed": True}))

    @property
    def answered(self) -> Inbound:
        """What the reply answers."""
        if "after" not in self.spec:
            return Inbound(address=self.channel.address, sender=None)
        (said,) = self.kind.adapter.parse(self._request(self.spec["after"]), self.channel, NOW)
        assert isinstance(said, Inbound)
        return said

    @property
    def request(self) -> HttpRequest:
        return self._request(self.spec["request"])

    def _request(self, spec: dict[str, Any]) -> HttpRequest:
        defaults = self.kind.defaults
        url, form = spec.get("url", defaults["url"]) + spec.get("path", ""), spec.get("form", {})
        query = spec.get("query")
        if query is not None:
            url += f"?{query if isinstance(query, str) else urlencode(query)}"
        body = body_of(spec)
        headers = tuple((name, value) for name, value in spec.get("headers", []))
        if "json" in spec:
            headers = (("content-type", "application/json"), *headers)
        if sign := spec.get("sign"):
            signed: dict[str, Any] = {"scheme": sign} if isinstance(sign, str) else sign
            key = signed.get("key") or defaults["signing_key"]
            what = body_of(signed) if {"body", "json"} & signed.keys() else body
            scheme = SCHEMES[signed["scheme"]]
            headers += scheme(key, signed.get("url", url), what, signed.get("form", form))
        method = spec.get("method", "POST" if query is None else "GET")
        return HttpRequest(method=method, url=url, headers=headers, body=body)

    @property
    def reply_page(self) -> Page:
        spec = self.spec.get("reply") or self.spec["outgoing"]["reply"]
        number = spec.get("page", 1)
        reply = msgspec.convert({k: v for k, v in spec.items() if k != "page"}, Reply)
        return fit(reply, self.kind.adapter.PROFILE, number)

    @property
    def outgoing(self) -> Outgoing:
        spec = dict(self.spec["outgoing"])
        kind, _, value = spec.pop("recipient").partition(":")
        recipient = Address("bsuid" if kind == "bsuid" else "msisdn", value)
        rest = {name: value for name, value in spec.items() if name != "reply"}
        return Outgoing(id=ID, recipient=recipient, page=self.reply_page, **rest)

    @property
    def answer(self) -> HttpResponse | None:
        spec = self.spec["answer"]
        if spec is None:
            return None
        headers = tuple(spec.get("headers", {}).items())
        return HttpResponse(status=spec["status"], body=body_of(spec), headers=headers)


def kinds() -> list[Kind]:
    """Every adapter there is, the made-up one of the tests too."""
    return [
        Kind(name, adapter, folder / name)
        for package, folder in PACKAGES.items()
        for name, adapter in discover(package).items()
    ]


def body_of(spec: dict[str, Any]) -> bytes:
    """The bytes that a fixture describes."""
    if "json" in spec:
        return json.dumps(spec["json"], ensure_ascii=False).encode()
    if "form" in spec:
        return urlencode(spec["form"]).encode()
    pieces = spec.get("body", "")
    if isinstance(pieces, str):
        return pieces.encode(spec.get("encoding", "utf-8"))
    return b"".join(p.encode() if isinstance(p, str) else p[0].encode() * p[1] for p in pieces)


def shape(value: Any) -> Any:
    """A value as a fixture writes it: plain, and without what equals a default."""
    if isinstance(value, Address):
        return f"{value.kind}:{value.value}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, HttpResponse):
        return shape_response(value)
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return dict(_set(value, [(f.name, f.default, f.default_factory) for f in fields]))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        rows = [(f.name, f.default, f.default_factory) for f in dataclasses.fields(value)]
        return dict(_set(value, rows))
    return value


def words_of(response: HttpResponse) -> str:
    """What a response says to the person; XML must be whole."""
    if "xml" not in dict(response.headers).get("content-type", ""):
        return response.body.decode()
    return "".join(fromstring(response.body).itertext())


def shape_event(event: object) -> dict[str, Any]:
    """An event or a verdict with its type's name."""
    return {"event": type(event).__name__, **shape(event)}


def shape_response(response: HttpResponse) -> dict[str, Any]:
    """A response; a body that is JSON stays text, since its bytes are what counts."""
    shaped: dict[str, Any] = {"status": response.status, "body": response.body.decode()}
    return shaped | {"headers": dict(response.headers)}


def shape_request(request: HttpRequest) -> dict[str, Any]:
    """A request of ours, its body taken apart."""
    headers = dict(request.headers)
    shaped: dict[str, Any] = {"method": request.method, "url": request.url, "headers": headers}
    if headers.get("content-type") == "application/json":
        shaped["json"] = json.loads(request.body)
    elif request.body:
        shaped["form"] = dict(parse_qsl(request.body.decode(), strict_parsing=True))
    return shaped | ({"best_effort": True} if request.best_effort else {})


def _set(value: Any, rows: list[tuple[str, Any, Any]]) -> Iterator[tuple[str, Any]]:
    """The fields that are not what they are by default."""
    for name, default, factory in rows:
        found = getattr(value, name)
        usual = factory() if callable(factory) else default
        if found != usual and name not in ("fingerprint", "envelope"):
            yield name, shape(found)
