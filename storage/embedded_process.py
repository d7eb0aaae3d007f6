"""The processes of a private PostgreSQL: as whom they run, how they end, whether one is there.

Called by storage/embedded.py and storage/embedded_cluster.py.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # No PG… variable of the caller may leak in.
_FAST_STOP_S = 5
_HARD_STOP_S = 10
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class EmbeddedError(RuntimeError):
    """One sentence: which folder or setting stands in the way, and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user PostgreSQL runs as when we are root, which PostgreSQL refuses to be."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Running:
    """What a living server tells in its postmaster.pid."""

    pid: int
    socket_folder: Path
    ready: bool


def account_of(folder: Path) -> Account | None:
    """Who runs the cluster of this folder: its owner, else postgres, else nobody; None: we do."""
    if os.geteuid() != 0:
        return None
    cluster = folder / "pg"
    if cluster.exists() and (made_by := cluster.stat()).st_uid != 0:
        return Account(made_by.st_uid, made_by.st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root and there is no user postgres or nobody: "
        "start Maita as another user or set MAITA_DATABASE_URL."
    )


def reaches(account: Account, path: Path) -> bool:
    """Whether the account may pass through this path, or through what exists of it."""
    there = next(each for each in (path, *path.parents) if each.exists())
    return run(["test", "-x", str(there)], account).returncode == 0


def run(
    command: Sequence[str], account: Account | None, told: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run to its end as the account, told on its input; it is killed when we are."""
    return subprocess.run(
        command,
        input=told,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=_ENVIRONMENT,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_dies_with_us(signal.SIGKILL),
    )


def spawn(command: Sequence[str], account: Account | None, log: int) -> subprocess.Popen[bytes]:
    """Start a server as the account; it shuts down fast when the calling thread ends.

    It has a session of its own, so that Ctrl-C reaches us first and we stop it last.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_dies_with_us(signal.SIGINT),  # noqa: PLW1509 (it only asks the kernel)
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; immediate shutdown and SIGKILL when that takes too long."""
    for number, patience_s in (
        (signal.SIGINT, _FAST_STOP_S),
        (signal.SIGQUIT, _HARD_STOP_S),
        (signal.SIGKILL, None),
    ):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return


def running(cluster: Path) -> Running | None:
    """The server that lives on this cluster, if any."""
    lines = _read_pid_file(cluster)
    if len(lines) < 8 or not _serves(int(lines[0]), cluster):
        return None
    return Running(int(lines[0]), Path(lines[4]), ready=lines[7].strip() == "ready")


def clear(cluster: Path, socket: Path) -> None:
    """End a server whose starter is gone, and drop lock files whose number now is another's.

    Only for whoever holds the lock of the folder. PostgreSQL itself drops the lock files of a
    process that no longer exists, after looking whether children of it are left.
    """
    lines = _read_pid_file(cluster)
    pid = int(lines[0]) if lines else 0
    if pid and _serves(pid, cluster):
        _end_former(pid, cluster)
    elif pid and _exists(pid):
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)


def _end_former(pid: int, cluster: Path) -> None:
    for number, patience_s in ((signal.SIGINT, _FAST_STOP_S), (signal.SIGQUIT, _HARD_STOP_S)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not _serves(pid, cluster):
                return
            time.sleep(0.01)
    raise EmbeddedError(
        f"A PostgreSQL that was left in {cluster.parent} does not end: stop process {pid} "
        "or choose another MAITA_DATA_DIR."
    )


def _read_pid_file(cluster: Path) -> list[str]:
    """Number, folder, start, port, socket folder, address, memory, status: as many as are there."""
    try:
        lines = os.fsdecode((cluster / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].isdecimal() else []


def _serves(pid: int, cluster: Path) -> bool:
    """Whether the process is a server of this cluster: numbers are used again."""
    if not Path("/proc/self/cmdline").exists():
        listed = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        return b" -D " + os.fsencode(cluster) + b" " in listed.stdout
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return command[1:3] == [b"-D", os.fsencode(cluster)]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _dies_with_us(number: signal.Signals) -> Callable[[], None]:
    """Make the kernel send this signal to the child when the thread that started it ends.

    Called in the child after it took its account, since a change of user forgets the wish.
    Linux only; elsewhere the next start ends what a killed process left.
    """
    launcher = os.getpid()

    def ask_kernel() -> None:
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            # The launcher may have died before the kernel was asked.
            if os.getppid() != launcher:
                os._exit(1)

    return ask_kernel
