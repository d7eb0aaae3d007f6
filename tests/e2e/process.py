"""Starts and ends the product as a user does, by its command line. Used by the fixtures."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60.0
PATIENCE_S = 60.0
"""For whatever takes a moment, on a machine that has much else to do."""
PORTS = range(11_000, 30_000)
"""Below those that Linux gives to outgoing connections."""


def free_port() -> int:
    """A port nobody listens on now, and nobody gets by chance before we do."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(slots=True, kw_only=True)
class Gateway:
    """One running `maita …` process and where it listens."""

    process: subprocess.Popen[str]
    url: str
    env: Mapping[str, str]
    log: Path
    demo: dict[str, Any] = field(default_factory=dict)

    def kill(self) -> None:
        """kill -9, as a machine that dies."""
        self.process.kill()
        self._gone()

    def stop(self) -> int:
        """SIGTERM, wait for the drain, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._gone()

    def _gone(self) -> int:
        code = self.process.wait(PATIENCE_S)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines logged so far; the last one may be half written."""
        rows = self.log.read_text().rpartition("\n")[0].splitlines()
        return [json.loads(row) for row in rows if row.startswith("{")]


def maita(*words: str, env: Mapping[str, str]) -> str:
    """Run one command to its end and return what it printed; fail loudly when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        cwd=ROOT,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"maita {' '.join(words)}: {done.stderr}"
    return done.stdout


def start(command: str, folder: Path, *, port: int | None = None, **settings: str) -> Gateway:
    """Start `maita <command>` and wait for its READY line."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAITA_")}
    env |= {"MAITA_ENV": "dev", "MAITA_PORT": str(port), "MAITA_DATA_DIR": str(folder)}
    # What a phone would not wait for: here a turn may take long, and must not end as "busy".
    env |= {"MAITA_TURN_TIMEOUT_S": "30", "MAITA_DATABASE_TIMEOUT_S": "30"}
    env |= {"MAITA_PUBLIC_URL": url} | settings
    log = folder / f"{command}-{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", command],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    ready = _ready(process, process.stdout)
    assert ready, f"maita {command} did not get ready:\n{log.read_text()}"
    return Gateway(process=process, url=url, env=env, log=log)


def _ready(process: subprocess.Popen[str], out: IO[str]) -> bool:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        line = out.readline()
        if line.startswith("READY "):
            return True
        if not line and process.poll() is not None:
            return False
    return False
