"""One tenant's rows as the auditor of tests/core knows them, read by a superuser in one question.

Past every read path of the product, so that a fault of those cannot hide one of the books.
"""

from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from core.changes import TransferAdded
from core.facts import Counter, Hold, Issuance, Lot, Member, Notice, TillCode, Wallet
from core.links import Link
from core.purchases import Purchase
from core.values import Address
from tests.core.tables import Tables, Use

_PARTS: Final[dict[str, LiteralString]] = {
    "members": "select * from member where tenant_id = %(t)s",
    "addresses": "select kind, value, member_id from member_address where tenant_id = %(t)s",
    "wallets": "select * from account where tenant_id = %(t)s",
    "transfers": "select * from transfer where tenant_id = %(t)s order by id",
    "lots": "select * from lot where tenant_id = %(t)s order by id",
    "uses": "select * from lot_use where tenant_id = %(t)s order by id",
    "holds": "select * from hold where tenant_id = %(t)s order by id",
    "purchases": "select p.*, m.name as member_name, reversed_at is not null as reversed"
    " from purchase p join member m on m.tenant_id = p.tenant_id and m.id = p.member_id"
    " where p.tenant_id = %(t)s order by p.id",
    "issuances": "select * from issuance where tenant_id = %(t)s order by id",
    "codes": "select *, encode(code_hash, 'hex') as code from till_code where tenant_id = %(t)s",
    "stock": "select reward_id, available from stock where tenant_id = %(t)s",
    "counters": "select *, true as stored from counter where tenant_id = %(t)s",
    "links": "select * from member_link where tenant_id = %(t)s order by id",
    "notices": "select * from notice where tenant_id = %(t)s order by id",
}
_WHOLE: Final = sql.SQL("select {}").format(
    sql.SQL(", ").join(
        sql.SQL("(select coalesce(json_agg(r), '[]') from ({}) r)").format(sql.SQL(part))
        for part in _PARTS.values()
    )
)


def read_tables(connection: psycopg.Connection, tenant: UUID) -> Tables:
    """The tenant's books at one moment. A till code's digits are shown as its hash."""
    row = connection.execute(_WHOLE, {"t": tenant}).fetchone()
    assert row is not None
    rows: dict[str, list[dict[str, Any]]] = dict(zip(_PARTS, row, strict=True))
    return Tables(
        members=_by_id(rows["members"], Member),
        addresses={Address(r["kind"], r["value"]): UUID(r["member_id"]) for r in rows["addresses"]},
        wallets=_by_id(rows["wallets"], Wallet),
        transfers={t.id: t for t in map(_transfer, rows["transfers"])},
        lots=_by_id(rows["lots"], Lot),
        uses=_by_id(rows["uses"], Use),
        holds=_by_id(rows["holds"], Hold),
        purchases=_by_id(rows["purchases"], Purchase),
        lot_of={UUID(r["transfer_id"]): UUID(r["id"]) for r in rows["lots"]},
        issuances=_by_id(rows["issuances"], Issuance),
        codes=_by_id(rows["codes"], TillCode),
        stock={UUID(r["reward_id"]): r["available"] for r in rows["stock"]},
        counters={(r["scope"], r["subject"]): _of(Counter, r) for r in rows["counters"]},
        notices=_by_id(rows["notices"], Notice),
        links=_by_id(rows["links"], Link),
        undone={UUID(r["id"]): r["undone_points"] for r in rows["links"] if r["undone_at"]},
    )


def _by_id(rows: list[dict[str, Any]], kind: type[Any]) -> dict[UUID, Any]:
    return {UUID(row["id"]): _of(kind, row) for row in rows}


def _of(kind: type[Any], row: dict[str, Any]) -> Any:
    return msgspec.convert(row, kind)


def _transfer(row: dict[str, Any]) -> TransferAdded:
    return TransferAdded(
        id=UUID(row["id"]),
        code=row["code"],
        debit=_side(row["debit"]),
        credit=_side(row["credit"]),
        amount=row["amount"],
        balance_after=row["balance_after"],
        account_version=row["account_version"],
        ref=row["ref"],
        at=datetime.fromisoformat(row["at"]),
        hold_id=_id(row["hold_id"]),
        reverses=_id(row["reverses"]),
        detail=row["detail"],
        linked_id=_id(row["linked_id"]),
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _side(text: str) -> Any:
    """A member's account, or a system account by its name."""
    return UUID(text) if "-" in text else text
