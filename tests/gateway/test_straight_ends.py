"""How requests and connections of the short way end: as those of uvicorn's do."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from gateway import listening
from tests.gateway.wires import Side, Wire, post, settled, sides

WORDS = b"END Service is busy. Nothing was charged. Please dial again."


@pytest.fixture(params=["usual", "short"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Side:
    """Each of the two, asked the same."""
    usual, short = sides(tmp_path)
    return usual if request.param == "usual" else short


async def begun(side: Side) -> Wire:
    """A connection whose third turn runs: by then the head is known."""
    wire, _ = side.connect()
    for _ in range(2):
        wire.feed(post(b"text=1"))
        await settled()
    wire.written = b""
    side.doors.gate.clear()
    wire.feed(post(b"text=2"))
    await settled()
    assert len(side.state.tasks) == 1
    return wire


async def test_a_peer_that_goes_ends_no_turn(side: Side) -> None:
    wire = await begun(side)
    wire.lose()
    await settled()
    assert len(side.state.tasks) == 1
    side.doors.gate.set()
    await settled()
    assert not side.state.tasks
    assert wire.written == b""
    assert side.doors.counted == [("door", 200)] * 3
    assert side.state.total_requests == 2


async def test_a_peer_that_went_before_is_not_asked_for(side: Side) -> None:
    wire, protocol = side.connect()
    wire.feed(post(b"text=1"))
    protocol.connection_lost(None)
    await settled()
    assert not side.doors.asked
    assert side.doors.counted == [("door", 408)]
    assert wire.written == b""


async def test_a_server_that_ends_answers_what_runs_and_closes(side: Side) -> None:
    wire = await begun(side)
    for connection in list(side.state.connections):
        connection.shutdown()
    assert not await closes_within(wire, 0.1)
    side.doors.gate.set()
    await settled()
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in wire.written
    assert wire.closed
    assert not side.state.tasks
    assert not side.state.connections


async def test_a_server_that_ends_closes_what_is_quiet(side: Side) -> None:
    wire, protocol = side.connect()
    wire.feed(post(b"text=1"))
    await settled()
    protocol.shutdown()
    assert wire.closed


async def test_a_turn_that_is_cancelled_says_so_and_closes(
    side: Side, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await begun(side)
    for task in side.state.tasks:
        task.cancel()
    await settled()
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert wire.written.endswith(WORDS)
    assert wire.closed
    assert not side.state.tasks
    assert caplog.messages == ["Exception in ASGI application\n"]


async def test_a_mistake_of_ours_is_logged(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    written, closed = await side.told(post(b"bug"))
    assert written.endswith(WORDS)
    assert closed
    assert caplog.messages == ["Exception in ASGI application\n"]
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


async def test_a_peer_that_does_not_read_is_waited_for(side: Side) -> None:
    wire = await begun(side)
    protocol = next(iter(side.state.connections))
    protocol.pause_writing()
    side.doors.gate.set()
    await settled()
    assert wire.written == b""
    assert len(side.state.tasks) == 1
    protocol.resume_writing()
    await settled()
    assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == 1
    assert wire.written.endswith(b"text=2")
    wire.feed(post(b"text=3"))
    await settled()
    assert wire.written.endswith(b"text=3")
    wire.lose()
    await settled()


async def closes_within(wire: Wire, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(wire.ended.wait(), seconds)
    return wire.closed


async def test_a_quiet_connection_is_closed_in_its_time(side: Side) -> None:
    """Counted from the last answer, and never while a turn runs."""
    wire, protocol = side.connect()
    protocol.timeout_keep_alive = 1
    wire.feed(post(b"text=1"))
    await asyncio.sleep(0.6)
    wire.feed(post(b"text=2"))
    assert not await closes_within(wire, 0.7)
    assert await closes_within(wire, 1)
    wire, protocol = side.connect()
    protocol.timeout_keep_alive = 1
    wire.feed(post(b"text=1"))
    await settled()
    side.doors.gate.clear()
    wire.feed(post(b"text=2"))
    assert not await closes_within(wire, 1.3)
    side.doors.gate.set()
    assert not await closes_within(wire, 0.7)
    assert await closes_within(wire, 1)


async def test_a_head_has_its_time_after_a_turn_too(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEAD_DEADLINE_S", 0.3)
    wire, _ = side.connect()
    for text in (b"text=1", b"text=2", b"text=3"):
        wire.feed(post(text))
        await settled()
    assert not await closes_within(wire, 0.5)
    wire.feed(post(b"text=4")[:20])
    assert await closes_within(wire, 1)
    silent, _ = side.connect()
    assert await closes_within(silent, 1)


async def test_a_first_request_is_in_time_where_its_head_is_known(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEAD_DEADLINE_S", 0.2)
    for _ in range(3):
        wire, _ = side.connect()
        wire.feed(post(b"text=1"))
        assert not await closes_within(wire, 0.3)
        wire.lose()
        await settled()


async def test_no_timer_outlives_its_connection(side: Side) -> None:
    wire, protocol = side.connect()
    wire.feed(post(b"text=1"))
    await settled()
    wire.lose()
    await settled()
    assert getattr(protocol, "_quiet", None) is None
    assert protocol.timeout_keep_alive_task is None


async def test_line_ends_do_not_keep_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no request, and may come before one."""
    _, short = sides(tmp_path)
    wire, protocol = short.connect()
    protocol.timeout_keep_alive = 1
    wire.feed(post(b"text=1"))
    await settled()
    assert not wire.is_closing()
    wire.feed(b"\r\n")
    assert await closes_within(wire, 3)


async def test_a_turn_that_never_began_is_no_task_for_ever(side: Side) -> None:
    """A drain may cancel it before its first step."""
    wire = await begun(side)
    side.doors.gate.set()
    await settled()
    wire.feed(post(b"text=3"))
    for task in side.state.tasks:
        task.cancel()
    await settled()
    assert not side.state.tasks
