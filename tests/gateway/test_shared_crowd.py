"""Shared addresses under load and over time: retries in parallel, many shops, what is dropped."""

import asyncio

import psycopg

from gateway.jobs import HANDLERS
from storage.turns import PLATFORM
from tests.gateway.market import Market
from tests.shops import ids, put


async def test_the_same_choice_many_times_at_once_is_one(
    market: Market, phone: str, superuser: psycopg.Connection
) -> None:
    """Going to another shop, and joining there, by retries that overtake one another."""
    handset, http = market.handset(phone), market.house.http
    await handset.dial(http)
    for said in ("rose", "1", "1", "Rudo"):
        handset.text = f"{handset.text}*{said}" if handset.text else said
        answers = await asyncio.gather(
            *(http.post(handset.url, data=handset.request()) for _ in range(8))
        )
        assert len({answer.content for answer in answers}) == 1, answers[0].text
    assert "Welcome Rudo" in answers[0].text
    joined = "select count(*) from member_address where value = %s"
    assert superuser.execute(joined, (phone,)).fetchone() == (1,)


async def test_many_shops_are_paged(
    market: Market, phone: str, superuser: psycopg.Connection
) -> None:
    """The key 98 turns the pages of a list that also hears names; behind fifty there are more."""
    for n in range(55):
        row = {"id": ids.uuid7(), "slug": f"kiosk-{n}", "name": f"Kiosk {n:02}"}
        put(superuser, "tenant", **row)
    handset, http = market.handset(phone), market.house.http
    try:
        await handset.dial(http)
        seen = handset.screen
        for _ in range(20):
            if "50 " in handset.screen:
                break
            seen += await handset.say(http, "98")
        assert all(f"Kiosk {n:02}" in seen for n in range(50))
        assert "51 More shops" in handset.screen
        assert "51 Kiosk 50" in await handset.say(http, "51")
        await handset.pick(http, "Rose Salon")
        assert "Rose Salon\nEarn points" in handset.screen
    finally:
        superuser.execute("delete from tenant where slug like 'kiosk-%'")


async def test_what_the_platform_keeps_is_kept_as_long_as_anybodys(
    market: Market, both: str, superuser: psycopg.Connection
) -> None:
    """Stored answers of shared codes are dropped after a day, like a shop's own."""
    await market.handset(both).dial(market.house.http)
    day = "update command_log set created_at = now() - interval '25 hours' where tenant_id = %s"
    superuser.execute(day, (PLATFORM,))
    rt = market.house.rt
    await rt.jobs.add(PLATFORM, "sweep")
    for job in await rt.jobs.claim():
        assert await HANDLERS[job.kind](rt, job) is None
        await rt.jobs.done(job)
    left = "select count(answer), count(*) > 0 from command_log where tenant_id = %s"
    assert superuser.execute(left, (PLATFORM,)).fetchone() == (0, True)
