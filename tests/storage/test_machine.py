"""The ledger's rules on a real database, in any order hypothesis can think of.

The same machine and the same auditor as in memory (tests/core/machine.py); only the world differs.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from core.facts import Programme
from core.ports import Command
from core.values import Address
from storage.crypto import Vault
from storage.database import Database
from storage.verify import run_checks
from tests.conftest import PATIENCE_S, Urls
from tests.core.machine import SETTINGS, LedgerMachine, World
from tests.core.tables import Tables
from tests.storage.ledger_shop import LedgerShop, open_ledger_shop

R = TypeVar("R")

BOUNDED = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@dataclass(slots=True)
class Server:
    """The module's database and a loop of our own, since hypothesis waits for nobody."""

    loop: asyncio.AbstractEventLoop
    db: Database
    verifier: Database
    superuser: psycopg.Connection
    vault: Vault

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        return self.loop.run_until_complete(coroutine)

    def broken(self) -> dict[str, str]:
        """What verify finds wrong, apart from a throw-away server that never waits for a disk."""
        report = self.run(run_checks(self.verifier))
        found = {check["id"]: check["detail"] for check in report["checks"] if not check["ok"]}
        found.pop("durability_settings", None)
        return found


class PostgresWorld:
    """A shop on PostgreSQL, looked at only when something was done to it."""

    def __init__(self, server: Server, shop: LedgerShop) -> None:
        self.server, self.shop = server, shop
        self.programme: Programme = shop.programme
        self._seen: Tables | None = None

    def do(self, sender: Address, command: Command[Any], key: str) -> Any:
        self._seen = None
        return self.server.run(self.shop.ask(sender, command, key))

    def advance(self, by: timedelta) -> None:
        self.shop.at += by

    def tables(self) -> Tables:
        if self._seen is None:
            self._seen = self.shop.tables()
        return self._seen

    def now(self) -> datetime:
        return self.shop.at


@contextmanager
def serving(urls: Urls, superuser: psycopg.Connection, vault: Vault) -> Iterator[Server]:
    """A server to run machines on; hypothesis and pytest each have loops of their own."""
    loop = asyncio.new_event_loop()
    patience = {"timeout_s": PATIENCE_S, "statement_timeout_s": PATIENCE_S}
    db = loop.run_until_complete(Database.open(urls.app, size=2, **patience))
    verifier = loop.run_until_complete(Database.open(urls.verify, size=1, **patience))
    yield Server(loop, db, verifier, superuser, vault)
    loop.run_until_complete(db.close())
    loop.run_until_complete(verifier.close())
    loop.close()


def test_any_order_of_commands_keeps_the_books(
    database_urls: Urls, superuser: psycopg.Connection, vault: Vault
) -> None:
    with serving(database_urls, superuser, vault) as server:

        class PostgresMachine(LedgerMachine):
            def open_world(self) -> World:
                shop = open_ledger_shop(server.db, server.vault, server.superuser, SETTINGS)
                return PostgresWorld(server, server.run(shop))

            def teardown(self) -> None:
                assert server.broken() == {}

        run_state_machine_as_test(PostgresMachine, settings=BOUNDED)
        assert superuser.execute("select count(*) > 50 from transfer").fetchone() == (True,)
