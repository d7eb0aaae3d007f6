"""Forty turns in random order by a member of two shops, on one short code, one WhatsApp and one SMS
number: no word, number or balance of the one is ever shown at the other, no turn changes anything
of the shop it is not at, and nothing of value ever lies under the platform.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from psycopg import sql

from storage.database import Database
from storage.tables import PRE_TENANT, metadata
from storage.tables.schema import SHARED
from storage.turns import PLATFORM
from storage.verify import run_checks
from tests.conftest import PATIENCE_S, Urls
from tests.e2e.carriers import Handset
from tests.gateway.market import NUMBER, NUMBER_ID, Market

TURNS = 40
ANOTHER_DAY_MIN = 11
"""Minutes after which a dropped USSD session is over."""

WORDS = {
    "Tea House": r"Tea House|Scone|Pot of Tea|Mug|Layla|Sami|(?<![0-9])1 [0-2][0-9]{2}(?![0-9])",
    "Rose Salon": r"Rose Salon|Manicure|Haircut|Petra|(?<![0-9])4 [3-5][0-9]{2}(?![0-9])",
}
"""What only one of the two says: its names, and its member's sums (no till code looks like one)."""

CHOOSING = ("Which shop?", "Find a shop", "Which of these?", "No shop has that")
OF_A_SHOP = [
    table.name
    for table in metadata.sorted_tables
    if table not in PRE_TENANT and table.name not in SHARED
]
TYPED = (
    *("BAL", "REWARDS", "HISTORY", "MY REWARDS", "MENU", "SHOPS", "CARD", "SETTINGS", "MY DATA"),
    *("REDEEM 1", "REDEEM scone", "REDEEM manicure", "JOIN tea-house", "JOIN rose salon", "JOIN"),
    *("CODE ROSE", "HELP", "0", "00", "98", "1", "2", "3", "7", "8", "tea house", "rose", "yes"),
)


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a phone, on all three; `seen` are ids of buttons they were ever shown."""

    market: Market
    phone: str
    rng: random.Random
    handset: Handset
    seen: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    async def turn(self) -> tuple[str, list[str]]:
        """Say something, somewhere; the surface it was said on and what was answered."""
        surface = self.rng.choice(("ussd", "ussd", "chat", "sms"))
        if surface == "ussd":
            return surface, [await self._ussd()]
        if surface == "chat" and self.seen and self.rng.random() < 0.3:
            tapped = self.rng.choice(self.seen)
            self.done.append(f"tap {tapped}")
            return surface, await self.market.tap(self.phone, tapped)
        said = self.rng.choice(TYPED)
        self.done.append(f"{surface} {said}")
        say = self.market.chat if surface == "chat" else self.market.text
        answered = await say(self.phone, said)
        self._look()
        return surface, answered

    async def _ussd(self) -> str:
        http = self.market.house.http
        if not self.handset.screen.startswith("CON") or self.rng.random() < 0.25:
            digits = self.rng.choice(("", "", "45", "46", "45*1", "46*2", "46*2*1", "45*5", "47"))
            if self.rng.random() < 0.5:
                self.market.house.later(minutes=ANOTHER_DAY_MIN)
            self.done.append(f"dial {digits}")
            return await self.handset.dial(http, digits)
        offered = re.findall(r"^([0-9]{1,2}) ", self.handset.screen, re.MULTILINE)
        said = self.rng.choice((*offered, *offered, "0", "00", "98", "9", "rose", "Rudo"))
        self.done.append(f"say {said}")
        screen = await self.handset.say(http, said)
        if self.rng.random() < 0.2:
            assert await self.handset.post(http) == screen, "a retry is answered with the same"
        return screen

    def _look(self) -> None:
        """Remember every button that a message to the phone showed."""
        for row in self.market.house.provider.received[-3:]:
            self.seen += re.findall(r"'id': '([^']+)'", str(row["fields"].get("interactive", "")))


def digest(connection: psycopg.Connection, tenant: object) -> list[Any]:
    """All that a shop has, in one hash a table."""
    found = []
    for name in OF_A_SHOP:
        statement = sql.SQL(
            "select md5(string_agg(t::text, '|' order by t::text)) from {} t where tenant_id = %s"
        ).format(sql.Identifier(name))
        found.append((name, connection.execute(statement, (tenant,)).fetchone()))
    return found


def where(connection: psycopg.Connection, surface: str, phone: str) -> str:
    """The name of the shop that a conversation is at, or the platform's."""
    addresses = {"ussd": "*123#", "chat": NUMBER_ID, "sms": NUMBER}
    row = connection.execute(
        "select coalesce(t.name, 'Maita') from conversation c"
        " left join tenant t on t.id = c.at_tenant"
        " join channel h on h.id = c.channel_id where h.address = %s and c.sender = %s"
        " and c.tenant_id = %s",
        (addresses[surface], phone, PLATFORM),
    ).fetchone()
    assert row is not None
    return str(row[0])


def check(text: str, at: str, done: Sequence[str]) -> None:
    """An answer at one shop holds no word of the other. The list of shops holds names only."""
    text = text.removeprefix("CON ").removeprefix("END ")
    choosing = any(line in text for line in CHOOSING)
    for shop, words in WORDS.items():
        if shop == at and not choosing:
            continue
        said = re.findall(words, text)
        allowed = {"Tea House", "Rose Salon"} if choosing else set()
        assert set(said) <= allowed, (said, at, text, done)
    if at == "Maita":
        assert "pts" not in text, (text, done)


@pytest.mark.parametrize("seed", range(4))
async def test_forty_turns_never_mix_two_shops(
    seed: int,
    market: Market,
    superuser: psycopg.Connection,
    database_urls: Urls,
) -> None:
    phone = f"+26377320000{seed}"
    await market.join(market.tea, phone, 1230)
    await market.join(market.salon, phone, 4560)
    person = Person(
        market=market, phone=phone, rng=random.Random(seed), handset=market.handset(phone)
    )
    tenants = {"Tea House": market.tea, "Rose Salon": market.salon}
    shown = set()
    for _ in range(TURNS):
        before = {name: digest(superuser, tenant) for name, tenant in tenants.items()}
        surface, answers = await person.turn()
        at = where(superuser, surface, phone)
        shown.add(at)
        for text in answers:
            check(text, at, person.done)
        for name, tenant in tenants.items():
            if name != at:
                assert digest(superuser, tenant) == before[name], (name, at, person.done)
    assert {"Tea House", "Rose Salon"} <= shown, "both were there to be mixed"
    for name in OF_A_SHOP:
        held = sql.SQL("select count(*) from {} where tenant_id = %s").format(sql.Identifier(name))
        assert superuser.execute(held, (PLATFORM,)).fetchone() == (0,), name
    verifier = await Database.open(database_urls.verify, timeout_s=PATIENCE_S)
    broken = {each["id"] for each in (await run_checks(verifier))["checks"] if not each["ok"]}
    await verifier.close()
    # The clock of turns was put forward, on a server that never waits for the disk.
    assert broken <= {"durability_settings", "session_sane"}
