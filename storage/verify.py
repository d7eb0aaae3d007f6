"""`maita verify`: are the promises kept? Plain SQL over the schema `verify`, blind to the
application's own read paths. Called by the command line, as the role that reads that schema only.
"""

from typing import Final, TypedDict

from storage.catalogue import RLS_RULES, ROLE_RULES, faults
from storage.checks import Rule, rules
from storage.database import Database

PROMISES: Final = rules("promises")
_NAMED_MAX: Final = 5
_DIGEST: Final = """
select encode(sha256(convert_to(coalesce(string_agg(
           md5(e::text), '' order by tenant_id, transfer_id, side), ''), 'utf8')), 'hex')
  from verify.entries e
"""


class Check(TypedDict):
    """One promise. `detail`: its sentence when it is kept, else what breaks it."""

    id: str
    ok: bool
    detail: str


class Report(TypedDict):
    """All promises, and a digest of every entry ever written (docs/contract.md)."""

    ok: bool
    checks: list[Check]
    ledger_digest: str


async def run_checks(db: Database) -> Report:
    """Check everything. Raises Unavailable."""
    # Whole tables are read here, unlike everywhere else (storage.database).
    await db.call("select set_config('enable_seqscan', 'on', false)")
    checks = []
    for rule in PROMISES:
        rows = await db.run(rule.sql)
        checks.append(_check(rule.id, rule.sentence, [str(row["name"]) for row in rows]))
    checks += [await _group(db, "rls_ok", "tenants cannot see one another", RLS_RULES)]
    checks += [await _group(db, "role_ok", "the application can do what it must only", ROLE_RULES)]
    return Report(
        ok=all(check["ok"] for check in checks),
        checks=checks,
        ledger_digest=await db.call(_DIGEST),
    )


async def _group(db: Database, id: str, sentence: str, group: tuple[Rule, ...]) -> Check:
    found = await faults(db, group)
    return _check(id, sentence, [f"{fault.rule}: {fault.name}" for fault in found])


def _check(id: str, sentence: str, broken: list[str]) -> Check:
    if not broken:
        return Check(id=id, ok=True, detail=sentence)
    named = ", ".join(broken[:_NAMED_MAX])
    return Check(id=id, ok=False, detail=f"{len(broken)} broken: {named}")
