"""The short way to the carriers' doors: the same bytes as uvicorn's way, whatever comes."""

import random
from pathlib import Path
from typing import Final

import pytest

from gateway import doors, heads, peers
from gateway.doors import PATH_MAX
from gateway.listening import HEAD_MAX, HEADERS_MAX
from tests.gateway.wires import PATH, Side, post, settled, sides

FORM: Final = b"sessionId=1&text=1*2"
STRAIGHT: Final = {
    "plain": [post(FORM)],
    "other headers": [post(FORM, b"User-Agent: a", b"CONTENT-TYPE:x/y ", b"X-Empty:")],
    "no body": [post(b"")],
    "one after the other": [post(FORM), post(FORM + b"*3"), post(FORM), post(b""), post(FORM)],
    "kept by its word": [post(FORM, b"Connection: keep-alive")],
    "a long body": [post(b"z" * 40_000)],
    "a proxy": [post(FORM, b"X-Forwarded-For: 196.201.214.1, 10.0.0.3")],
    "bytes in a header": [post(FORM, b"X-Name: caf\xe9")],
    "deeper": [post(FORM, target=PATH + b"/end")],
    "small letters": [b"POST %s HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi" % PATH],
    "empty lines before": [b"\r\n\r\n" + post(FORM)],
    "a mistake of ours": [post(b"bug")],
    "an answer that hides a header": [post(b"evil")],
}
USUAL: Final = {
    "less than its length": [post(FORM, length=b"22"), post(FORM)],
    "body in two": [post(FORM)[:-4], post(FORM)[-4:]],
    "byte by byte": [bytes([each]) for each in post(FORM)],
    "a body larger than is read": [post(b"z" * 70_000)],
    "a body too large": [post(b"z" * 300_000)],
    "a body too large, in parts": [post(b"z" * 300_000)[:99_000], b"z" * 201_500],
    "chunked": [post(b"2\r\nhi\r\n0\r\n\r\n", b"Transfer-Encoding: chunked", length=b"")],
    "chunked, with a length": [post(b"2\r\nhi\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")],
    "head": [post(b"", method=b"HEAD")],
    "get": [post(b"", method=b"GET", length=b"")],
    "put": [post(FORM, method=b"PUT")],
    "no length": [post(b"", length=b"")],
    "two lengths": [post(FORM, b"Content-Length: 20")],
    "two other lengths": [post(FORM, b"content-length: 3")],
    "a sign": [post(FORM, length=b"+20")],
    "a zero in front": [post(FORM, length=b"020")],
    "a space behind": [post(FORM, length=b"20 ")],
    "a list": [post(FORM, length=b"20, 20")],
    "expects a word": [post(FORM, b"Expect: 100-continue")],
    "expects a word, in two": [
        post(FORM, b"Expect: 100-continue")[:-20],
        post(FORM, b"Expect: 100-continue")[-20:],
    ],
    "closes": [post(FORM, b"Connection: close"), post(FORM)],
    "old": [post(FORM, version=b"1.0")],
    "old, kept": [post(FORM, b"Connection: keep-alive", version=b"1.0")],
    "upgrade alone": [post(FORM, b"Upgrade: h2c")],
    "a header twice": [post(FORM, b"X-Forwarded-For: 1.1.1.1", b"X-Forwarded-For: 10.0.0.9")],
    "a query": [post(FORM, target=PATH + b"?a=b")],
    "a fragment": [post(FORM, target=PATH + b"#a")],
    "an escape": [post(FORM, target=b"/public/ussd/callback/%61bc")],
    "another place": [post(FORM, target=b"/public/ussd/other")],
    "no carrier's": [post(FORM, target=b"/health")],
    "absolute": [post(FORM, target=b"http://x" + PATH)],
    "too many headers": [post(FORM, *[b"x-%d: 1" % n for n in range(HEADERS_MAX)])],
    "too large a header": [post(FORM, b"x: " + b"y" * HEAD_MAX)],
    "too large a header, in parts": [post(FORM, b"x: " + b"y" * 40_000)[:30_000], b"y" * 30_000],
    "too long a path": [post(FORM, target=PATH + b"/" + b"y" * 300)],
    "a folded header": [post(FORM, b"X-A: b\r\n c")],
    "a space before the colon": [post(FORM, b"X-A : b")],
    "line feeds alone": [post(FORM).replace(b"\r\n", b"\n")],
    "nonsense": [b"nonsense\r\n\r\n"],
    "nothing": [],
}
MIXED: Final = {
    "head in two": [post(FORM)[:30], post(FORM)[30:]],
    "upgrade": [post(FORM, b"Connection: Upgrade", b"Upgrade: websocket"), post(FORM)],
    "ahead": [post(FORM) + post(FORM) + post(b"x", b"Connection: close")],
    "ahead, in parts": [post(FORM) + post(FORM)[:50], post(FORM)[50:] + post(FORM)],
    "more than its length": [post(FORM, length=b"18"), post(FORM)],
    "nonsense behind": [post(FORM) + b"nonsense\r\n\r\n"],
    "an end of lines between": [post(FORM), b"\r\n", post(FORM), b"\r\n" + post(FORM)],
    "large, then small": [post(b"z" * 300_000), post(FORM), post(FORM)],
    "chunks, then plain": [
        post(b"2\r\nhi\r\n0\r\n\r\n", b"Transfer-Encoding: chunked", length=b""),
        post(FORM),
        post(FORM),
    ],
}


async def compared(usual: Side, short: Side, *parts: bytes) -> None:
    """Both ways answer the same, ask the doors the same and count the same."""
    told = [await side.told(*parts) for side in (usual, short)]
    assert told[0] == told[1], parts
    assert usual.doors.asked == short.doors.asked, parts
    assert usual.doors.counted == short.doors.counted, parts
    assert usual.state.total_requests == short.state.total_requests, parts
    for side in (usual, short):
        side.doors.asked.clear()
        side.doors.counted.clear()


@pytest.mark.parametrize("parts", [*STRAIGHT.values()], ids=[*STRAIGHT])
async def test_what_came_whole_goes_straight(parts: list[bytes], tmp_path: Path) -> None:
    """At first, and when its head is known."""
    usual, short = sides(tmp_path)
    for _ in range(4):
        await compared(usual, short, *parts)
    assert usual.doors.straightly == 0
    assert short.doors.straightly == 4 * len(parts)


@pytest.mark.parametrize("parts", [*USUAL.values()], ids=[*USUAL])
async def test_what_is_unusual_goes_the_usual_way(parts: list[bytes], tmp_path: Path) -> None:
    """So does what comes after it, where the connection goes on."""
    usual, short = sides(tmp_path)
    for _ in range(3):
        await compared(usual, short, *parts)
    assert short.doors.straightly == 0
    await compared(usual, short, *parts, post(FORM), post(FORM))


@pytest.mark.parametrize("parts", [*MIXED.values()], ids=[*MIXED])
async def test_the_two_ways_take_turns(parts: list[bytes], tmp_path: Path) -> None:
    usual, short = sides(tmp_path)
    for _ in range(3):
        await compared(usual, short, *parts)
    assert short.doors.straightly > 0


PIECES: Final = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"\0",
        b":",
        b"\xff",
        b"0",
        b"+",
        b"1",
        b"%2f",
        b"?",
        b"#",
    ),
    *(b"\r\nContent-Length: 20", b"\r\ncontent-length: 5", b"\r\nTransfer-Encoding: chunked"),
    *(b"\r\nConnection: close", b"\r\nConnection: upgrade\r\nUpgrade: x", b"\r\n\r\n"),
    *(b"\r\nExpect: 100-continue", b"\r\nX-Forwarded-For: 1.2.3.4", b"HTTP/1.0", b"GET "),
    post(FORM),
)


def spoilt(rng: random.Random) -> bytes:
    """One or two requests with something put in, taken out or written over."""
    said = b"".join(post(FORM[: rng.randrange(21)]) for _ in range(rng.choice((1, 1, 2))))
    for _ in range(rng.choice((0, 1, 1, 2))):
        at = rng.randrange(len(said))
        said = said[:at] + rng.choice((b"", *PIECES)) + said[at + rng.choice((0, 0, 1, 2)) :]
    return said


async def test_nothing_that_is_spoilt_tells_the_ways_apart(tmp_path: Path) -> None:
    usual, short = sides(tmp_path)
    rng = random.Random(20261128)
    for _ in range(700):
        said = spoilt(rng)
        cut = rng.choice((len(said), len(said), rng.randrange(len(said) + 1)))
        # Three times, since a head is known from the third on.
        for _ in range(3):
            await compared(usual, short, said[:cut], said[cut:], post(FORM))
    assert short.doors.straightly > 1_500


async def test_heads_are_known_from_the_second_time_on(tmp_path: Path) -> None:
    """Whatever the length; and there is room for so many only."""
    _, short = sides(tmp_path)
    known = short.doors.heads._known
    await short.told(post(FORM))
    assert not known
    await short.told(post(FORM[:-1]))
    assert len(known) == 1
    await short.told(post(FORM, b"Connection: close"), post(FORM, b"Connection: close"))
    assert len(known) == 1


async def test_strangers_do_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "KNOWN_MAX", 3)
    usual, short = sides(tmp_path)
    for number in range(10):
        request = post(FORM, b"X-Id: %d" % number)
        await compared(usual, short, request, request, request, post(FORM))
        assert len(short.doors.heads._known) <= 3
        assert len(short.doors.heads._met) <= 3
    request = post(FORM, b"X-Long: " + b"y" * heads.KNOWN_HEAD_MAX)
    await compared(usual, short, request, request, request)
    assert not any(len(head) > heads.KNOWN_HEAD_MAX for head in short.doors.heads._known)


async def test_too_many_at_once_are_told_so(tmp_path: Path) -> None:
    usual, short = sides(tmp_path, most=2)
    for _ in range(3):
        await compared(usual, short, post(FORM))
    for side in (usual, short):
        side.connect()
    await compared(usual, short, post(FORM))
    assert short.doors.straightly == 3


async def test_who_is_no_proxy_of_ours_is_not_believed(tmp_path: Path) -> None:
    usual, short = sides(tmp_path, trusted="192.168.0.0/16")
    for _ in range(3):
        await compared(usual, short, post(FORM, b"X-Forwarded-For: 196.201.214.1"))


async def test_what_is_sent_while_a_turn_runs_waits_for_it(tmp_path: Path) -> None:
    for side in sides(tmp_path):
        side.doors.gate.clear()
        wire, _ = side.connect()
        for text in (b"one", b"two", b"three"):
            wire.feed(post(text))
            await settled()
        paused = wire.paused
        assert paused
        assert len(side.doors.asked) == 1
        side.doors.gate.set()
        await settled()
        assert [each.body for each, _ in side.doors.asked] == [b"one", b"two", b"three"]
        assert not wire.paused
        places = [wire.written.find(body) for body in (b"one", b"two", b"three")]
        assert sorted(places) == places
        wire.lose()
        await settled()


async def test_strangers_paths_and_hops_are_not_kept(tmp_path: Path) -> None:
    _, short = sides(tmp_path)
    kept = doors._door_of.cache_info().currsize
    await short.told(post(FORM).replace(b" HTTP", b"x" * PATH_MAX + b" HTTP", 1))
    assert doors._door_of.cache_info().currsize == kept
    hops = b"203.0.113.7, " * 30 + b"198.51.100.9"
    kept = peers._found_before.cache_info().currsize
    assert peers.peer_behind("127.0.0.1", hops, "127.0.0.0/8") == "198.51.100.9"
    assert peers._found_before.cache_info().currsize == kept
