"""What administration needs at hand: database, keys, ids. Lighter than a runtime: no dialogs, no
HTTP client. Called by the commands for tenants, channels and staff."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gateway.adapter import Adapter
from gateway.commands import opening
from gateway.commands.failing import Wrong
from gateway.hashing import BoundedHasher
from gateway.kinds import discover
from gateway.settings import Settings
from storage.admin import SpecError
from storage.crypto import Vault
from storage.database import Database
from storage.identifiers import Identifiers

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`settings` are those of an opened database; `adapters` are the kinds of channels."""

    settings: Settings
    db: Database
    vault: Vault
    ids: Identifiers
    hasher: BoundedHasher
    adapters: Mapping[str, Adapter]


def in_office(do: Callable[[Office], Awaitable[R]]) -> R:
    """Open the database, do it, close. Raises Wrong and Down."""
    try:
        return _in_office(do)
    except SpecError as error:
        raise Wrong(str(error)) from error


def _in_office(do: Callable[[Office], Awaitable[R]]) -> R:
    with opening.database(opening.settings()) as ready:
        adapters = discover(folder=ready.carriers_dir)

        async def done(db: Database) -> R:
            hasher = BoundedHasher()
            try:
                return await do(
                    Office(
                        settings=ready,
                        db=db,
                        vault=Vault(ready.secret_key),
                        ids=Identifiers(random.SystemRandom(), time.time),
                        hasher=hasher,
                        adapters=adapters,
                    )
                )
            finally:
                hasher.close()

        assert ready.database_url is not None, "opened"
        return opening.with_database(ready.database_url, done)
