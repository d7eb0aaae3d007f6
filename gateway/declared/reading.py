"""Reads the fields of a request as a table says, strictly. Pure; called by `carrier`."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from gateway.declared.table import Plain, Request, Test
from gateway.inbound import HttpRequest, Malformed, at, is_sound, read_form, read_json
from gateway.markup import read_xml

Scalar = str | int | bool
BODY_MAX: Final = 16_384

_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+")
_NAMED: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}")


def read_fields(asked: Request, request: HttpRequest, names: Iterable[str]) -> dict[str, Scalar]:
    """The fields of these names that the request has. Raises Malformed for what is not of the
    table's form, and for one of them that is repeated or no plain value."""
    wanted = frozenset(names)
    fields = _of_body(asked, request, wanted)
    if asked.path:
        fields |= _of_path(asked.path, request.url)
    return {name: value for name, value in fields.items() if name in wanted}


def path_names(path: str) -> list[str]:
    """The names in a path such as `/session/{id}/{stage}`; none where it is no path."""
    return _NAMED.findall(path) if _PATH.fullmatch(path) else []


def met(test: Test, fields: Mapping[str, Scalar]) -> bool:
    """Whether all fields of a test hold what it wants."""
    return all(
        name in fields
        and any(_fits(as_text(fields[name]), as_text(each)) for each in values(value))
        for name, value in test.items()
    )


def values(value: Plain | list[str | int]) -> list[Any]:
    """The one value of a test, or its several."""
    return value if isinstance(value, list) else [value]


def as_text(value: Scalar) -> str:
    """A plain value as a form would hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _fits(found: str, wanted: str) -> bool:
    found, wanted = found.strip().casefold(), wanted.casefold()
    if wanted.endswith("*"):
        return found.startswith(wanted[:-1])
    return found == wanted


def _of_body(asked: Request, request: HttpRequest, wanted: frozenset[str]) -> dict[str, Scalar]:
    if request.header("content-encoding") not in (None, "", "identity"):
        raise Malformed("content-encoding")
    if asked.encoding == "query":
        return {**read_form(_short(urlsplit(request.url).query.encode()), once=wanted)}
    body = _short(request.body)
    if asked.encoding == "form":
        return {**read_form(body, once=wanted)}
    if asked.encoding == "xml":
        document = read_xml(body)
        if document.name != asked.root:
            raise Malformed("another root element")
        return {**document.fields}
    tree = read_json(body)
    if not isinstance(tree, dict):
        raise Malformed("not an object")
    found = ((name, at(tree, *name.split("."))) for name in wanted)
    return {name: _plain(value) for name, value in found if value is not None}


def _short(sent: bytes) -> bytes:
    if len(sent) > BODY_MAX:
        raise Malformed("too long")
    return sent


def _plain(value: object) -> Scalar:
    if isinstance(value, str | int):
        return value
    raise Malformed("a field is no plain value")


def _of_path(path: str, url: str) -> dict[str, Scalar]:
    found = _pattern(path).search(urlsplit(url).path)
    if found is None:
        raise Malformed("path")
    read = {name: unquote(value) for name, value in found.groupdict().items()}
    if not all(map(is_sound, read.values())):
        raise Malformed("path")
    return {**read}


@cache
def _pattern(path: str) -> re.Pattern[str]:
    pieces = _NAMED.split(path)
    literal = [re.escape(piece) for piece in pieces[::2]]
    named = [f"(?P<{name}>[^/]{{1,384}})" for name in pieces[1::2]]
    woven = [a + b for a, b in zip(literal, [*named, ""], strict=True)]
    return re.compile("".join(woven) + r"\Z")
