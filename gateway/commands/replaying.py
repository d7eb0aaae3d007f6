"""`maita replay`: play a recorded conversation again, or run again what was given up."""

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.commands import opening
from gateway.commands.failing import Wrong

if TYPE_CHECKING:
    from storage.database import Database
    from storage.jobs import DeadJob

File = Annotated[Path | None, typer.Argument(help="A transcript that `maita record` wrote.")]
Dead = Annotated[bool, typer.Option("--dead", help="Make the dead jobs due again.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Show them and do nothing.")]
DIFFERS: Final = 1
COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


def replay(file: File = None, dead: Dead = False, dry_run: Dry = False) -> None:
    """Play a recorded conversation against the dialogs as they are, or run dead jobs again."""
    if (file is None) == (not dead):
        raise Wrong("Say what to replay: `maita replay FILE` or `maita replay --dead`.")
    if file is None:
        _run_dead(dry_run=dry_run)
    else:
        _play(file)


def _play(file: Path) -> None:
    """Show what is other than recorded; exit with 1 where something is."""
    from dialogs.transcript import Stage, play
    from dialogs.written import NotWritten

    try:
        recorded = file.read_text()
        now = play(recorded, Stage()).text
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"{file} cannot be read: name a file of `maita record`.") from error
    except NotWritten as error:
        raise Wrong(f"{file} is no transcript of this version: {error}") from error
    said = sum(line.startswith(">") for line in recorded.splitlines())
    if not said:
        raise Wrong(f"{file} is no transcript: name a file of `maita record`.")
    lines = list(_difference(recorded, now, file))
    for line in lines:
        typer.secho(line, fg=COLOURS.get(line[:1]), bold=line[:3] in ("---", "+++"))
    if lines:
        raise typer.Exit(DIFFERS)
    typer.echo(f"{file}: {said} turn{'s' if said > 1 else ''}, all as recorded.")


def _difference(recorded: str, now: str, file: Path) -> Iterator[str]:
    names = f"{file} as recorded", "the dialogs as they are"
    return unified_diff(recorded.splitlines(), now.splitlines(), *names, lineterm="")


def _run_dead(*, dry_run: bool) -> None:
    from storage.jobs import Jobs

    async def again(db: "Database") -> tuple[list["DeadJob"], int]:
        jobs = Jobs(db)
        return await jobs.dead(), 0 if dry_run else await jobs.replay_dead()

    with opening.database(opening.settings()) as ready:
        assert ready.database_url is not None, "opened"
        found, replayed = opening.with_database(ready.database_url, again)
    for job in found:
        typer.echo(f"{job.id}  {job.kind:8} {job.attempts} attempts  {job.error or ''}")
    typer.echo(f"{len(found)} dead jobs; {replayed} are due again.")
