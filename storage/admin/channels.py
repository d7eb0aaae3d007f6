"""Channels: what a tenant (or the platform, for several) entered at a carrier.

Called by admin/tenants.py and the command line. A token is the secret part of a channel's URL;
the table that is read before a tenant is known holds only its keyed hash.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import LargeBinary, Uuid, bindparam, or_, select

from storage.admin.checks import check_channel
from storage.admin.editing import Edit, editing, upsert
from storage.admin.spec import ChannelPart, SpecError
from storage.admin.sub_codes import check_moved_code, check_own_code
from storage.channels import SECRETS_PLACE, TOKEN_PLACE, token_hash
from storage.crypto import Vault, place
from storage.database import Database, Row
from storage.identifiers import Identifiers
from storage.statements import frozen
from storage.tables import channel, channel_secret, channel_setting, programme, tenant

Status = Literal["on", "off"]

_CHANNEL: Final = upsert(
    channel, ["id"], ["app_id", "address", "token_hash", "status"], ["owner", "kind"]
)
_SETTING: Final = upsert(channel_setting, ["tenant_id", "channel_id"], ["region", "settings"])
_SECRET: Final = upsert(channel_secret, ["tenant_id", "channel_id"], ["secrets_enc", "token_enc"])
_OWNER: Final = bindparam("owner", type_=Uuid)
_LISTED: Final = frozen(
    select(channel.c.owner, tenant.c.slug)
    .join_from(channel, tenant, tenant.c.id == channel.c.owner)
    .where(or_(_OWNER.is_(None), channel.c.owner == _OWNER))
    .group_by(channel.c.owner, tenant.c.slug)
    .order_by(tenant.c.slug)
)
_STORED: Final = frozen(
    select(
        channel.c.id,
        channel.c.kind,
        channel.c.app_id,
        channel.c.address,
        channel.c.status,
        channel_setting.c.region,
        channel_setting.c.settings,
        channel_secret.c.secrets_enc,
        channel_secret.c.token_enc,
    )
    .join_from(channel, channel_setting, channel_setting.c.channel_id == channel.c.id)
    .join(channel_secret, channel_secret.c.channel_id == channel.c.id)
    .where(channel.c.owner == _OWNER)
    .order_by(channel.c.id)
)
_BY_TOKEN: Final = frozen(
    select(channel.c.id, channel.c.owner, channel.c.kind).where(
        channel.c.token_hash == bindparam("token_hash", type_=LargeBinary)
    )
)
_REGION: Final = frozen(select(programme.c.region))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChannel:
    """A channel as it is stored, on or off."""

    id: UUID
    owner: UUID
    kind: str
    address: str
    app_id: str
    status: Status
    region: str
    token: str = field(repr=False)
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


async def stored_channels(db: Database, vault: Vault, owner: UUID) -> list[StoredChannel]:
    """One owner's channels, the oldest first, opened."""
    rows = await db.read(owner, _STORED, {"owner": owner})
    return [_opened(vault, owner, row) for row in rows]


async def list_channels(
    db: Database, vault: Vault, owner: UUID | None = None
) -> list[tuple[str, StoredChannel]]:
    """The channels of one owner or of all, each with its owner's slug."""
    found: list[tuple[str, StoredChannel]] = []
    for row in await db.run(_LISTED, {"owner": owner}):
        mine = await stored_channels(db, vault, row["owner"])
        found += [(row["slug"], each) for each in mine]
    return found


async def add_channel(
    db: Database, vault: Vault, owner: UUID, part: ChannelPart, ids: Identifiers
) -> StoredChannel:
    """Add a channel, or change the one with this kind and address. Raises SpecError."""
    check_channel("channel", part)
    await check_own_code(db, "channel.address", part.kind, part.address)
    region = (await db.read(owner, _REGION))[0]["region"]
    async with editing(db, owner) as edit:
        return await write_channel(edit, part, region, vault, ids)


async def set_channel(
    db: Database,
    vault: Vault,
    token: str,
    values: Mapping[str, str],
    fits: Callable[[StoredChannel], None] | None = None,
) -> StoredChannel:
    """Change fields of the channel with this token: status, region, address, app_id, token,
    `settings.<name>` and `secrets.<name>`; an empty value takes a setting or secret away. `fits`
    is shown the channel before anything is written and may raise.

    Raises SpecError, Unavailable."""
    rows = await db.run(_BY_TOKEN, {"token_hash": token_hash(vault, token)})
    if not rows:
        raise SpecError("channel", "no channel has this token")
    owner = rows[0]["owner"]
    if address := values.get("address"):
        await check_own_code(db, "channel.address", rows[0]["kind"], address)
        await check_moved_code(db, rows[0]["id"], rows[0]["kind"], address)
    async with editing(db, owner) as edit:
        stored = {row["id"]: row for row in await edit.rows(_STORED, owner=owner)}
        before = _opened(vault, owner, stored[rows[0]["id"]])
        if fits:
            fits(before)
        after = _changed(before, values)
        check_channel("channel", _part(after))
        await _write(edit, before, after, vault)
    return after


async def write_channel(
    edit: Edit, part: ChannelPart, region: str, vault: Vault, ids: Identifiers
) -> StoredChannel:
    """One channel as a file says. The token and the secrets that the file does not name stay."""
    rows = await edit.rows(_STORED, owner=edit.tenant)
    known = {(row["kind"], row["address"]): row for row in rows}
    row = known.get((part.kind, part.address))
    before = _opened(vault, edit.tenant, row) if row else None
    after = StoredChannel(
        id=before.id if before else ids.uuid7(),
        owner=edit.tenant,
        kind=part.kind,
        address=part.address,
        app_id=part.app_id,
        status=part.status,
        region=part.region or region,
        token=part.token or (before.token if before else ids.token()),
        settings=part.settings,
        secrets={**(before.secrets if before else {}), **part.secrets},
    )
    await _write(edit, before, after, vault)
    return after


async def _write(
    edit: Edit, before: StoredChannel | None, after: StoredChannel, vault: Vault
) -> None:
    """Write the three rows of a channel, if it changed: sealing anew would always look changed."""
    if before == after:
        return
    seal, owner = vault.seal, edit.tenant
    await edit.put(
        _CHANNEL,
        id=after.id,
        owner=owner,
        kind=after.kind,
        app_id=after.app_id or None,
        address=after.address,
        token_hash=token_hash(vault, after.token),
        status=after.status,
    )
    settings = msgspec.json.encode(after.settings).decode()
    await edit.put(_SETTING, channel_id=after.id, region=after.region, settings=settings)
    await edit.put(
        _SECRET,
        channel_id=after.id,
        secrets_enc=seal(place(owner, SECRETS_PLACE), msgspec.json.encode(after.secrets)),
        token_enc=seal(place(owner, TOKEN_PLACE), after.token.encode()),
    )


def _opened(vault: Vault, owner: UUID, row: Row) -> StoredChannel:
    secrets = vault.open(place(owner, SECRETS_PLACE), row["secrets_enc"])
    return StoredChannel(
        id=row["id"],
        owner=owner,
        kind=row["kind"],
        address=row["address"],
        app_id=row["app_id"] or "",
        status=row["status"],
        region=row["region"],
        token=vault.open(place(owner, TOKEN_PLACE), row["token_enc"]).decode(),
        settings=row["settings"],
        secrets=msgspec.json.decode(secrets, type=dict[str, str]),
    )


def _changed(stored: StoredChannel, values: Mapping[str, str]) -> StoredChannel:
    fields: dict[str, Any] = {}
    nested = {"settings": dict(stored.settings), "secrets": dict(stored.secrets)}
    for key, value in values.items():
        table, dot, name = key.partition(".")
        if dot and name and table in nested:
            nested[table][name] = value
        elif key in ("status", "region", "address", "app_id", "token"):
            fields[key] = value
        else:
            raise SpecError("channel", f"{key!r} is no field of a channel")
    for table, pairs in nested.items():
        fields[table] = {name: value for name, value in pairs.items() if value}
    return replace(stored, **fields)


def _part(stored: StoredChannel) -> ChannelPart:
    """The same as a file would say it, to be checked."""
    if stored.status not in ("on", "off"):
        raise SpecError("channel.status", "on or off is needed")
    return ChannelPart(
        kind=stored.kind,
        address=stored.address,
        app_id=stored.app_id,
        region=stored.region,
        token=stored.token,
        status=stored.status,
    )
