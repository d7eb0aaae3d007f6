"""Starts a private PostgreSQL when no MAITA_DATABASE_URL is given; called by the command line and
by tests, never in production.

The folder holds `pg` (the cluster), `pg.passwords` (mode 0600), `pg.log` and `pg.lock`. Whoever
holds the lock owns the server; others that come to the same folder share it. It listens on a unix
socket only, under passwords, and ends with the process that started it, however that one ends.
"""

import contextlib
import fcntl
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote

from storage import embedded_cluster, embedded_process
from storage.embedded_cluster import Binaries, choose_binaries, make_cluster, make_folder
from storage.embedded_process import Account, EmbeddedError, account_of

__all__ = ["EmbeddedError", "EmbeddedPostgres", "EmbeddedUrls", "choose_folder"]

_START_TIMEOUT_S = 60  # Long enough to recover from a crash; a usual start takes 0.05.
_LOG_MAX_BYTES = 10_000_000
_PORT = 5432  # Only the name of the socket: nothing listens on TCP.
_SOCKET = f".s.PGSQL.{_PORT}"
_SOCKET_MAX_BYTES = 103 if sys.platform == "darwin" else 107
_ROLES = ("postgres", "maita_app", "maita_owner", "maita_verify")
_SETTINGS = (
    "listen_addresses=",
    f"port={_PORT}",
    "unix_socket_permissions=0700",
    "shared_buffers=128MB",
    "max_connections=100",
    "password_encryption=scram-sha-256",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=warning",
    "log_checkpoints=off",
    "logging_collector=off",
)
_DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class EmbeddedUrls:
    """The database `maita` over the unix socket, once for each role, with its password."""

    app: str
    owner: str
    verify: str


def choose_folder(data_dir: Path) -> Path:
    """Where the database of this data folder lives: there, or, when we are root and the account
    PostgreSQL must run as cannot come there, in /var/lib/maita/<hash of the path>."""
    own = data_dir.resolve()
    if os.geteuid() != 0 or (own / "pg").exists():
        return own
    apart = embedded_cluster.ROOT_FOLDER / embedded_cluster.digest(own)
    account = account_of(own)
    if (apart / "pg").exists() or (account and not embedded_process.reaches(account, own)):
        return apart
    return own


class EmbeddedPostgres:
    """A private server in a folder: `with EmbeddedPostgres(folder) as urls`.

    `durable=False` is for throw-away clusters of tests: no fsync. `binaries` names the one folder
    with postgres and initdb to use. `own_within_s`: how long a process that stays waits for the
    server to become its own, since the one it shares may belong to a command that ends in a moment;
    after that it shares. Start it in the main thread: the kernel ends the server with
    the thread that started it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        binaries: Path | None = None,
        own_within_s: float = 0,
    ) -> None:
        self._folder = folder.resolve()
        self._cluster = self._folder / "pg"
        self._durable = durable
        self._binaries = binaries
        self._own_within_s = own_within_s
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None

    def __enter__(self) -> EmbeddedUrls:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> EmbeddedUrls:
        """Start the server, or share the one that runs in this folder; raises EmbeddedError."""
        assert threading.current_thread() is threading.main_thread()
        assert self._lock is None, "started twice"
        with contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            try:
                self._socket_folder = self._start()
                app, owner, verify = (self._url(role, "maita") for role in _ROLES[1:])
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                raise EmbeddedError(
                    f"The database folder {self._folder} cannot be used ({error}): "
                    "free it or choose another MAITA_DATA_DIR."
                ) from error
            undo.pop_all()
        return EmbeddedUrls(app=app, owner=owner, verify=verify)

    def stop(self) -> None:
        """Stop the server if this process started it, and wait until it is gone."""
        if self._process is not None:
            embedded_process.end(self._process)
            self._process = None
            if self._socket_folder and self._socket_folder != self._cluster:
                with contextlib.suppress(OSError):
                    self._socket_folder.rmdir()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def superuser(self) -> str:
        """The address of the role postgres: for cloning test databases and restoring backups."""
        return self._url("postgres", "postgres")

    def _start(self) -> Path:
        """The folder of the socket, once the server takes connections."""
        account = account_of(self._folder)
        make_folder(self._folder, account)
        began = time.monotonic()
        deadline = began + _START_TIMEOUT_S
        while not self._take_lock():
            running = embedded_process.running(self._cluster)
            patient = time.monotonic() < began + self._own_within_s
            if running and running.ready and not patient:
                return running.socket_folder
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another process holds {self._folder} and serves no database: "
                    "stop it or choose another MAITA_DATA_DIR."
                )
            time.sleep(0.02)
        binaries = choose_binaries(self._cluster, account, only=self._binaries)
        passwords = self._passwords(make=not self._cluster.exists())
        if not self._cluster.exists():
            make_cluster(self._cluster, binaries, account, passwords, durable=self._durable)
        socket_folder = embedded_cluster.make_socket_folder(
            self._cluster, account, _SOCKET_MAX_BYTES - len(f"/{_SOCKET}")
        )
        embedded_process.clear(self._cluster, socket_folder / _SOCKET)
        return self._launch(binaries, account, socket_folder, deadline)

    def _take_lock(self) -> bool:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self._folder / "pg.lock", flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._lock = handle
        return True

    def _launch(
        self, binaries: Binaries, account: Account | None, socket_folder: Path, deadline: float
    ) -> Path:
        """Start until it is ready: the children of a killed server may need a moment to go."""
        self._socket_folder = socket_folder
        log = self._folder / "pg.log"
        while True:
            with _appending(log) as file:
                before = file.tell()
                self._process = self._spawn(binaries, account, socket_folder, file.fileno())
            if self._wait(deadline):
                return socket_folder
            reason = _reason(log, before)
            if "still in use" not in reason or time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL did not start in {self._folder}: {reason}; see {log}, "
                    "or start afresh with another MAITA_DATA_DIR."
                )
            time.sleep(0.1)

    def _spawn(
        self, binaries: Binaries, account: Account | None, socket_folder: Path, log: int
    ) -> subprocess.Popen[bytes]:
        # The setting is a list: a folder's name is quoted, for it may hold a comma.
        quoted = str(socket_folder).replace('"', '""')
        safety = _DURABLE if self._durable else _FAST
        command = [str(binaries.folder / "postgres"), "-D", str(self._cluster)]
        for setting in (*_SETTINGS, *safety, f'unix_socket_directories="{quoted}"'):
            command += ["-c", setting]
        return embedded_process.spawn(command, account, log)

    def _wait(self, deadline: float) -> bool:
        """True when it is ready, False when it ended or took too long."""
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < deadline:
            running = embedded_process.running(self._cluster)
            if running and running.ready and running.pid == self._process.pid:
                return True
            time.sleep(0.005)
        return False

    def _passwords(self, *, make: bool = False) -> dict[str, str]:
        """Role to password; made once, before the cluster that takes them."""
        place = self._folder / "pg.passwords"
        if make and not place.exists():
            new = place.with_name("pg.passwords.new")
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(new, flags, 0o600), "w") as file:
                json.dump({role: secrets.token_urlsafe(24) for role in _ROLES}, file)
                file.flush()
                os.fsync(file.fileno())
            new.rename(place)
        passwords: dict[str, str] = json.loads(place.read_text())
        return passwords

    def _url(self, role: str, database: str) -> str:
        assert self._socket_folder is not None, "not started"
        password = self._passwords()[role]
        host = quote(os.fsencode(self._socket_folder), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={host}&port={_PORT}"


def _appending(log: Path) -> BinaryIO:
    """The log at its end, mode 0600; a long one starts anew."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    file = os.fdopen(os.open(log, flags, 0o600), "ab")
    if file.tell() > _LOG_MAX_BYTES:
        file.truncate(0)
    return file


def _reason(log: Path, before: int) -> str:
    """What the server said since this byte of its log: the first fatal line, else its end."""
    lines = log.read_bytes()[before:].decode(errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL" in line]
    return " ".join(fatal[:1] or lines[-3:]) or "it gave no reason"
