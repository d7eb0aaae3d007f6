"""Writes a tenant's specification back as the TOML file that `spec.decode` reads.

Called by `tenants.tenant_toml`. Fields at their default are left out, and so are PINs, which
nobody can read back.
"""

import json
from collections.abc import Iterator, Mapping

import msgspec

from storage.admin.spec import TenantSpec


def write_toml(spec: TenantSpec) -> str:
    """The file's text; `decode(write_toml(spec)) == spec` for every specification."""
    tables = [
        _table("[tenant]", spec.tenant),
        _table("[programme]", spec.programme),
        *(_table("[[tiers]]", tier) for tier in spec.tiers),
        *(_table("[[rewards]]", reward) for reward in spec.rewards),
        *(_table("[[staff]]", staff) for staff in spec.staff),
        *(_table("[[channels]]", channel) for channel in spec.channels),
        *(_table("[[sub_codes]]", code) for code in spec.sub_codes),
        *([_shortcuts(spec.shortcuts)] if spec.shortcuts else []),
        *(_texts(language, said) for language, said in spec.texts.items()),
    ]
    return "\n".join(tables)


def texts_toml(said: Mapping[str, Mapping[str, tuple[str, ...]]]) -> str:
    """The part of the file that is a shop's own words; "" when it has none."""
    return "\n".join(_texts(language, told(texts)) for language, texts in said.items())


def told(texts: Mapping[str, tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """Texts as the file says them: a list only where there are several forms."""
    return {message: forms if len(forms) > 1 else forms[0] for message, forms in texts.items()}


def _shortcuts(shortcuts: Mapping[str, str]) -> str:
    lines = (f"{digits} = {_value(said)}" for digits, said in sorted(shortcuts.items()))
    return "\n".join(["[shortcuts]", *lines]) + "\n"


def _table(heading: str, part: msgspec.Struct) -> str:
    return "\n".join([heading, *_lines(part)]) + "\n"


def _texts(language: str, said: Mapping[str, str | tuple[str, ...]]) -> str:
    lines = (f"{_value(message)} = {_value(text)}" for message, text in said.items())
    return "\n".join([f"[texts.{language}]", *lines]) + "\n"


def _lines(part: msgspec.Struct) -> Iterator[str]:
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        default = field.default
        if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if value is not None and value != default:
            yield f"{field.name} = {_value(value)}"


def _value(value: object) -> str:
    """A JSON text is a TOML one for strings, numbers, booleans and lists; tables differ."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {pairs} }}"
    return json.dumps(value, ensure_ascii=False)
