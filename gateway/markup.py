"""XML of carriers: flat documents, read strictly and written escaped. Called by adapters.

An honest one is a root of a few elements that hold text. Everything else XML can do is refused:
DTDs and entities (docs/security.md, X1–X5), other encodings than UTF-8, elements, comments or
instructions inside an element, and an element that is repeated (X6–X17).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from gateway.inbound import Malformed

TAGS_MAX: Final = 100

_DECLARED: Final = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)[\"']")
_READABLE: Final = frozenset({b"utf-8", b"us-ascii"})
UNWRITABLE: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A flat document: its root's local name and namespace ("" for none), and the texts of its
    elements by their local names."""

    name: str
    namespace: str
    fields: dict[str, str]


def read_xml(body: bytes) -> Document:
    """Read a flat document. Raises Malformed for anything else."""
    root = _parse(body)
    name, namespace = _named(root)
    if (root.text or "").strip():
        raise Malformed("text between elements")
    fields: dict[str, str] = {}
    for element in root:
        local, own = _named(element)
        if own not in ("", namespace) or len(element) or (element.tail or "").strip():
            raise Malformed("an element is no plain text")
        if local in fields:
            raise Malformed("an element is repeated")
        fields[local] = element.text or ""
    return Document(name=name, namespace=namespace, fields=fields)


def write_xml(
    name: str, namespace: str, fields: Iterable[tuple[str, str]], *, prefix: str = ""
) -> bytes:
    """Write a flat document; every text is escaped, and what XML cannot hold is left out. `prefix`
    of every element; without one the namespace is the default."""
    before, attribute = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    inner = "".join(
        f"<{before}{field}>{escape(UNWRITABLE.sub('', text))}</{before}{field}>"
        for field, text in fields
    )
    head = f"<{before}{name} {attribute}={quoteattr(namespace)}>"
    whole = f'<?xml version="1.0" encoding="UTF-8"?>{head}{inner}</{before}{name}>'
    return whole.encode()


def _parse(body: bytes) -> Element:
    declared = _DECLARED.match(body.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in _READABLE:
        raise Malformed("encoding")
    if b"\x00" in body or body.count(b"<") > TAGS_MAX:
        raise Malformed("too many elements, or a NUL")
    # Comments and instructions are kept, so that none can hide inside a number (X17).
    builder = TreeBuilder(insert_comments=True, insert_pis=True)
    parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(body)
        root = parser.close()
    except (ParseError, DefusedXmlException):
        raise Malformed("not XML") from None
    if not isinstance(root, Element):
        raise Malformed("not XML")
    return root


def _named(element: Element) -> tuple[str, str]:
    """Local name and namespace; a comment or an instruction has neither."""
    if not isinstance(element.tag, str):
        raise Malformed("more than elements")
    namespace, closed, local = element.tag[1:].partition("}")
    return (local, namespace) if closed else (element.tag, "")
