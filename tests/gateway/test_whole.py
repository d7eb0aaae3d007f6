"""Requests answered whole, over real connections: what plain ASGI would have sent, in one write."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gateway.listening import BoundedHttp, listen
from gateway.settings import Settings
from gateway.whole import Whole, whole_of
from tests.conftest import PATIENCE_S

HEADERS = ((b"content-type", b"text/plain"),)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says back the method and the body: whole where the server can, else as ASGI has it."""
    whole = whole_of(scope)
    assert isinstance(whole, Whole)
    body = whole.body()
    how = b"whole" if body is not None else b"in parts"
    if body is None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
    told = b"%s %s %s" % (scope["method"].encode(), how, body)
    headers = HEADERS if body != b"evil" else ((b"x", b"1\r\nset-cookie: a=b"),)
    if not whole.answer(200, headers, told):
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": told})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    with listen(Settings(env="dev", data_dir=tmp_path, port=0)) as sockets:
        config = uvicorn.Config(echo, http=BoundedHttp, ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve(sockets))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it.
            await asyncio.sleep(0.01)
        yield sockets[0].getsockname()[1], server
        server.should_exit = True
        await task


async def told(port: int, *parts: bytes) -> bytes:
    """What comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.05)
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return answer


def post(body: bytes, *headers: bytes, method: bytes = b"POST", version: bytes = b"1.1") -> bytes:
    head = (b"host: x", b"content-length: %d" % len(body), *headers)
    lines = b"".join(b"%s\r\n" % line for line in head)
    return b"%s / HTTP/%s\r\n%s\r\n%s" % (method, version, lines, body)


CLOSE = b"connection: close"


async def test_an_answer_is_whole_and_the_connection_stays(
    server: tuple[int, uvicorn.Server],
) -> None:
    answer = await told(server[0], post(b"one"), post(b"two"), post(b"three", CLOSE))
    for body in (b"one", b"two", b"three"):
        said = b"POST whole " + body
        assert answer.count(b"content-length: %d\r\n\r\n%s" % (len(said), said)) == 1
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answer.count(b"content-type: text/plain\r\n") == 3
    assert answer.count(b"connection: close\r\n") == 1
    assert answer.lower().count(b"date: ") == 3


async def test_what_is_sent_ahead_is_answered_in_its_order(
    server: tuple[int, uvicorn.Server],
) -> None:
    answer = await told(server[0], post(b"one") + post(b"two") + post(b"three", CLOSE))
    places = [answer.find(body) for body in (b" one", b" two", b" three")]
    assert places == sorted(places)
    assert min(places) > 0


async def test_a_body_on_its_way_is_waited_for(server: tuple[int, uvicorn.Server]) -> None:
    request = post(b"slow body", CLOSE)
    answer = await told(server[0], request[:-4], request[-4:])
    assert answer.endswith(b"POST in parts slow body")


async def test_a_body_that_waits_for_a_word_gets_it(server: tuple[int, uvicorn.Server]) -> None:
    request = post(b"asked", CLOSE, b"expect: 100-continue")
    answer = await told(server[0], request[:-5], request[-5:])
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"POST in parts asked")


async def test_a_head_is_answered_without_a_body(server: tuple[int, uvicorn.Server]) -> None:
    answer = await told(server[0], post(b"", CLOSE, method=b"HEAD"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


async def test_an_old_client_is_closed_behind_its_answer(
    server: tuple[int, uvicorn.Server],
) -> None:
    answer = await told(server[0], post(b"old", version=b"1.0"))
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"POST whole old")


async def test_no_header_hides_in_another(server: tuple[int, uvicorn.Server]) -> None:
    answer = await told(server[0], post(b"evil", CLOSE))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in answer


async def test_a_server_that_ends_answers_and_closes(server: tuple[int, uvicorn.Server]) -> None:
    port, running = server
    request = post(b"last one")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request[:-3])
    await writer.drain()
    await asyncio.sleep(0.05)
    running.should_exit = True
    await asyncio.sleep(0.3)
    writer.write(request[-3:])
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"POST in parts last one")
