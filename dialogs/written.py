"""Values as text and back: `Offer(id=id_of('mug'), points=90)`. Called by transcripts.

What may be written: constants, tuples, tables, and calls of names that are known: here core's
facts, results and refusals, `at('2026-11-20T15:00:00+00:00')` and `id_of('mug')`.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import fields as _of

from core import errors, facts, ports, purchases, values
from core.earning import commands as earning
from core.errors import LoyaltyError
from core.ledger import commands as ledger
from core.members import commands as members
from core.members import link_commands as links
from core.rewards import commands as rewards
from dialogs.session import Session

Names = Mapping[str, Callable[..., Any]]


class NotWritten(ValueError):
    """A text is no value, or not of this version; the message is one sentence."""


def id_of(name: str) -> UUID:
    """A fixed id for a name of at most 16 characters."""
    return UUID(bytes=name.encode().ljust(16, b"\0")[:16])


def name_of(known: UUID) -> str:
    """The name that `id_of` made an id of, else the id."""
    name = known.bytes.rstrip(b"\0")
    return name.decode() if name.isascii() and name.decode().isprintable() else str(known)


def build(text: str, names: Names) -> Any:
    """A value from its text, or NotWritten."""
    try:
        return _build(ast.parse(text, mode="eval").body, names)
    except (SyntaxError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotWritten(f"{text[:60]} cannot be built: {error}.") from error


def written(value: object) -> str:
    """The text that `build` makes this value of. What is as usual is left out."""
    match value:
        case UUID():
            return f"id_of({name_of(value)!r})"
        case datetime():
            return f"at({value.isoformat()!r})"
        case LoyaltyError():
            return _call(type(value).__name__, value.params.items())
        case tuple():
            inner = ", ".join(written(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case dict():
            return f"{{{', '.join(f'{k!r}: {written(v)}' for k, v in value.items())}}}"
    if isinstance(value, Struct):
        given = ((each.name, getattr(value, each.name), each.default) for each in _of(value))
        return _call(type(value).__name__, [(n, mine) for n, mine, usual in given if mine != usual])
    if is_dataclass(value):
        given = ((row.name, getattr(value, row.name), row) for row in fields(value))
        unusual = [(name, mine) for name, mine, row in given if mine != _default(row)]
        return _call(type(value).__name__, unusual)
    return repr(value)


def _call(name: str, given: Any) -> str:
    return f"{name}({', '.join(f'{key}={written(value)}' for key, value in given)})"


def _default(row: Field[Any]) -> object:
    return row.default_factory() if row.default_factory is not MISSING else row.default


def _build(node: ast.expr, names: Names) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
        case ast.Tuple() | ast.List():
            return tuple(_build(item, names) for item in node.elts)
        case ast.Dict():
            keys = [_build(key, names) for key in node.keys if key]
            return dict(zip(keys, (_build(item, names) for item in node.values), strict=True))
        case ast.Call(func=ast.Name(id=name)):
            arguments = {
                str(keyword.arg): _build(keyword.value, names) for keyword in node.keywords
            }
            return names[name](*(_build(item, names) for item in node.args), **arguments)
    raise ValueError(f"{ast.unparse(node)} is no value")


def _classes(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, LoyaltyError))
    }


NAMES: Final[Names] = {
    name: kind
    for module in (
        *(errors, facts, purchases, ports, values),
        *(earning, ledger, members, links, rewards),
    )
    for name, kind in _classes(module).items()
} | {"Session": Session, "at": datetime.fromisoformat, "id_of": id_of}
"""What a recorded transcript is written in."""
