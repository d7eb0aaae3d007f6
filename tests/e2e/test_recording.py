"""`maita record` and `maita replay` in a real terminal: a cashier signs in, finds a customer and
awards a purchase; nothing of who they are is in the file, and it plays again."""

import re
from pathlib import Path

import httpx
import pytest

from tests.dialogs.playing import play
from tests.e2e.carriers import number_of
from tests.e2e.conftest import handset, tenant
from tests.e2e.process import Gateway
from tests.e2e.terminal import Terminal, plain, terminal

CUSTOMER, NAME = "+263771117001", "Zorodzai"


@pytest.fixture
async def customer(gateway: Gateway, http: httpx.AsyncClient) -> str:
    phone = handset(gateway, "fresh-fitness", CUSTOMER)
    await phone.dial(http)
    if "Join free" in phone.screen:
        await phone.pick(http, "Join")
        if "English" in phone.screen:
            await phone.pick(http, "English")
        await phone.pick(http, "Agree")
        await phone.say(http, NAME)
    return CUSTOMER


def pick(shown: Terminal, label: str) -> None:
    """Choose on the last screen shown."""
    screen = plain(shown.shows(label))
    lines = [re.sub(r"[│┃ ]+", " ", line).strip() for line in screen.splitlines()]
    number = number_of("\n".join(reversed(lines)), label)
    assert number, screen
    shown.type(number)


async def test_a_cashiers_call_is_recorded_and_played_again(
    gateway: Gateway, customer: str, tmp_path: Path
) -> None:
    cashier = next(who for who in tenant(gateway, "fresh-fitness")["staff"] if who["pin"])
    code = next(
        each["address"]
        for each in tenant(gateway, "fresh-fitness")["channels"]
        if each["kind"] == "africastalking_ussd"
    )
    file = tmp_path / "awarded.txt"
    words = ("record", "dial", code, str(file), "--as", cashier["phone"])
    with terminal(gateway.env, *words) as shown:
        if shown is None:
            return
        pick(shown, "Staff")
        shown.shows("PIN")
        shown.asks_secretly("Answer ›")
        shown.type(cashier["pin"])
        pick(shown, "Award")
        shown.shows("phone")
        shown.type("077 111 7001")
        shown.shows("Amount in USD")
        shown.type("12.50")
        pick(shown, "Yes")
        shown.shows("Done.")
        shown.press("C-c")
        seen = plain(shown.shows("ended with 0"))
    assert cashier["pin"] not in seen, "a PIN is not echoed"
    assert "7 turns" in seen

    recorded = file.read_text()
    for personal in (cashier["pin"], cashier["phone"][-7:], cashier["name"], NAME, "1117001"):
        assert personal not in recorded, personal
    assert "\n> •••\n" in recorded
    assert "! SignInStaff(pin=•••)" in recorded
    assert "12.50 USD" in recorded
    assert play(file).text == recorded, "the tests' own player plays it too"

    with terminal(gateway.env, "replay", str(file)) as shown:
        assert shown
        assert "7 turns, all as recorded." in plain(shown.shows("ended with 0"))
    file.write_text(recorded.replace("< Amount in USD", "< How much in USD"))
    with terminal(gateway.env, "replay", str(file)) as shown:
        assert shown
        seen = shown.shows("ended with 1")
        assert "\x1b[31m-< How much in USD" in seen
        assert "\x1b[32m+< Amount in USD" in seen
