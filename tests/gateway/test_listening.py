"""The sockets and the limits of a request's head, over real connections (docs/security.md 25)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gateway import listening
from gateway.listening import HEAD_MAX, HEADERS_MAX, BoundedHttp, listen, url_of
from gateway.settings import Settings, SettingsError
from tests.conftest import PATIENCE_S


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads the body and says hello."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            continue
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(env="dev", data_dir=tmp_path, port=0)


@pytest.fixture
async def port(settings: Settings) -> AsyncIterator[int]:
    """A server of one process with our protocol."""
    with listen(settings) as sockets:
        config = uvicorn.Config(hello, http=BoundedHttp, ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve(sockets))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it.
            await asyncio.sleep(0.01)
        yield sockets[0].getsockname()[1]
        server.should_exit = True
        await task


async def ask(port: int, *parts: bytes) -> bytes:
    """Send parts one after another; what comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return answer


def head(*headers: str) -> bytes:
    lines = ("GET / HTTP/1.1", "host: x", "connection: close", *headers)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


async def test_an_honest_request_is_answered(port: int) -> None:
    many = [f"x-{number}: {number}" for number in range(HEADERS_MAX - 2)]
    assert b"200 OK" in await ask(port, head())
    assert b"200 OK" in await ask(port, head(*many))
    assert b"200 OK" in await ask(port, head(f"x: {'y' * (HEAD_MAX - 100)}"))
    whole = head("x-long: yes")
    assert b"200 OK" in await ask(port, *(whole[at : at + 9] for at in range(0, len(whole), 9)))


async def test_a_large_body_is_no_head(port: int) -> None:
    body = b"z" * 200_000
    assert b"200 OK" in await ask(port, head(f"content-length: {len(body)}") + body)
    assert b"200 OK" in await ask(port, head(f"content-length: {len(body)}"), body)


@pytest.mark.parametrize(
    "parts",
    [
        [head(*(f"x-{number}: {number}" for number in range(HEADERS_MAX)))],
        [head(f"x: {'y' * HEAD_MAX}")],
        [f"GET /{'y' * HEAD_MAX} HTTP/1.1\r\nhost: x\r\n\r\n".encode()],
        [b"GET / HTTP/1.1\r\nx: ", *[b"y" * 8192] * 9],
        [b"nonsense\r\n\r\n"],
    ],
    ids=["headers", "header", "url", "dripped", "nonsense"],
)
async def test_a_head_that_is_too_large_is_refused(port: int, parts: list[bytes]) -> None:
    try:
        answer = await ask(port, *parts)
    except ConnectionError:
        return  # The refusal came while we were still sending.
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("parts", [[], [b"GET / HT"], [head()[:-2], b"x-a: b\r\n"]])
async def test_a_head_that_does_not_come_is_not_waited_for(
    port: int, parts: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEAD_DEADLINE_S", 0.2)
    assert await ask(port, *parts) == b""


async def test_a_kept_connection_gets_the_same_time_for_its_next_head(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEAD_DEADLINE_S", 2)
    first = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    assert (await ask(port, first, b"GET / HT")).count(b"200 OK") == 1


def bound(settings: Settings) -> list[tuple[str, int]]:
    """Where it listens. A port that is free on one address may be somebody's on the other."""
    for _ in range(20):
        with suppress(SettingsError), listen(settings) as sockets:
            return [each.getsockname() for each in sockets]
    raise AssertionError("no port is free on both")


def test_the_private_address_is_listened_on_beside_a_public_one(settings: Settings) -> None:
    names = bound(replace(settings, bind="127.0.0.2"))
    assert [name[0] for name in names] == ["127.0.0.2", "127.0.0.1"]
    assert names[0][1] == names[1][1]
    for bind in ("127.0.0.1", "0.0.0.0", "localhost"):  # noqa: S104 - it is the test.
        with listen(replace(settings, bind=bind)) as sockets:
            assert len(sockets) == 1


def test_a_port_that_is_taken_is_said_with_the_setting_that_helps(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = replace(settings, port=other.getsockname()[1])
        with pytest.raises(SettingsError, match="MAITA_PORT"), listen(taken):
            pass


def test_an_address_of_another_machine_is_refused(settings: Settings) -> None:
    for bind in ("203.0.113.9", "no.such.host.invalid"):
        with pytest.raises(SettingsError, match="MAITA_BIND"), listen(replace(settings, bind=bind)):
            pass


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (("127.0.0.2", 80), "http://127.0.0.2:80"),
        (("0.0.0.0", 80), "http://127.0.0.1:80"),  # noqa: S104 - it is the test.
        (("::1", 80, 0, 0), "http://[::1]:80"),
        (("::", 80, 0, 0), "http://[::1]:80"),
    ],
)
def test_a_listening_socket_has_a_url(name: tuple[Any, ...], url: str) -> None:
    class Bound(socket.socket):
        def getsockname(self) -> tuple[Any, ...]:
            return name

    with Bound() as bound:
        assert url_of(bound) == url
