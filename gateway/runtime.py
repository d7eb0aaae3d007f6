"""Everything a process owns, in one explicit bundle. Built once by `open_runtime`; every door of
the gateway is handed it, and nothing else holds state.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

import httpx

from core.values import Address
from dialogs.dialog import Dialog
from dialogs.registry import discover as discover_dialogs
from gateway.adapter import Adapter, Channel, has_two_proofs
from gateway.deadlines import Deadlines
from gateway.declared.carrier import Declared
from gateway.hashing import BoundedHasher
from gateway.kinds import discover as discover_adapters
from gateway.logs import get
from gateway.metrics import Metrics
from gateway.sessions import Sessions
from gateway.settings import Settings, SettingsError
from gateway.watch import Watch
from storage.catalogue import own_faults
from storage.channels import Registry
from storage.crypto import Vault
from storage.database import Database
from storage.identifiers import Identifiers
from storage.inbox import Inbox
from storage.jobs import Jobs
from storage.notices import Notices
from storage.outbox import Outbox
from storage.programmes import Programmes
from storage.turns import PLATFORM, Turns
from storage.watch import CarrierRows

LOOK_S: Final = 5


class Witness(Protocol):
    """Whoever may hear a conversation, in dev: it gives the `dialogs.engine.turn` to take."""

    def turn(self, channel: Channel, sender: Address, key: str) -> Callable[..., Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What conversing, delivering and the doors need. `rng` jitters only; ids and codes come from
    `identifiers`, which uses the system's randomness. `wake` is set when this process has stored
    work for its worker; `slots` are the schedule's last slots by kind. `witness` hears what is
    recorded, in dev only."""

    settings: Settings
    db: Database
    vault: Vault
    turns: Turns
    programmes: Programmes
    registry: Registry[Channel]
    inbox: Inbox
    outbox: Outbox
    notices: Notices
    jobs: Jobs
    identifiers: Identifiers
    hasher: BoundedHasher
    adapters: Mapping[str, Adapter]
    dialogs: Mapping[str, Dialog]
    http: httpx.AsyncClient
    metrics: Metrics
    watch: Watch
    rng: random.Random
    wake: asyncio.Event
    slots: dict[str, int]
    deadlines: Deadlines
    sessions: Sessions
    witness: Witness | None = None


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Connect, load the registry, and close everything again at the end."""
    assert settings.database_url, "the caller starts or names a database first"
    async with AsyncExitStack() as stack:
        db = await Database.open(settings.database_url, timeout_s=settings.database_timeout_s)
        stack.push_async_callback(db.close)
        await _refuse_wrong_role(db)
        hasher = BoundedHasher()
        stack.callback(hasher.close)
        timeout = httpx.Timeout(settings.send_timeout_s, connect=5.0)
        # Redirects are never followed and proxies of the environment never used: a carrier's
        # answer must not send our credentials elsewhere.
        http = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)
        await stack.enter_async_context(http)
        rt = _bundle(settings, db, hasher, http)
        await rt.registry.load()
        if not settings.dev:
            await _warn_of_weak_channels(rt.registry, rt.adapters)
        looking = asyncio.create_task(_keep_current(rt.registry))
        stack.callback(looking.cancel)
        stack.push_async_callback(rt.watch.flush)
        stack.callback(asyncio.create_task(rt.watch.keep_adding()).cancel)
        stack.callback(rt.metrics.settle)
        stack.callback(asyncio.create_task(rt.metrics.keep_settling()).cancel)
        yield rt


def _bundle(
    settings: Settings, db: Database, hasher: BoundedHasher, http: httpx.AsyncClient
) -> Runtime:
    vault, programmes = Vault(settings.secret_key), Programmes(db)
    adapters = discover_adapters(folder=settings.carriers_dir)
    metrics, ahead = Metrics(), timedelta(seconds=settings.clock_offset_s)
    return Runtime(
        settings=settings,
        db=db,
        vault=vault,
        turns=Turns(db, vault, programmes, ahead),
        programmes=programmes,
        registry=Registry(db, vault, partial(_channel, adapters)),
        inbox=Inbox(db, vault),
        outbox=Outbox(db, vault),
        notices=Notices(db),
        jobs=Jobs(db),
        identifiers=Identifiers(random.SystemRandom(), time.time),
        hasher=hasher,
        adapters=adapters,
        dialogs=discover_dialogs(),
        http=http,
        metrics=metrics,
        watch=Watch(CarrierRows(db), metrics, lambda: datetime.now(UTC) + ahead),
        rng=random.Random(),  # noqa: S311 - jitter needs no secrecy
        wake=asyncio.Event(),
        slots={},
        deadlines=Deadlines(settings.turn_timeout_s),
        sessions=Sessions(),
    )


def _channel(adapters: Mapping[str, Adapter], **row: Any) -> Channel:
    """A channel as the registry read it, over what its kind's table says where it says nothing."""
    adapter = adapters.get(row["kind"])
    defaults = adapter.defaults if isinstance(adapter, Declared) else {}
    return Channel(**{**row, "settings": {**defaults, **row["settings"]}})


async def _keep_current(registry: Registry[Channel]) -> None:
    """See within seconds what another process changed: a new secret, a channel switched off."""
    while True:
        await asyncio.sleep(LOOK_S)
        looking = asyncio.create_task(registry.refresh())
        await asyncio.wait((looking,))
        if error := looking.exception():
            get("channel").warning("not_refreshed", reason=type(error).__name__)


async def _refuse_wrong_role(db: Database) -> None:
    """Serving as an owner, a superuser or past row security would void the tenancy (security 1)."""
    faults = await own_faults(db)
    if faults:
        raise SettingsError(f"MAITA_DATABASE_URL must name the application role: {faults[0].rule}.")


async def _warn_of_weak_channels(
    registry: Registry[Channel], adapters: Mapping[str, Adapter]
) -> None:
    """A channel whose carrier signs nothing needs two proofs of origin; one that lacks them is
    refused request by request (security.md 13), so say so before the carrier does."""
    for tenant in (*await registry.tenants(), PLATFORM):
        for channel in await registry.of_owner(tenant):
            adapter = adapters.get(channel.kind)
            if adapter and not adapter.PROFILE.signed and not has_two_proofs(channel):
                get("channel").error(
                    "channel_refused",
                    kind=channel.kind,
                    address=channel.address,
                    reason="too few proofs of origin: set `allow` or `shared_secret`",
                )
