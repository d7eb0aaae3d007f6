"""`maita run`, `serve` and `worker`: the processes that stay."""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer

from gateway.commands import opening
from gateway.settings import Settings

Bind = Annotated[str | None, typer.Option(help="Address to listen on (MAITA_BIND).")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0: any free (MAITA_PORT).")]
Count = Annotated[int | None, typer.Option(min=1, max=64, help="Processes (MAITA_WORKERS).")]


def run(bind: Bind = None, port: Port = None) -> None:
    """Start everything in one process: database, migrations, demo data, gateway and worker."""
    from gateway.commands.inviting import invite
    from gateway.demo.loading import load
    from gateway.serving import serve as serve_here

    with _listening(opening.settings(dev=True), bind, port) as (found, sockets, url):
        _log_to_stderr(found)
        with _serving(found, url, migrates=True) as ready:

            def told() -> None:
                if found.dev:
                    invite(found, url)
                _ready(url)

            prepare = load if found.dev else None
            serve_here(ready, sockets, worker=True, told=told, prepare=prepare)


def serve(bind: Bind = None, port: Port = None, workers: Count = None) -> None:
    """Serve carriers and browsers; jobs are left to `maita worker`."""
    from gateway.serving import serve as serve_here
    from gateway.workers import Workers

    with _listening(opening.settings(), bind, port) as (found, sockets, url):
        _log_to_stderr(found)
        with _serving(found, url) as ready:
            count = workers or found.workers
            if count == 1:
                serve_here(ready, sockets, worker=False, told=lambda: _ready(url))
            else:
                Workers(ready, sockets, count).run(lambda: _ready(url))


def worker() -> None:
    """Run jobs: answers to chat and SMS, sending, notices, expiry."""
    from gateway.serving import work_until_told

    found = opening.settings()
    _log_to_stderr(found)
    with opening.database(found) as ready:
        opening.refuse_mighty_role(ready)
        work_until_told(ready, told=lambda: _ready(None))


@contextlib.contextmanager
def _listening(
    found: Settings, bind: str | None, port: int | None
) -> Iterator[tuple[Settings, list[socket.socket], str]]:
    """The settings with the port that was really taken, its sockets, and its URL on this machine.

    In dev the public URL is that URL too, unless MAITA_PUBLIC_URL says otherwise.
    """
    from gateway.listening import listen, url_of

    asked = replace(
        found,
        bind=found.bind if bind is None else bind,
        port=found.port if port is None else port,
    )
    with listen(asked) as sockets:
        url = url_of(sockets[0])
        public = opening.public_url(found) or url
        number = sockets[0].getsockname()[1]
        yield replace(asked, port=number, public_url=public), sockets, url


@contextlib.contextmanager
def _serving(found: Settings, url: str, *, migrates: bool = False) -> Iterator[Settings]:
    """A database that may be served from, and the word that we do."""
    with (
        opening.database(found, migrates=migrates, stays=True) as ready,
        opening.announced(found, url),
    ):
        opening.refuse_mighty_role(ready)
        yield ready


def _log_to_stderr(found: Settings) -> None:
    from gateway import logs

    logs.configure(found.log_level, pretty=sys.stderr.isatty(), stream=sys.stderr)


def _ready(url: str | None) -> None:
    """The one line that programs wait for."""
    typer.echo(f"READY {json.dumps({'url': url, 'pid': os.getpid()})}")
