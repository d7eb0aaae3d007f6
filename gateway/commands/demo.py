"""`maita demo`: the demo shops and everything needed to play all parts in them."""

import asyncio
import json
from typing import Annotated, Any

import typer

from gateway.commands import opening
from gateway.commands.failing import Wrong

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def demo(as_json: Json = False) -> None:
    """Load three demo shops, once, and print how to reach them (dev only)."""
    from gateway.demo.describing import describe, tell
    from gateway.demo.loading import load
    from gateway.runtime import open_runtime

    found = opening.settings()
    if not found.dev:
        raise Wrong("Demo shops have well-known PINs: they are for MAITA_ENV=dev only.")

    async def loaded() -> dict[str, Any]:
        async with open_runtime(ready) as rt:
            await load(rt)
            return await describe(rt)

    with opening.database(found) as ready:
        document = asyncio.run(loaded())
    typer.echo(json.dumps(document) if as_json else tell(document))
