"""A lane by itself: who is alone leaves in the same turn of the loop, who meets travels together,
and one passenger's end is nobody else's."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.database import Database, Trips, Unavailable
from storage.flights import PLANES, SEATS, Lane


class Airport:
    """Notes how items travelled; `gate` holds who is out alone until it is opened, `tower` whole
    flights until it is."""

    def __init__(self, db: Database, *, apart: bool = False) -> None:
        self.alone: list[int] = []
        self.flights: list[list[int]] = []
        self.gate, self.tower = asyncio.Event(), asyncio.Event()
        self.tower.set()
        self.left = asyncio.Event()
        self.broken: Exception | None = None
        self.short = False
        self.lane = Lane(db, self._one, self._many, (lambda item: item % 10) if apart else None)

    async def _one(self, item: int) -> str:
        self.alone.append(item)
        self.left.set()
        await self.gate.wait()
        return f"alone {item}"

    async def _many(self, items: Sequence[int]) -> Sequence[str | Exception]:
        self.flights.append(list(items))
        await self.tower.wait()
        if self.broken:
            raise self.broken
        told = [ValueError(item) if item < 0 else f"together {item}" for item in items]
        return told[1:] if self.short else told

    async def travel(self, *items: int) -> list[asyncio.Future[str]]:
        """The first asks and is out alone, at the gate; then all others ask at once."""
        first = asyncio.ensure_future(self.lane.fly(items[0]))
        await self.left.wait()
        tasks = [asyncio.ensure_future(self.lane.fly(item)) for item in items[1:]]
        await asyncio.sleep(0)
        return [first, *tasks]


async def test_who_is_alone_leaves_at_once(db: Database) -> None:
    airport = Airport(db)
    airport.gate.set()
    assert [await airport.lane.fly(item) for item in (1, 2)] == ["alone 1", "alone 2"]
    assert airport.flights == []


async def test_who_asks_in_the_same_turn_of_the_loop_leaves_together(db: Database) -> None:
    airport = Airport(db)
    told = await asyncio.gather(*map(airport.lane.fly, (1, 2, 3)))
    assert told == ["together 1", "together 2", "together 3"]
    assert airport.flights == [[1, 2, 3]]


async def test_who_comes_while_one_is_out_leaves_together(db: Database) -> None:
    airport = Airport(db)
    tasks = await airport.travel(1, 2, 3, 4)
    airport.gate.set()
    assert await asyncio.gather(*tasks) == ["alone 1", "together 2", "together 3", "together 4"]
    assert airport.flights == [[2, 3, 4]]


async def test_a_flight_has_so_many_seats(db: Database) -> None:
    airport = Airport(db)
    tasks = await airport.travel(*range(SEATS * 2 + 3))
    airport.gate.set()
    await asyncio.gather(*tasks)
    assert [len(flight) for flight in airport.flights] == [SEATS, SEATS, 2]


async def test_a_second_flight_leaves_when_it_is_full(db: Database) -> None:
    airport = Airport(db)
    airport.tower.clear()
    tasks = await airport.travel(*range(1 + SEATS * PLANES + 5))
    for _ in range(5):
        await asyncio.sleep(0)
    assert [len(flight) for flight in airport.flights] == [SEATS] * (PLANES - 1)
    airport.tower.set()
    airport.gate.set()
    await asyncio.gather(*tasks)
    assert sum(map(len, airport.flights)) == SEATS * PLANES + 5


async def test_what_must_be_apart_never_shares_a_flight(db: Database) -> None:
    airport = Airport(db, apart=True)
    tasks = await airport.travel(1, 12, 22, 13, 32)
    airport.gate.set()
    await asyncio.gather(*tasks)
    assert airport.flights == [[12, 13]]
    assert airport.alone == [1, 22, 32]


async def test_an_answer_that_failed_is_one_passengers(db: Database) -> None:
    airport = Airport(db)
    tasks = await airport.travel(1, -2, 3)
    airport.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert (answers[0], answers[2]) == ("alone 1", "together 3")
    assert isinstance(answers[1], ValueError)


async def test_a_flight_that_breaks_fails_all_on_board_and_the_next_one_leaves(
    db: Database,
) -> None:
    airport = Airport(db)
    airport.broken = Unavailable()
    tasks = await airport.travel(1, 2, 3)
    airport.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [str, Unavailable, Unavailable]
    airport.broken = None
    assert await airport.lane.fly(4) == "alone 4"


async def test_a_flight_that_somebody_broke_is_flown_again_one_by_one(db: Database) -> None:
    airport = Airport(db)
    airport.broken = KeyError("a mistake of one passenger's")
    tasks = await airport.travel(1, 2, 3)
    airport.gate.set()
    assert await asyncio.gather(*tasks) == ["alone 1", "alone 2", "alone 3"]
    assert airport.alone == [1, 2, 3]


async def test_a_flight_without_an_answer_for_each_is_flown_again(db: Database) -> None:
    airport = Airport(db)
    airport.short = True
    tasks = await airport.travel(1, 2, 3)
    airport.gate.set()
    assert await asyncio.gather(*tasks) == ["alone 1", "alone 2", "alone 3"]


async def test_who_gives_up_holds_nobody_back(db: Database) -> None:
    airport = Airport(db)
    tasks = await airport.travel(1, 2, 3)
    tasks[1].cancel()
    tasks[0].cancel()
    await asyncio.wait(tasks[:2])
    airport.gate.set()
    assert await tasks[2] == "alone 3"
    assert airport.flights == []
    assert await airport.lane.fly(4) == "alone 4"


async def test_each_passenger_counts_the_trip_as_one(db: Database) -> None:
    async def many(items: Sequence[int]) -> Sequence[int]:
        await db.call("select 1")
        return items

    async def one(item: int) -> int:
        await db.call("select 1")
        return item

    lane = Lane(db, one, many)

    async def counted(item: int) -> int:
        with Trips() as trips:
            await lane.fly(item)
        return trips.count

    assert await asyncio.gather(*map(counted, range(20))) == [1] * 20


@pytest.mark.parametrize("many", [1, 7])
async def test_an_empty_lane_is_free_again(db: Database, many: int) -> None:
    airport = Airport(db)
    airport.gate.set()
    for _ in range(3):
        await asyncio.gather(*await airport.travel(*range(many)))
    assert await airport.lane.fly(99) == "alone 99"
