"""A real terminal under a test's fingers: `tmux` runs a command in it, keys go in, screens out."""

import os
import re
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count

from tests.e2e.process import PATIENCE_S, ROOT

_NUMBERS = count()


class Terminal:
    """One window of 100 × 50, of a server of its own: one that is being killed takes no other."""

    def __init__(self) -> None:
        self.name = f"maita-{os.getpid()}-{next(_NUMBERS)}"

    def type(self, text: str) -> None:
        """Type a line."""
        self.tmux("send-keys", "-t", self.name, "-l", text)
        self.tmux("send-keys", "-t", self.name, "Enter")

    def press(self, key: str) -> None:
        """Press one key, as tmux names it (`C-c`)."""
        self.tmux("send-keys", "-t", self.name, key)

    def shows(self, wanted: str, within_s: float = PATIENCE_S) -> str:
        """What stands on it, from the top of its history, once this does."""
        deadline = time.monotonic() + within_s
        while wanted not in (seen := self.all()):
            assert time.monotonic() < deadline, f"{wanted!r} is not on:\n{seen}"
            time.sleep(0.05)
        return seen

    def asks_secretly(self, prompt: str) -> None:
        """Wait until a secret is asked for: whatever is typed before is thrown away."""
        tty = self.tmux("display-message", "-p", "-t", self.name, "#{pane_tty}").strip()
        deadline = time.monotonic() + PATIENCE_S
        while not plain(seen := self.all()).rstrip().endswith(prompt) or echoes(tty):
            assert time.monotonic() < deadline, seen
            time.sleep(0.05)

    def all(self) -> str:
        """All that was ever shown, with colours."""
        return self.tmux("capture-pane", "-t", self.name, "-p", "-e", "-J", "-S", "-2000")

    def tmux(self, *words: str) -> str:
        """Tell tmux something; what it printed."""
        told = ["tmux", "-L", self.name, *words]
        return subprocess.run(
            told, capture_output=True, text=True, check=True, timeout=PATIENCE_S
        ).stdout


@contextmanager
def terminal(env: Mapping[str, str], *words: str) -> Iterator[Terminal | None]:
    """`maita …` in a terminal; None, said in one line, where there is no tmux."""
    if shutil.which("tmux") is None:
        print("tmux is not installed: what needs a real terminal was left out")
        yield None
        return
    told = [f"{name}={value}" for name, value in env.items() if name.startswith("MAITA_")]
    command = ["env", *told, sys.executable, "-m", "gateway", *words]
    line = " ".join(f"'{word}'" for word in command)
    window = Terminal()
    window.tmux(
        "new-session", "-d", "-s", window.name, "-x", "100", "-y", "50", "-c", str(ROOT),
        f'{line}; echo "ended with $?"; cat',
    )  # fmt: skip
    try:
        yield window
    finally:
        window.tmux("kill-server")


def echoes(tty: str) -> bool:
    """Whether what is typed there is shown."""
    handle = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    modes: int = termios.tcgetattr(handle)[3]
    os.close(handle)
    return bool(modes & termios.ECHO)


def plain(screen: str) -> str:
    """A screen without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m|\x1b\([A-Z]|\x0f", "", screen)
