"""What a command stands on: the settings, a database that answers, the server that runs already.

A private database is started by whoever comes first and shared by the others, so that
`maita verify` works beside a running `make run` and without one. Called by all commands.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from gateway.commands.failing import Down, Wrong
from gateway.settings import Settings, read

if TYPE_CHECKING:
    from storage.database import Database

R = TypeVar("R")
OWN_WITHIN_S: Final = 10.0
DATABASE_DOWN: Final = "The database does not answer: start it, or check MAITA_DATABASE_URL."


class Running(msgspec.Struct, frozen=True):
    """What a serving process says of itself in its data folder. `url`: where it listens;
    `public_url`: what carriers call; `pid` 0: it has ended."""

    url: str
    public_url: str
    pid: int


def settings(*, dev: bool = False) -> Settings:
    """The environment's settings. `dev`: the command is a developer's (`maita run`).

    Without MAITA_ENV and MAITA_DATABASE_URL a data folder that holds a private database means dev
    too; in dev the public URL is the one of the process that served last from this folder.
    """
    named = os.environ.get("MAITA_DATABASE_URL") or os.environ.get("MAITA_DATABASE_URL_FILE")
    dev = dev or (not named and _private_database_exists())
    found = read(os.environ, default_env="dev" if dev else "prod")
    told = bool(os.environ.get("MAITA_PUBLIC_URL") or os.environ.get("MAITA_PORT"))
    last = _last(found) if found.dev and not told else None
    return replace(found, public_url=last.public_url) if last else found


def public_url(found: Settings) -> str | None:
    """The URL carriers call, where the environment says it."""
    return found.public_url if os.environ.get("MAITA_PUBLIC_URL") else None


def _private_database_exists() -> bool:
    from storage.embedded import choose_folder

    folder = Path(os.environ.get("MAITA_DATA_DIR") or ".maita").absolute()
    return folder.exists() and (choose_folder(folder) / "pg").exists()


@contextlib.contextmanager
def database(found: Settings, *, migrates: bool = False, stays: bool = False) -> Iterator[Settings]:
    """The settings with a database of the newest revision: the private one is started and brought
    up to date, another one must be, unless the command `migrates` and may act as its owner.
    A process that `stays` first waits until a private one is its own, unless another stays already.

    Raises Wrong and Down, also for what happens inside.
    """
    from storage.database import Unavailable
    from storage.embedded import EmbeddedError

    try:
        if found.database_url:
            _bring_up_to_date(found, migrates=migrates)
            yield found
        else:
            with _private_database(found, stays=stays) as ready:
                yield ready
    except EmbeddedError as error:
        raise Wrong(str(error)) from error
    except Unavailable as error:
        raise Down(DATABASE_DOWN) from error


@contextlib.contextmanager
def _private_database(found: Settings, *, stays: bool) -> Iterator[Settings]:
    from storage.embedded import EmbeddedPostgres, choose_folder

    patience_s = OWN_WITHIN_S if stays and not running(found) else 0
    with EmbeddedPostgres(choose_folder(found.data_dir), own_within_s=patience_s) as urls:
        ready = replace(
            found,
            database_url=urls.app,
            database_owner_url=urls.owner,
            database_verify_url=urls.verify,
        )
        _bring_up_to_date(ready, migrates=True)
        yield ready


def _bring_up_to_date(found: Settings, *, migrates: bool) -> None:
    from storage.readiness import HEAD, revision

    assert found.database_url is not None, "opened"
    at = with_database(found.database_url, revision)
    if at < HEAD and migrates and found.database_owner_url:
        migrate(found)
    elif at < HEAD:
        raise Wrong(
            f"The database is at revision {at or 'none'}, this version needs {HEAD}: "
            "run `maita migrate`."
        )


def refuse_mighty_role(ready: Settings) -> None:
    """Serve only as a role that owns nothing and passes no row security (docs/security.md 1)."""
    from storage.catalogue import own_faults

    assert ready.database_url is not None, "opened"
    found = with_database(ready.database_url, own_faults)
    if found:
        raise Wrong(
            f"The role of MAITA_DATABASE_URL may do too much ({found[0].rule}: {found[0].name}): "
            "connect as the application's own role."
        )


def migrate(found: Settings) -> None:
    """Bring a database to the newest revision, for the roles that the URLs name."""
    from psycopg.conninfo import conninfo_to_dict
    from sqlalchemy.exc import DBAPIError, OperationalError

    from storage.migrate import upgrade

    def role(url: str | None) -> str | None:
        return str(conninfo_to_dict(url)["user"]) if url else None

    app_role = role(found.database_url)
    assert found.database_owner_url is not None, "asked by the caller"
    assert app_role is not None, "opened"
    try:
        upgrade(found.database_owner_url, app_role, role(found.database_verify_url))
    except OperationalError as error:
        raise Down(DATABASE_DOWN) from error
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        raise Wrong(
            f"The migration was refused ({reason}): check MAITA_DATABASE_OWNER_URL and the roles."
        ) from error


def with_database(url: str, ask: Callable[["Database"], Awaitable[R]]) -> R:
    """Ask a database something and close it again. Raises Unavailable."""
    from storage.database import Database

    async def asked() -> R:
        db = await Database.open(url, size=2, timeout_s=5.0, statement_timeout_s=60)
        try:
            return await ask(db)
        finally:
            await db.close()

    return asyncio.run(asked())


def running(found: Settings) -> Running | None:
    """The process that serves from this data folder now, if any."""
    last = _last(found)
    try:
        if last is None or last.pid <= 0:
            return None
        os.kill(last.pid, 0)
    except OSError:
        return None
    return last


@contextlib.contextmanager
def announced(found: Settings, url: str) -> Iterator[None]:
    """Say in the data folder that this process serves, for as long as it does: in dev, and unless
    another one has said so."""
    if not found.dev or running(found):
        yield
        return
    server = Running(url=url, public_url=found.public_url, pid=os.getpid())
    _write(found, server)
    try:
        yield
    finally:
        if _last(found) == server:
            _write(found, msgspec.structs.replace(server, pid=0))


def _last(found: Settings) -> Running | None:
    try:
        return msgspec.json.decode(_card(found).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None


def _write(found: Settings, server: Running) -> None:
    """Write beside and rename: a reader sees the one or the other."""
    card = _card(found)
    card.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = card.with_name(f"{card.name}.{os.getpid()}")
    new.write_bytes(msgspec.json.encode(server))
    new.replace(card)


def _card(found: Settings) -> Path:
    return found.data_dir / "serving.json"
