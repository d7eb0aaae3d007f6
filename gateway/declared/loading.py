"""Reads a carrier's table and checks it whole: a mistake is one sentence that names the file, the
key and what is allowed. Called when the kinds are discovered, before anything is served.
"""

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec

from gateway.declared.checking import Mistake, check, texts
from gateway.declared.table import OWN_SETTINGS, Setting, Table
from gateway.settings import SettingsError

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_STANDS: Final = re.compile(r"\$[a-z][a-z0-9_]*")
_AT: Final = re.compile(r"(.*?)(?: - at `(?:key in )?\$\.?(.*)`)?", re.DOTALL)
_FIELD: Final = re.compile(r"Object (missing required|contains unknown) field `(.*)`")
_ENUM: Final = re.compile(r"Invalid enum value (.*)")
_VARIANTS_MAX: Final = 64


class WrongTable(SettingsError):
    """A table that cannot be served: `<file>: <key>: <what is allowed>.`"""


@dataclass(frozen=True, slots=True)
class Source:
    """A table as written: its settings stand for themselves until `table` gives them values."""

    file: str
    raw: Mapping[str, Any]
    settings: Mapping[str, Setting]

    def table(self, values: Mapping[str, str]) -> Table:
        """The table with these values of its settings. Raises WrongTable."""
        filled = _filled(self.raw, values)
        try:
            table = msgspec.convert(filled, Table)
            check(table)
        except msgspec.ValidationError as error:
            raise WrongTable(f"{self.file}: {_told(str(error))}.") from None
        except Mistake as error:
            raise WrongTable(f"{self.file}: {error.key}: {error.reason}.") from None
        return table


def read(path: Path) -> Source:
    """Read the table in a file and try it with every value its settings may have."""
    file = path.name
    if not _KIND.fullmatch(path.stem):
        raise WrongTable(f"{file}: the name must be small letters, digits and _, such as x_ussd.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise WrongTable(f"{file}: this is no file that can be read.") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongTable(f"{file}: not TOML ({error}).") from None
    source = Source(file, raw, _settings(file, raw))
    for values in _variants(source.settings):
        source.table(values)
    return source


def _settings(file: str, raw: Mapping[str, Any]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    written = raw.get("settings", {})
    for name, each in written.items() if isinstance(written, dict) else ():
        try:
            found[name] = msgspec.convert(each, Setting)
        except msgspec.ValidationError as error:
            raise WrongTable(f"{file}: {_told(str(error), f'settings.{name}')}.") from None
    rest = {key: value for key, value in raw.items() if key != "settings"}
    used = {text[1:] for text in texts(rest) if _STANDS.fullmatch(text)}
    for name, setting in found.items():
        if not _NAME.fullmatch(name) or name in OWN_SETTINGS:
            taken = ", ".join(sorted(OWN_SETTINGS))
            raise WrongTable(f"{file}: settings.{name}: choose another name than {taken}.")
        if setting.allowed and setting.default not in setting.allowed:
            listed = ", ".join(setting.allowed)
            raise WrongTable(f"{file}: settings.{name}.default: one of {listed} is allowed.")
    for name in sorted(found.keys() ^ used):
        what = "is used nowhere: write it as" if name in found else "is not declared: add it for"
        raise WrongTable(f'{file}: settings.{name}: {what} "${name}".')
    return found


def _filled(tree: Any, values: Mapping[str, str]) -> Any:
    if isinstance(tree, Mapping):
        return {name: _filled(each, values) for name, each in tree.items()}
    if isinstance(tree, list):
        return [_filled(each, values) for each in tree]
    if isinstance(tree, str) and _STANDS.fullmatch(tree):
        return values[tree[1:]]
    return tree


def _variants(settings: Mapping[str, Setting]) -> Iterator[dict[str, str]]:
    """Every combination of the values that settings may have, as far as they are listed."""
    lists = [setting.allowed or [setting.default] for setting in settings.values()]
    for values in itertools.islice(itertools.product(*lists), _VARIANTS_MAX):
        yield dict(zip(settings, values, strict=True))


def _told(message: str, within: str = "") -> str:
    """The decoder's words turned around: the key, what is wrong with it, what is allowed."""
    found = _AT.fullmatch(message)
    assert found is not None, "the pattern takes any text"
    # The decoder does not say which name of a table of names it means.
    reason, place = found[1], (found[2] or "").replace("[...]", "")
    place = ".".join(filter(None, (within, place)))
    kind = _type_at(place)
    if named := _FIELD.fullmatch(reason):
        key = f"{place}.{named[2]}" if place else named[2]
        if named[1].startswith("missing"):
            return f"{key}: this key is missing"
        known = ", ".join(getattr(kind, "__struct_fields__", ()))
        return f"{key}: no such key, but {known}" if known else f"{key}: no such key"
    if _ENUM.fullmatch(reason) and (allowed := get_args(kind)):
        return f"{place}: one of {', '.join(map(repr, allowed))} is allowed"
    return f"{place or 'the file'}: {reason[:1].lower()}{reason[1:]}"


def _type_at(place: str) -> Any:
    """The type of the value at a path such as `request.method` or `ends[0].reason`."""
    kind: Any = Table
    for step in re.findall(r"[^.\[\]]+|\[\d+\]", place):
        if step.startswith("[") or get_origin(kind) is dict:
            kind = (get_args(kind) or (None,))[-1]
            continue
        options = [kind, *get_args(kind)]
        struct = next((each for each in options if hasattr(each, "__struct_fields__")), None)
        if struct is None:
            return None
        kind = next((f.type for f in msgspec.structs.fields(struct) if f.name == step), None)
    return kind
