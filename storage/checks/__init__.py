"""Promises as SQL: each a sentence and one query that names what breaks it.

The files beside this one hold them: a head shared by all queries of the file, then blocks of
`-- id: sentence` and the query. Called by storage.catalogue and storage.verify.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence that must hold; `sql` selects the names of what breaks it."""

    id: str
    sentence: str
    sql: str


_BLOCK: Final = re.compile(r"^-- (?P<id>[a-z_]+): (?P<sentence>.+)\n", re.MULTILINE)


def rules(name: str) -> tuple[Rule, ...]:
    """The rules of the file `name`.sql, in its order."""
    text = (Path(__file__).parent / f"{name}.sql").read_text()
    head, *blocks = _BLOCK.split(text)
    return tuple(
        Rule(id, sentence, head + sql.strip())
        for id, sentence, sql in zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True)
    )
