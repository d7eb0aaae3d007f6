"""`maita draw`: dialogs as Mermaid diagrams, from the very tables that the engine runs."""

from typing import Annotated

import typer

from gateway.commands.failing import Wrong

Name = Annotated[str | None, typer.Argument(help="A dialog; all of them when left out.")]


def draw(dialog: Name = None) -> None:
    """Print a dialog's states and transitions as Mermaid."""
    from dialogs.diagram import mermaid
    from dialogs.registry import discover

    dialogs = discover()
    if dialog is not None and dialog not in dialogs:
        raise Wrong(f"There is no dialog {dialog!r}: choose from {', '.join(sorted(dialogs))}.")
    for name in [dialog] if dialog else sorted(dialogs):
        if dialog is None:
            typer.echo(f"%% {name}")
        typer.echo(mermaid(dialogs[name]), nl=False)
