"""What tests of sending share: carriers that refuse, statuses, one step of the worker, a look at
the messages and notices that are on their way."""

import json
from typing import Any

import psycopg

from core.earning.commands import RecordPurchase
from core.values import Money
from gateway.jobs import HANDLERS
from storage.jobs import Job
from tests.gateway.teahouse import CASHIER, TeaHouse

Answer = tuple[int, dict[str, str], bytes]
JSON = {"content-type": "application/json"}


MARKED: Answer = (200, JSON, b'{"success":true}')
"""Meta takes the read mark, which goes before an answer and is not repeated with it."""


def meta_says(code: int) -> Answer:
    return 400, JSON, json.dumps({"error": {"code": code, "message": "x"}}).encode()


def twilio_says(code: int) -> Answer:
    return 400, JSON, json.dumps({"code": code, "message": "x"}).encode()


def texts_to(shop: TeaHouse, phone: str) -> list[str]:
    return [m["Body"] for m in shop.provider.messages() if m.get("To") == phone]


def silence(shop: TeaHouse) -> None:
    """The carrier's next answer names no message: it may have taken it."""
    shop.provider.answers.append((200, JSON, b"{}"))


async def step(shop: TeaHouse) -> list[tuple[Job, Any]]:
    """Run what is due once, whatever comes of it, and settle it as done or for later."""
    ran = []
    for job in await shop.rt.jobs.claim():
        again = await HANDLERS[job.kind](shop.rt, job)
        if again is None:
            await shop.rt.jobs.done(job)
        else:
            await shop.rt.jobs.retry(job, 0, again.reason, counted=again.counted)
        ran.append((job, again))
    return ran


async def write(shop: TeaHouse, phone: str, words: str) -> None:
    await shop.whatsapp.text(shop.http, phone, words)


async def status(shop: TeaHouse, wamid: str, state: str, code: int | None = None) -> None:
    """Meta tells what became of a message."""
    told: dict[str, Any] = {"id": wamid, "status": state, "timestamp": "1795000000"}
    if code is not None:
        told["errors"] = [{"code": code, "title": "x"}]
    assert (await shop.whatsapp.post(shop.http, shop.whatsapp.body(statuses=[told]))).is_success


def outbox(superuser: psycopg.Connection) -> list[tuple[str, str | None]]:
    rows = superuser.execute("select state, error from outbound order by id").fetchall()
    return [(state, error) for state, error in rows]


def carrier_id(superuser: psycopg.Connection) -> str:
    return last(superuser)[2] or ""


def last(superuser: psycopg.Connection) -> tuple[str, str | None, str | None]:
    row = superuser.execute(
        "select state, error, external_id from outbound order by id desc limit 1"
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def stopped(superuser: psycopg.Connection, phone: str) -> bool:
    row = superuser.execute("select stopped from address_stop where value = %s", [phone]).fetchone()
    return bool(row and row[0])


def notices(superuser: psycopg.Connection, phone: str) -> list[str]:
    rows = superuser.execute(
        "select n.state from notice n join member_address a using (tenant_id, member_id)"
        " where a.value = %s order by n.id",
        [phone],
    )
    return [row[0] for row in rows.fetchall()]


async def buy(shop: TeaHouse, phone: str) -> None:
    """An award, which the member is told of by a notice."""
    member = (await shop.caller(phone)).member
    assert member is not None
    await shop.do(CASHIER[0], RecordPurchase(member.id, Money(700, "USD"), again=True))
