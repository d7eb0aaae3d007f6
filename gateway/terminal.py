"""Phones in the terminal: `maita dial '*123*1#'` and `maita chat whatsapp|sms`.

They talk to the simulator of a running dev server over HTTP (`gateway/simulator/api.py`), so what
they do goes the whole way a carrier's request goes. Called by the commands.
"""

import contextlib
import importlib
import re
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
from rich import box
from rich.align import Align
from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

WIDTH: Final = 34
WAIT_S: Final = 8.0
QUIET_S: Final = 1.2
POLL_S: Final = 0.15
SURFACES: Final = {"whatsapp": "WhatsApp", "sms": "SMS"}
KEYS: Final = re.compile(r"[0#*]+ [^\n]+")
SCREEN: Final = "black on #c5d68a"

Ask = Callable[[str, bool], str]


class PhoneOff(Exception):
    """The phones cannot be used; the message is one sentence that says what to do."""


class Network:
    """The simulator's API as a phone sees it."""

    def __init__(self, base_url: str, phone: str) -> None:
        self.phone = phone
        self._http = httpx.Client(base_url=base_url, timeout=30, trust_env=False)

    def get(self, path: str, **query: str) -> Any:
        """Read something, or PhoneOff."""
        return self._answer("GET", path, params=query)

    def post(self, path: str, **body: str) -> Any:
        """Do something with this phone, or PhoneOff."""
        return self._answer("POST", path, json={"phone": self.phone, **body})

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def _answer(self, method: str, path: str, **what: Any) -> Any:
        try:
            answer = self._http.request(method, f"/simulator/api/{path}", **what)
        except httpx.TransportError as error:
            raise PhoneOff("No server answers there: start one with `make run`.") from error
        if "json" not in answer.headers.get("content-type", ""):
            raise PhoneOff("The server has no phones to try: it must run with MAITA_ENV=dev.")
        document = answer.json()
        if answer.status_code != 200:
            raise PhoneOff(str(document.get("error", "The phones did not understand.")))
        return document


def run_dial(
    base_url: str,
    code: str,
    phone: str,
    *,
    console: Console | None = None,
    ask: Ask | None = None,
) -> None:
    """A USSD call on a handset: shows screens, asks for answers, ends at END. Ctrl-C hangs up.
    Raises PhoneOff."""
    console = console or Console()
    ask = ask or _asker(console)
    network = Network(base_url, phone)
    try:
        with hushed():
            screen = network.post("dial", code=code)
            _show(console, screen, phone)
        while screen["open"]:
            said = ask("Answer", screen["secret"])
            with hushed():
                screen = network.post("ussd/send", text=said)
                _show(console, screen, phone)
    except (KeyboardInterrupt, EOFError):
        network.post("ussd/hangup")
        console.print("\nYou hung up.", style="dim")
    finally:
        network.close()


def run_chat(
    base_url: str,
    kind: str,
    phone: str,
    *,
    console: Console | None = None,
    ask: Ask | None = None,
) -> None:
    """A chat (`whatsapp` or `sms`) with the phone owner's shop: prints bubbles, asks for words
    or the number of a button, until Ctrl-C. Raises PhoneOff."""
    console = console or Console()
    ask = ask or _asker(console)
    network = Network(base_url, phone)
    try:
        Talk(network, kind, console, ask).run()
    except (KeyboardInterrupt, EOFError):
        console.print("\nYou put the phone away.", style="dim")
    finally:
        network.close()


class Talk:
    """One chat in the terminal."""

    def __init__(self, network: Network, kind: str, console: Console, ask: Ask) -> None:
        self._network, self._console, self._ask = network, console, ask
        self._line = _line_for(network.get("phones"), kind, network.phone)
        self._shown: set[str] = set()
        self._picks: list[tuple[str, str]] = []
        self._secret = False

    def run(self) -> None:
        """Talk until interrupted."""
        with hushed():
            self._console.rule(f"{self._line['owner']} · {self._line['shown']}", style="green")
            self._show(self._bubbles())
        while True:
            said = self._ask("You", self._secret)
            with hushed():
                self._send(said)
                self._wait()

    def _send(self, said: str) -> None:
        place = int(said) - 1 if said.isascii() and said.isdigit() else -1
        if 0 <= place < len(self._picks):
            about, choice = self._picks[place]
            self._network.post("chat", channel=self._line["id"], about=about, choice=choice)
        elif said.strip():
            self._network.post("chat", channel=self._line["id"], text=said)

    def _wait(self) -> None:
        """Show what comes, until the other side has been quiet for a while."""
        heard, end = False, time.monotonic() + WAIT_S
        while time.monotonic() < end:
            new = [bubble for bubble in self._bubbles() if bubble["id"] not in self._shown]
            self._show(new)
            if any(not bubble["mine"] for bubble in new):
                heard, end = True, time.monotonic() + QUIET_S
            time.sleep(POLL_S)
        self._network.post("chat/read", channel=self._line["id"])
        if not heard:
            self._console.print("(no answer yet)", style="dim")

    def _bubbles(self) -> list[dict[str, Any]]:
        handset = self._network.get("handset", phone=self._network.phone)
        found: list[dict[str, Any]] = handset["threads"].get(self._line["id"], [])
        return found

    def _show(self, bubbles: list[dict[str, Any]]) -> None:
        for bubble in bubbles:
            self._shown.add(bubble["id"])
            picks = [] if bubble["mine"] else [*bubble["rows"], *bubble["buttons"]]
            if not bubble["mine"]:
                self._picks = [(bubble["id"], pick["id"]) for pick in picks]
                self._secret = bubble["secret"]
            self._console.print(_bubble(bubble, picks))


def _line_for(known: dict[str, Any], kind: str, phone: str) -> dict[str, Any]:
    """The line of a kind at the phone owner's own shop, or else the first one."""
    lines: list[dict[str, Any]] = [
        line for line in known["channels"] if line["surface"] == kind
    ]  # fmt: skip
    if not lines:
        raise PhoneOff(f"No shop here has a {SURFACES.get(kind, kind)} line.")
    shops = [who["group"] for who in known["phones"] if who["number"] == phone]
    return next((line for line in lines if line["owner"] in shops), lines[0])


def _asker(console: Console) -> Ask:
    """Ask on the terminal; what answers a secret question is not echoed. The prompt is given to
    the line editor itself, so that editing what was typed never eats it."""

    # Its import is what gives `input` a line editor.
    with contextlib.suppress(ImportError):
        importlib.import_module("readline")

    def ask(label: str, secret: bool) -> str:
        if secret or not sys.stdin.isatty():
            return console.input(f"[bold]{label}[/] › ", password=secret)
        return input(f"{label} › ")

    return ask


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """While the phone is busy nothing that is typed shows among its screens: it is kept, and stands
    after the next prompt."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    silent = termios.tcgetattr(sys.stdin)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _show(console: Console, screen: dict[str, Any], phone: str) -> None:
    title = "Network" if screen["trouble"] else screen["dialled"]
    keys = "Send        Cancel" if screen["open"] else "OK"
    shown = Panel(
        Group(
            Text(f"▂▄▆  {phone}", style=SCREEN),
            Panel(Text(screen["text"]), title=title, box=box.SQUARE, style=SCREEN),
            Align.center(Text(keys, style=SCREEN)),
        ),
        box=box.HEAVY,
        width=WIDTH + 6,
        style=SCREEN,
        border_style="grey37 on default",
    )
    console.print(shown)


def _bubble(bubble: dict[str, Any], picks: list[dict[str, Any]]) -> Align:
    """A message with what can be picked, each with its price or what it lacks under it."""
    said, keys = _apart(bubble["text"]) if picks else (bubble["text"], "")
    text = Text(said)
    if bubble["image"]:
        text = Text("[picture]\n", style="italic").append(text)
    for number, pick in enumerate(picks, 1):
        text.append(f"\n{number} {pick['title']}", style="bold cyan")
        if pick["detail"]:
            text.append(f"\n  {pick['detail']}", style="cyan")
    if keys:
        text.append(f"\n\n{keys}", style="dim")
    panel = Panel(
        text,
        box=box.ROUNDED,
        width=min(46, max([*map(len, text.plain.split("\n")), 6]) + 4),
        border_style="green" if bubble["mine"] else "white",
    )
    return Align(panel, "right" if bubble["mine"] else "left", width=60)


def _apart(text: str) -> tuple[str, str]:
    """What is said, and the line of keys it ends with (`0 Back`), which belongs below choices."""
    said, _, keys = text.rpartition("\n\n")
    return (said, keys) if said and KEYS.fullmatch(keys) else (text, "")
