"""Writes the answer that a table describes. Pure; called by `carrier`.

Names in braces are filled in once, so that a brace in somebody's name stays a brace.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec

from gateway.declared.table import Answer, Bare, Two
from gateway.inbound import HttpResponse
from gateway.markup import UNWRITABLE

CHOICE: Final = {"more", "end"}
"""The keys of a value that differs between an open and a last answer."""

HOLE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
_TYPES: Final = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "xml": "application/xml; charset=utf-8",
}


def holes(template: str) -> list[str]:
    """The names in braces."""
    return HOLE.findall(template)


def answer(table: Answer, words: str, *, end: bool, kept: Mapping[str, str]) -> HttpResponse:
    """The answer that says `words`. `kept`: what the request held, by name; for JSON as JSON."""
    for found, put in table.replace.items():
        words = words.replace(found, put)
    said = msgspec.json.encode(words).decode() if table.encoding == "json" else words
    values = {**kept, "words": said}
    return HttpResponse(
        status=200,
        body=_body(table.encoding, table.body, values, end=end),
        headers=(
            ("content-type", table.content_type or _TYPES[table.encoding]),
            *((name.lower(), chosen(value, end=end)) for name, value in table.headers.items()),
        ),
    )


def fixed(table: Answer, bare: Bare) -> HttpResponse:
    """A fixed answer, of the same content type where it says anything."""
    body = _body(table.encoding, bare.body, {}, end=True)
    content_type = ("content-type", table.content_type or _TYPES[table.encoding])
    return HttpResponse(status=bare.status, body=body, headers=(content_type,) if body else ())


def chosen(value: Any, *, end: bool) -> Any:
    """The one of two values that an open or a last answer holds."""
    if isinstance(value, Two):
        return value.end if end else value.more
    if isinstance(value, dict) and value.keys() == CHOICE:
        return value["end" if end else "more"]
    return value


def _body(encoding: str, body: Any, values: Mapping[str, str], *, end: bool) -> bytes:
    body = chosen(body, end=end)
    if isinstance(body, dict):
        return msgspec.json.encode(_tree(body, values, end=end))
    if encoding == "xml":
        return _filled(body, values, _in_markup).encode()
    return _filled(body, values, str).encode()


def _tree(node: Any, values: Mapping[str, str], *, end: bool) -> Any:
    """The object with its names filled in; a key whose name has no value is left out."""
    node = chosen(node, end=end)
    if isinstance(node, dict):
        filled = {name: _tree(each, values, end=end) for name, each in node.items()}
        return {name: each for name, each in filled.items() if each is not _NOTHING}
    if isinstance(node, list):
        return [each for each in (_tree(e, values, end=end) for e in node) if each is not _NOTHING]
    if not isinstance(node, str):
        return node
    if alone := HOLE.fullmatch(node):
        value = values.get(alone[1])
        return _NOTHING if value is None else msgspec.Raw(value.encode())
    return _filled(node, values, _in_words)


_NOTHING: Final = object()


def _filled(template: str, values: Mapping[str, str], write: Callable[[str], str]) -> str:
    return HOLE.sub(lambda hole: write(values.get(hole[1], "")), template)


def _in_words(value: str) -> str:
    """A JSON value inside a longer text."""
    read = msgspec.json.decode(value) if value else ""
    return read if isinstance(read, str) else value


def _in_markup(value: str) -> str:
    return escape(UNWRITABLE.sub("", value), {'"': "&quot;"})
