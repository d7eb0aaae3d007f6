"""`maita migrate` and `maita verify`: the database's shape and its truth."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands import opening
from gateway.commands.failing import BROKEN, Wrong
from gateway.settings import Settings

if TYPE_CHECKING:
    from storage.database import Database
    from storage.verify import Report

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def migrate() -> None:
    """Bring the database to this version's revision, as its owner."""
    from storage.readiness import HEAD

    found = opening.settings()
    if found.database_url is None:
        with opening.database(found):
            typer.echo(f"The private database is at revision {HEAD}.")
        return
    if found.database_owner_url is None:
        raise Wrong("MAITA_DATABASE_OWNER_URL is not set: migrations run as the database's owner.")
    opening.migrate(found)
    typer.echo(f"The database is at revision {HEAD}.")


def verify(as_json: Json = False) -> None:
    """Check every promise in plain SQL; exit 1 when one is broken."""
    with opening.database(opening.settings()) as ready:
        report = _report(ready)
    if as_json:
        typer.echo(json.dumps(report))
    else:
        for check in report["checks"]:
            state = "ok" if check["ok"] else "BROKEN"
            typer.echo(f"{state:7} {check['id']:24} {check['detail']}")
        typer.echo(f"ledger digest {report['ledger_digest']}")
    if not report["ok"]:
        raise typer.Exit(BROKEN)


def _report(ready: Settings) -> "Report":
    """What the role that reads the schema `verify` finds; the owner may take that role."""
    from storage.verify import run_checks

    async def checked(db: "Database") -> "Report":
        if ready.database_verify_url is None:
            await db.run("set role maita_reports")
        return await run_checks(db)

    url = ready.database_verify_url or ready.database_owner_url
    if url is None:
        raise Wrong("MAITA_DATABASE_VERIFY_URL is not set: checks run as a role of their own.")
    return opening.with_database(url, checked)
