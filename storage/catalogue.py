"""The linter over PostgreSQL's own catalogue: what docs/security.md 1–7 asks of every table,
partition, view, function and role. Called by tests, by `maita verify` and before serving.

A table added without a policy, a view that runs as its owner, a key that another tenant can feel,
a privilege too many: all are found, whoever asks, since the catalogue is open to every role.
"""

from dataclasses import dataclass
from typing import Final

from storage.checks import Rule, rules
from storage.database import Database

RLS_RULES: Final = rules("rls")
ROLE_RULES: Final = rules("roles")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the database that breaks a rule."""

    rule: str
    name: str


async def faults(
    db: Database, rules: tuple[Rule, ...] = RLS_RULES + ROLE_RULES, app_role: str | None = None
) -> list[Fault]:
    """Everything that breaks these rules, for one role or for all that were granted something."""
    return [
        Fault(rule.id, str(next(iter(row.values()))))
        for rule in rules
        for row in await db.run(rule.sql, {"app": app_role})
    ]


async def own_faults(db: Database) -> list[Fault]:
    """What is wrong with the role that we are connected as; serving is refused unless nothing."""
    return await faults(db, ROLE_RULES, await db.call("select current_user::text"))
