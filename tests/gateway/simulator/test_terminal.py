"""The terminal's phones over real HTTP against the stub gateway."""

import asyncio
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from rich.console import Console

from gateway.terminal import PhoneOff, _bubble, run_chat, run_dial
from tests.gateway.simulator.stub import serve

RUDO = "+263771234567"


def answers(*said: str) -> tuple[Callable[[str, bool], str], list[bool]]:
    """Somebody who says these things and then presses Ctrl-C; and which were secret."""
    secret: list[bool] = []
    rest: Iterator[str] = iter(said)

    def ask(label: str, hidden: bool) -> str:
        secret.append(hidden)
        for next_one in rest:
            return next_one
        raise KeyboardInterrupt

    return ask, secret


def paper() -> Console:
    return Console(file=StringIO(), width=80, force_terminal=False)


def written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


async def test_a_call_runs_to_its_end() -> None:
    ask, secret = answers("5", "1", "2", "1", "1", "48213")
    console = paper()
    async with serve() as (shop, _):
        await asyncio.to_thread(run_dial, shop.url, "*123*1#", RUDO, console=console, ask=ask)
    assert "Show this at the till" in written(console)
    assert "48213" not in written(console)
    assert secret == [False] * 5 + [True]


async def test_ctrl_c_hangs_up() -> None:
    ask, _ = answers("2")
    async with serve() as (shop, _):
        await asyncio.to_thread(run_dial, shop.url, "*123*1#", RUDO, console=paper(), ask=ask)
        assert b"status=Incomplete" in shop.posted[-1][2]


@pytest.mark.parametrize("kind", ["whatsapp", "sms"])
async def test_a_chat_shows_answers_and_takes_numbers(kind: str) -> None:
    ask, _ = answers("hi", "1")
    console = paper()
    async with serve() as (shop, _):
        await asyncio.to_thread(run_chat, shop.url, kind, RUDO, console=console, ask=ask)
    assert "1 Balance" in written(console)
    assert "You have 0 pts." in written(console)


async def test_no_server_is_one_sentence() -> None:
    with pytest.raises(PhoneOff, match="make run"):
        await asyncio.to_thread(run_dial, "http://127.0.0.1:9", "*123#", RUDO, console=paper())


def test_a_list_shows_prices_and_has_its_keys_below() -> None:
    pick = {"id": "1", "title": "Free Coffee", "detail": "100 pts, 40 more to go"}
    bubble = {
        "id": "m", "mine": False, "text": "Rewards\n\n0 Back", "image": "", "rows": [pick],
    }  # fmt: skip
    console = paper()
    console.print(_bubble(bubble, [pick]))
    lines = [line.strip(" │╭╮╰╯─") for line in written(console).splitlines()]
    assert [line for line in lines if line] == [
        "Rewards", "1 Free Coffee", "100 pts, 40 more to go", "0 Back",
    ]  # fmt: skip
