"""The channel registry: every configured connection, in memory, found by token or by address.

Called by the carriers' doors before a tenant is known. Secrets are under their owner's row
security, so they are read owner by owner, and again when the owner's config_version is new.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar, overload
from uuid import UUID

import msgspec
from sqlalchemy import select

from storage.crypto import Vault, place
from storage.database import Database, Row
from storage.statements import frozen
from storage.tables import channel, channel_secret, channel_setting, sub_code, tenant
from storage.work import PLATFORM

REFRESH_S: Final = 3.0
REFRESH_BURST: Final = 5
"""A miss reads the table again, so that a new channel works at once: this many times in a row, then
not more often than every REFRESH_S, so that guessed tokens cost the database nothing."""

SECRETS_PLACE: Final = "channel_secret.secrets"
TOKEN_PLACE: Final = "channel_secret.token"  # noqa: S105 - the name of a column, not a secret

_LISTED: Final = frozen(
    select(
        channel.c.id,
        channel.c.owner,
        channel.c.kind,
        channel.c.app_id,
        channel.c.address,
        tenant.c.config_version,
    )
    .join_from(channel, tenant, tenant.c.id == channel.c.owner)
    .where(channel.c.status == "on")
    .order_by(channel.c.id)
)
_OPENED: Final = frozen(
    select(
        channel_secret.c.channel_id,
        channel_secret.c.secrets_enc,
        channel_secret.c.token_enc,
        channel_setting.c.region,
        channel_setting.c.settings,
    ).join_from(
        channel_secret,
        channel_setting,
        channel_setting.c.channel_id == channel_secret.c.channel_id,
    )
)
_SUB_CODES: Final = frozen(select(sub_code.c.channel_id, sub_code.c.digits, sub_code.c.at_tenant))
_TENANTS: Final = frozen(select(tenant.c.id).where(tenant.c.status == "open").order_by(tenant.c.id))


class Listed(Protocol):
    """What the registry itself needs of a channel, whatever class its user wants."""

    @property
    def id(self) -> UUID: ...
    @property
    def owner(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def app_id(self) -> str: ...


C = TypeVar("C", bound=Listed)
F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A configured connection. The gateway's Channel has the same fields and takes its place."""

    id: UUID
    owner: UUID
    kind: str
    address: str
    token: str = field(repr=False)
    region: str
    app_id: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Known(Generic[C]):
    """One look at the table: never changed, only replaced."""

    owners: Mapping[UUID, tuple[int, tuple[C, ...]]]
    by_id: Mapping[UUID, C]
    by_token: Mapping[str, C]
    by_address: Mapping[tuple[str, str], C]
    by_code: Mapping[tuple[str, str], C]
    by_sub_code: Mapping[tuple[UUID, str], UUID]


class Registry(Generic[C]):
    """All channels that are on. `make` builds each from ChannelRow's fields."""

    @overload
    def __init__(self: "Registry[ChannelRow]", db: Database, vault: Vault) -> None: ...
    @overload
    def __init__(self, db: Database, vault: Vault, make: Callable[..., C]) -> None: ...
    def __init__(self, db: Database, vault: Vault, make: Callable[..., Any] = ChannelRow) -> None:
        self._db = db
        self._vault = vault
        self._make = make
        self._known: _Known[C] = _Known({}, {}, {}, {}, {}, {})
        self._looks_left: float = REFRESH_BURST
        self._looked_at = time.monotonic()
        self._looking = asyncio.Lock()

    async def load(self) -> None:
        """Read everything; called once at the start. One trip, and one for each owner."""
        await self.refresh()

    async def refresh(self) -> None:
        """Read what changed: one trip, and one for each owner whose config_version is new.

        Called at a miss, and by whoever sees a newer `version` of an owner."""
        async with self._looking:
            await self._read()

    def _looks(self, now_s: float) -> float:
        """How many times the table may be read now because of misses."""
        return min(self._looks_left + (now_s - self._looked_at) / REFRESH_S, REFRESH_BURST)

    async def _read(self) -> None:
        now_s = time.monotonic()
        self._looks_left, self._looked_at = max(self._looks(now_s) - 1, 0), now_s
        listed = await self._db.run(_LISTED)
        owners: dict[UUID, tuple[int, tuple[C, ...]]] = {}
        sub_codes = self._known.by_sub_code
        for owner, version in {row["owner"]: row["config_version"] for row in listed}.items():
            known = self._known.owners.get(owner)
            if known is None or known[0] != version:
                known = version, await self._opened(owner, listed)
                if owner == PLATFORM:
                    sub_codes = await self._sub_codes()
            owners[owner] = known
        self._known = self._look(owners, sub_codes)

    async def by_token(self, token: str) -> C | None:
        """The channel whose URL ends in this token. A dictionary compares texts only where their
        seeded hashes are equal, so how long it takes tells nobody how much of a guess is right."""
        return await self._find(lambda known: known.by_token.get(token))

    async def by_address(self, kind: str, address: str) -> C | None:
        """The channel of a kind with this business address."""
        return await self._find(lambda known: known.by_address.get((kind, address)))

    async def by_id(self, channel_id: UUID) -> C | None:
        """The channel with this id, as long as it is on."""
        return await self._find(lambda known: known.by_id.get(channel_id))

    def at_sub_code(self, shared: C, digits: str) -> UUID | None:
        """The tenant whose digits these are behind a shared code, open or not; as current as the
        `version` of the channel's owner. A tenant's own code means it here too: carriers that know
        `*123#` alone deliver `*123*1#` to it."""
        given = self._known.by_sub_code.get((shared.id, digits))
        found = self._known.by_code.get((shared.kind, f"{_bare(shared.address)}*{digits}"))
        return given or (found.owner if found else None)

    def elsewhere(self, channel: C, address: str) -> bool:
        """Whether a business address that a request names is that of another channel of the kind.
        Costs no trip: one that is added right now is known in a moment."""
        other = self._known.by_address.get((channel.kind, address))
        return not (other is None or other is channel or other.id == channel.id)

    async def of_owner(self, owner: UUID) -> tuple[C, ...]:
        """A tenant's channels, the oldest first; to have none is no miss."""
        return self._known.owners.get(owner, (0, ()))[1]

    def version(self, owner: UUID) -> int:
        """The owner's config_version that its channels were read at; 0 when it has none."""
        return self._known.owners.get(owner, (0, ()))[0]

    async def tenants(self) -> tuple[UUID, ...]:
        """All tenants that are open; one trip."""
        return tuple(row["id"] for row in await self._db.run(_TENANTS))

    async def _find(self, look: Callable[[_Known[C]], F | None]) -> F | None:
        """Look; at a miss look once more after reading again, unless that was a moment ago."""
        found, known = look(self._known), self._known
        if found is not None or self._looks(time.monotonic()) < 1:
            return found
        async with self._looking:
            # Of many misses at once the first one reads for all.
            if self._known is known:
                await self._read()
        return look(self._known)

    async def _sub_codes(self) -> dict[tuple[UUID, str], UUID]:
        rows = await self._db.read(PLATFORM, _SUB_CODES)
        return {(row["channel_id"], row["digits"]): row["at_tenant"] for row in rows}

    async def _opened(self, owner: UUID, listed: Iterable[Row]) -> tuple[C, ...]:
        rows = {row["channel_id"]: row for row in await self._db.read(owner, _OPENED)}
        mine = (row for row in listed if row["owner"] == owner and row["id"] in rows)
        return tuple(self._channel(row, rows[row["id"]]) for row in mine)

    def _channel(self, listed: Row, opened: Row) -> C:
        owner = listed["owner"]
        secrets = self._vault.open(place(owner, SECRETS_PLACE), opened["secrets_enc"])
        token = self._vault.open(place(owner, TOKEN_PLACE), opened["token_enc"]).decode()
        made: C = self._make(
            id=listed["id"],
            owner=owner,
            kind=listed["kind"],
            address=listed["address"],
            token=token,
            region=opened["region"],
            app_id=listed["app_id"] or "",
            settings=opened["settings"],
            secrets=msgspec.json.decode(secrets, type=dict[str, str]),
        )
        return made

    def _look(
        self,
        owners: Mapping[UUID, tuple[int, tuple[C, ...]]],
        sub_codes: Mapping[tuple[UUID, str], UUID],
    ) -> _Known[C]:
        channels = [each for _, mine in owners.values() for each in mine]
        return _Known(
            owners=owners,
            by_id={each.id: each for each in channels},
            by_token={each.token: each for each in channels},
            by_address={(each.kind, each.address): each for each in channels},
            by_code={(each.kind, _bare(each.address)): each for each in channels},
            by_sub_code=sub_codes,
        )


def _bare(address: str) -> str:
    """A code without the stars and the hash at its ends: whether they are written is the same."""
    return address.strip("*#")


def token_hash(vault: Vault, token: str) -> bytes:
    """How a channel's token is kept where no tenant is known."""
    return vault.mac("channel_token", token)
