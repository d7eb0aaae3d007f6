"""Turns the changes of a turn into the commit document: part → rows, sorted, secrets hidden.

Field names are the document's keys, and SQL refuses a row with other keys. A part's rows are
sorted by their id, so that two commits lock the same rows in the same order.
Called by storage.turns.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.changes import AddressAdded, AddressListed, AddressMoved, Change, CodeAdded
from core.values import Address
from storage.crypto import CODE_PLACE, Vault, address_hash, code_hash, place

Document = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _AddressRow:
    """AddressAdded with the directory's key."""

    kind: str
    value: str
    member_id: UUID
    at: datetime
    address_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _ListedRow:
    """AddressListed with the directory's key."""

    kind: str
    value: str
    member_id: UUID
    listed: bool
    address_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _MovedAddressRow:
    """AddressMoved with the directory's key."""

    kind: str
    value: str
    was: UUID
    member_id: UUID | None
    at: datetime
    address_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _CodeRow:
    """CodeAdded with the code as a keyed hash and as an encrypted copy."""

    id: UUID
    kind: str
    member_id: UUID
    issuance_id: UUID | None
    code_hash: bytes
    code_enc: bytes
    at: datetime
    expires_at: datetime


def document(vault: Vault, tenant: UUID, changes: Iterable[Change]) -> Document | None:
    """The changes by part, or None when there are none; ready to be encoded as JSON."""
    parts: Document = {}
    for change in changes:
        row = _HIDDEN.get(type(change), _plain)(vault, tenant, change)
        parts.setdefault(change.part, []).append(row)
    for rows in parts.values():
        if len(rows) > 1:
            rows.sort(key=_key)
    return parts or None


def _plain(_vault: Vault, _tenant: UUID, change: Any) -> Any:
    return change


def _address(vault: Vault, _tenant: UUID, change: AddressAdded) -> _AddressRow:
    address = Address(change.kind, change.value)
    return _AddressRow(
        kind=change.kind,
        value=change.value,
        member_id=change.member_id,
        at=change.at,
        address_hash=address_hash(vault, address),
    )


def _listed(vault: Vault, _tenant: UUID, change: AddressListed) -> _ListedRow:
    return _ListedRow(
        kind=change.kind,
        value=change.value,
        member_id=change.member_id,
        listed=change.listed,
        address_hash=address_hash(vault, Address(change.kind, change.value)),
    )


def _moved_address(vault: Vault, _tenant: UUID, change: AddressMoved) -> _MovedAddressRow:
    address = Address(change.kind, change.value)
    return _MovedAddressRow(
        kind=change.kind,
        value=change.value,
        was=change.was,
        member_id=change.member_id,
        at=change.at,
        address_hash=address_hash(vault, address),
    )


def _code(vault: Vault, tenant: UUID, change: CodeAdded) -> _CodeRow:
    return _CodeRow(
        id=change.id,
        kind=change.kind,
        member_id=change.member_id,
        issuance_id=change.issuance_id,
        code_hash=code_hash(vault, tenant, change.code),
        code_enc=vault.seal(place(tenant, CODE_PLACE), change.code.encode()),
        at=change.at,
        expires_at=change.expires_at,
    )


def _key(row: Any) -> tuple[str, ...]:
    """The id of a row, or the two columns that stand for it."""
    return tuple(str(getattr(row, field.name)) for field in fields(row)[:2])


_HIDDEN: Final[dict[type[Change], Callable[[Vault, UUID, Any], Any]]] = {
    AddressAdded: _address,
    AddressListed: _listed,
    AddressMoved: _moved_address,
    CodeAdded: _code,
}
