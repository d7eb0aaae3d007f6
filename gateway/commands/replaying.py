"""`maita replay`: run again what was given up."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands import opening
from gateway.commands.failing import Wrong

if TYPE_CHECKING:
    from storage.database import Database
    from storage.jobs import DeadJob

Dead = Annotated[bool, typer.Option("--dead", help="Make the dead jobs due again.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Show them and do nothing.")]


def replay(dead: Dead = False, dry_run: Dry = False) -> None:
    """Run dead jobs again: what failed too often and was buried."""
    if not dead:
        raise Wrong("Say what to replay: `maita replay --dead`.")

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
