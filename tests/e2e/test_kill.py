"""kill -9 around the commit of a spending step: the carrier's retry gets the answer, once, on every
kind that answers in the request (docs/security.md F2, F3)."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from storage.embedded import EmbeddedPostgres, choose_folder
from tests.e2e.conftest import Listening
from tests.e2e.phone import Phone, balance, to_confirm
from tests.e2e.process import PATIENCE_S, Gateway, maita, start
from tests.e2e.proxy import Proxy, proxied
from tests.e2e.shop import Shop, newcomers
from tests.e2e.speakers import USSD
from tests.e2e.speech import Posted

REF = re.compile(r"Ref \w{7}")
AT_ONCE = 6
"""As many turns as wait before their commit at a time; each keeps a connection of the pool."""


@pytest.fixture
async def slow(gateway: Gateway, data_dir: Path) -> AsyncIterator[Proxy]:
    """A proxy in front of the running gateway's database."""
    server = EmbeddedPostgres(choose_folder(data_dir))
    async with proxied(server.start().app) as proxy:
        yield proxy
    server.stop()


@pytest.fixture(scope="module")
def shop(gateway: Gateway, carriers: Listening, data_dir: Path) -> Shop:
    opened = Shop(20, stock=99, provider=carriers[0])
    opened.open(gateway, data_dir)
    return opened


async def at_the_question(
    shop: Shop, kinds: Sequence[str], first: int, gateway: Gateway, http: httpx.AsyncClient,
    carriers: Listening,
) -> list[Phone]:  # fmt: skip
    """A phone of each kind where `Yes` is about to be typed."""
    numbers = newcomers(len(kinds), first)
    phones = [
        shop.phone(kind, number, gateway, http, carriers[1])
        for kind, number in zip(kinds, numbers, strict=True)
    ]
    await asyncio.gather(*(to_confirm(phone) for phone in phones))
    for phone in phones:
        phone.type(phone.key("Yes"))
    return phones


async def has_one_effect(phone: Phone) -> None:
    """The retry at a process that lives: an answer with a reference, for ever the same, and the
    points gone once."""
    await phone.post()
    assert REF.search(phone.shown.text), (phone.line.kind, phone.shown)
    first = phone.answer
    await phone.post()
    assert phone.answer == first
    shown = await balance(phone)
    assert "50 pts" in shown, (phone.line.kind, shown)
    assert "150 pts" not in shown, (phone.line.kind, shown)


async def test_killed_after_the_commit(
    shop: Shop, gateway: Gateway, data_dir: Path, carriers: Listening, http: httpx.AsyncClient,
    superuser: psycopg.Connection,
) -> None:  # fmt: skip
    """PostgreSQL has committed, and no answer reached the carrier."""
    phones = await at_the_question(shop, USSD, 3_410_000, gateway, http, carriers)
    before = shop.given(superuser)
    doomed = await asyncio.to_thread(start, "serve", data_dir, MAITA_PUBLIC_URL=gateway.url)
    sockets = [await deaf(phone.request(), doomed.url) for phone in phones]
    deadline = time.monotonic() + PATIENCE_S
    while shop.given(superuser) < before + len(phones):
        assert time.monotonic() < deadline, "not all of them were committed"
        await asyncio.sleep(0.02)
    doomed.kill()
    for socket in sockets:
        socket.close()
    for phone in phones:
        await has_one_effect(phone)
    assert shop.given(superuser) == before + len(phones)


@pytest.mark.parametrize("first", range(0, len(USSD), AT_ONCE))
async def test_killed_before_the_commit(
    first: int, shop: Shop, gateway: Gateway, slow: Proxy, data_dir: Path, carriers: Listening,
    http: httpx.AsyncClient, superuser: psycopg.Connection,
) -> None:  # fmt: skip
    """All was decided, and PostgreSQL never heard of it."""
    kinds = USSD[first : first + AT_ONCE]
    phones = await at_the_question(shop, kinds, 3_420_000 + first, gateway, http, carriers)
    before = shop.given(superuser)
    # In a thread: the proxy that it connects through runs on this loop.
    doomed = await asyncio.to_thread(
        start, "serve", data_dir, MAITA_DATABASE_URL=slow.url, MAITA_PUBLIC_URL=gateway.url
    )
    slow.barrier = b"commit_"
    await killed_under(phones, doomed, slow)
    assert shop.given(superuser) == before
    for phone in phones:
        await has_one_effect(phone)
    assert shop.given(superuser) == before + len(phones)


async def test_killed_between_the_commit_and_knowing_of_it(
    shop: Shop, gateway: Gateway, slow: Proxy, data_dir: Path, carriers: Listening,
    http: httpx.AsyncClient, superuser: psycopg.Connection,
) -> None:  # fmt: skip
    """PostgreSQL has committed, and its own word of it never arrived."""
    phones = await at_the_question(shop, USSD[:1], 3_430_000, gateway, http, carriers)
    before = shop.given(superuser)
    doomed = await asyncio.to_thread(
        start, "serve", data_dir, MAITA_DATABASE_URL=slow.url, MAITA_PUBLIC_URL=gateway.url
    )
    slow.marker = b"commit_"
    await killed_under(phones, doomed, slow)
    assert shop.given(superuser) == before + 1
    await has_one_effect(phones[0])
    report = json.loads(maita("verify", "--json", env=gateway.env))
    assert report["ok"], report


async def killed_under(phones: Sequence[Phone], doomed: Gateway, proxy: Proxy) -> None:
    """Say it all at once to a process that is killed before it answers anybody."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        cut_off = [replace(phone, door=doomed.url, http=http) for phone in phones]
        tries = [asyncio.create_task(phone.knock()) for phone in cut_off]
        async with asyncio.timeout(PATIENCE_S):
            await proxy.held.wait()
        # The first one stands; the others get a moment to stand behind it.
        await asyncio.sleep(1)
        doomed.kill()
        ends = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(end, httpx.TransportError) for end in ends), ends


async def deaf(asked: Posted, door: str) -> asyncio.StreamWriter:
    """Say it and never read what is answered."""
    told, to = urlsplit(asked.url), urlsplit(door)
    target = told.path + (f"?{told.query}" if told.query else "")
    _, writer = await asyncio.open_connection(to.hostname, to.port)
    head = [f"{asked.method} {target} HTTP/1.1", f"host: {to.netloc}"]
    head += [f"{name}: {value}" for name, value in asked.headers]
    head += [f"content-length: {len(asked.body)}"]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + asked.body)
    await writer.drain()
    return writer
