"""Two dozen phones of two shops talk at the same moment, on one short code and one WhatsApp number:
their turns travel to the database in the same flights, and each phone is answered as if alone.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from gateway.jobs import HANDLERS
from storage.database import Database
from storage.flights import Lane
from storage.turns import PLATFORM, Work
from storage.verify import run_checks
from tests.conftest import PATIENCE_S, Urls
from tests.e2e.carriers import Handset
from tests.gateway.market import Market
from tests.gateway.teahouse import said
from tests.gateway.test_shared_isolation import OF_A_SHOP, WORDS

NAMES: Final = (
    *("Anesu", "Bongani", "Chipo", "Dumisani", "Edmore", "Farai", "Gamuchirai", "Hazvinei"),
    *("Itai", "Jabulani", "Kudzai", "Lindiwe", "Munashe", "Nyasha", "Oratile", "Panashe"),
    *("Qhubeka", "Ropafadzo", "Simba", "Tariro", "Unathi", "Vimbai", "Wadzanai", "Yeukai"),
)
HALF: Final = len(NAMES) // 2
STEPS: Final = (
    ("", "MENU"),
    ("Balance", "BAL"),
    ("00", "HISTORY"),
    ("Rewards", "REWARDS"),
    ("{}", "REDEEM {}"),
    ("Yes", "Yes"),
    ("", "BAL"),
)
"""What is pressed, and what is written at the same time; the first and the last is to dial."""

COST: Final = 20
REWARDS: Final = {"Tea House": "Scone", "Rose Salon": "Manicure"}
REDEEMED: Final = Counter(issuance=12, transfer=12, entry=24, lot_use=12, till_code=12)
"""The rows that a shop has more when each of its twelve has redeemed once."""

POINTS: Final = {"Tea House": 1030, "Rose Salon": 4350}


@dataclass(slots=True, kw_only=True)
class Person:
    """A member of one shop, who dials or writes; `heard` is all that their phone was shown."""

    market: Market
    shop: str
    name: str
    phone: str
    points: int
    handset: Handset | None
    heard: list[str] = field(default_factory=list)

    @property
    def reward(self) -> str:
        return REWARDS[self.shop]

    async def say(self, keys: str, words: str) -> None:
        """Dial, type digits or choose by a label; or write the words that mean the same, which are
        answered by a message of its own."""
        http = self.market.house.http
        if self.handset is None:
            answered = await self.market.whatsapp.text(http, self.phone, words)
            assert answered.status_code == 200
        elif not keys:
            self.heard.append(await self.handset.dial(http))
        elif keys.isdigit():
            self.heard.append(await self.handset.say(http, keys))
        else:
            self.heard.append(await self.handset.pick(http, keys))


class Flights:
    """Whose turns left together, by lane."""

    def __init__(self, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
        turns = market.house.turns
        self.lanes = {"begins": turns._begins, "menus": turns._menus, "durable": turns._durable}
        self.flown: dict[str, list[list[str]]] = defaultdict(list)
        travel = Lane._travel

        async def watched(lane: Lane[Any, Any], items: list[Any]) -> Sequence[Any]:
            (name,) = [name for name, each in self.lanes.items() if each is lane]
            self.flown[name].append([_sender(item) for item in items])
            return await travel(lane, items)

        monkeypatch.setattr(Lane, "_travel", watched)

    def mixed(self, shops: dict[str, str]) -> dict[str, int]:
        """How many flights of each lane carried turns of more than one shop."""
        return {
            lane: sum(len({shops[phone] for phone in flight}) > 1 for flight in self.flown[lane])
            for lane in self.lanes
        }


def _sender(item: Any) -> str:
    if isinstance(item, Work):
        assert item.conversation is not None
        item = item.conversation
    return str(item.sender.value)


async def crowd(market: Market) -> list[Person]:
    """Twelve phones that dial and twelve that write, half of each of either shop."""
    people = []
    for n, name in enumerate(NAMES):
        shop, phone = list(REWARDS)[n % 2], f"+2637733{n:05}"
        points = POINTS[shop] + 10 * (n // 2)
        tenant = market.tea if shop == "Tea House" else market.salon
        await market.join(tenant, phone, points, name)
        handset = market.handset(phone) if n < HALF else None
        people.append(
            Person(market=market, shop=shop, name=name, phone=phone, points=points, handset=handset)
        )
    return people


async def answer(market: Market, people: Sequence[Person]) -> None:
    """Answer what was written, all of it at once, and hand each message to whom it was sent."""
    rt, provider = market.house.rt, market.house.provider
    sent = len(provider.messages())
    while claimed := await rt.jobs.claim():
        assert await asyncio.gather(*(HANDLERS[job.kind](rt, job) for job in claimed)) == (
            [None] * len(claimed)
        )
        for job in claimed:
            assert await rt.jobs.done(job)
    by_phone = {person.phone: person for person in people}
    for fields in provider.messages()[sent:]:
        # The code of a reward follows by SMS to who dialled.
        to = fields.get("to") or fields["To"]
        by_phone[f"+{to.removeprefix('+')}"].heard.append(said(fields))


def check(person: Person, people: Sequence[Person]) -> None:
    """All that a phone was shown is its shop's and its owner's."""
    text = "\n".join(person.heard)
    other = next(shop for shop in REWARDS if shop != person.shop)
    assert not re.findall(WORDS[other], text), (person, text)
    others = [each for each in people if each is not person]
    assert not [each.name for each in others if each.name in text]
    assert not [each.phone for each in others if each.phone[-9:] in re.sub(r"\D", "", text)]
    sums = set(re.findall(r"[0-9] [0-9]{3}(?= pts)", text))
    assert sums == {f"{p // 1000} {p % 1000:03}" for p in (person.points, person.points - COST)}


def counts(connection: psycopg.Connection, tenant: UUID) -> Counter[str]:
    """How many rows a tenant has, by table."""
    found: Counter[str] = Counter()
    for name in OF_A_SHOP:
        statement = sql.SQL("select count(*) from {} where tenant_id = %s")
        row = connection.execute(statement.format(sql.Identifier(name)), (tenant,)).fetchone()
        assert row is not None
        found[name] = int(row[0])
    return found


def code_of(person: Person) -> str:
    """The one code that a phone was given for the till."""
    (code,) = set(re.findall(r"at the till: ([0-9]{3} [0-9]{3})", "\n".join(person.heard)))
    return str(code)


def redeemers(connection: psycopg.Connection, tenant: UUID) -> dict[str, int]:
    """How many rewards each of the crowd has at a shop, by phone."""
    rows = connection.execute(
        "select a.value, count(*)::int from issuance i"
        " join member_address a on a.tenant_id = i.tenant_id and a.member_id = i.member_id"
        " where i.tenant_id = %s and a.value like '+2637733%%' group by a.value",
        (tenant,),
    ).fetchall()
    return {str(phone): int(count) for phone, count in rows}


def talked(connection: psycopg.Connection, tenant: UUID, phones: list[str]) -> set[str]:
    """Which of the phones have a conversation at a shop."""
    rows = connection.execute(
        "select sender from conversation where at_tenant = %s and sender = any(%s)",
        (tenant, phones),
    ).fetchall()
    return {str(row[0]) for row in rows}


async def test_two_shops_in_the_same_flights(
    market: Market,
    superuser: psycopg.Connection,
    database_urls: Urls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = await crowd(market)
    await market.house.work_off()
    tenants = {"Tea House": market.tea, "Rose Salon": market.salon}
    before = {shop: counts(superuser, tenant) for shop, tenant in tenants.items()}
    flights = Flights(market, monkeypatch)

    for keys, words in STEPS:
        said_at_once = [
            person.say(keys.format(person.reward), words.format(person.reward)) for person in people
        ]
        written, typed = said_at_once[HALF:], said_at_once[:HALF]
        # What is written is stored at once, and answered beside whoever dials.
        await asyncio.gather(*written)
        await asyncio.gather(*typed, answer(market, people))
    assert min(flights.mixed({each.phone: each.shop for each in people}).values()) > 0
    for person in people:
        check(person, people)
    codes = {person.phone: (person.shop, code_of(person)) for person in people}
    assert len(set(codes.values())) == len(people)
    for shop, tenant in tenants.items():
        assert counts(superuser, tenant) - before[shop] == REDEEMED, shop
        own = {each.phone for each in people if each.shop == shop}
        assert redeemers(superuser, tenant) == dict.fromkeys(own, 1)
        assert talked(superuser, tenant, list(codes)) == own
    assert not +counts(superuser, PLATFORM), "nothing of a shop lies under the platform"
    verifier = await Database.open(database_urls.verify, timeout_s=PATIENCE_S)
    broken = {each["id"] for each in (await run_checks(verifier))["checks"] if not each["ok"]}
    await verifier.close()
    # The server of the tests never waits for the disk.
    assert broken <= {"durability_settings"}
