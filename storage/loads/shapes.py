"""The facts of core as JSON of their columns, and the small queries that several loads share.

`shape_of` takes a fact's fields that are columns, so a fact and its columns cannot drift apart
silently: a required field without a column fails at the first read.
"""

from dataclasses import fields
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import aggregate_order_by

from core.facts import (
    Counter,
    Issuance,
    Lot,
    Member,
    Scope,
    TillCode,
    Wallet,
)
from core.purchases import Purchase
from storage.statements import shape
from storage.tables import (
    account,
    counter,
    issuance,
    lot,
    member,
    purchase,
    till_code,
    transfer,
)

NOW: Final = bindparam("now", type_=DateTime(timezone=True))
LIMIT: Final = bindparam("limit", type_=Integer)


def shape_of(fact: type, table: FromClause, **also: Any) -> ColumnElement[Any]:
    """A JSON object with the fact's fields that are columns of the table, and `also`."""
    names = [field.name for field in fields(fact) if field.name in table.c]
    return shape(**{name: table.c[name] for name in names if name not in also}, **also)


def listed(item: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    """The objects of all rows as one JSON array, in order; [] when there are none."""
    return func.coalesce(func.json_agg(aggregate_order_by(item, *order)), sql("'[]'::json"))


def keyed(key: ColumnElement[Any], item: ColumnElement[Any]) -> ColumnElement[Any]:
    """All rows as one JSON object; {} when there are none."""
    return func.coalesce(func.json_object_agg(key, item), sql("'{}'::json"))


def sub(query: Select[Any], *outer: FromClause) -> ColumnElement[Any]:
    """A query for one value within another over the tables `outer`; null when it finds nothing."""
    return query.correlate(*outer).scalar_subquery()


def _sealed_code() -> ColumnElement[Any]:
    return func.encode(till_code.c.code_enc, sql("'hex'"))


WALLET: Final = shape_of(Wallet, account)
MEMBER: Final = shape_of(Member, member)
LOT: Final = shape_of(Lot, lot)
_POST: Final = transfer.alias("post")
SPENT_BY: Final = func.coalesce(
    issuance.c.transfer_id,
    sub(select(_POST.c.id).where(_POST.c.hold_id == issuance.c.hold_id), issuance),
)
"""The transfer that spent an issuance's points; null as long as none did."""
CODE: Final = shape_of(TillCode, till_code, code=_sealed_code())
PURCHASE: Final = shape_of(
    Purchase, purchase, member_name=member.c.name, reversed=purchase.c.reversed_at.is_not(None)
)
_LIVE_CODE: Final = sub(
    select(_sealed_code())
    .where(
        till_code.c.issuance_id == issuance.c.id,
        till_code.c.used_at.is_(None),
        till_code.c.expires_at > NOW,
    )
    .order_by(till_code.c.id.desc())
    .limit(1),
    issuance,
)
ISSUANCE: Final = shape_of(Issuance, issuance, member_name=member.c.name, code=_LIVE_CODE)


def unspent(account_id: ColumnElement[Any], *outer: FromClause) -> ColumnElement[Any]:
    """All lots of an account with points left, expired ones too: core decides what is live."""
    return sub(
        select(listed(LOT, lot.c.expires_at.asc().nulls_last(), lot.c.id)).where(
            lot.c.account_id == account_id, lot.c.remaining > 0
        ),
        *outer,
    )


def tries(scope: Scope, subject: str) -> ColumnElement[Any]:
    """The counter of the subject that is this parameter; null while it has no row."""
    return tries_of(scope, bindparam(subject))


def tries_of(scope: Scope, subject: ColumnElement[Any]) -> ColumnElement[Any]:
    """The counter of a subject that the same query finds; null while it has no row."""
    return sub(
        select(shape_of(Counter, counter)).where(
            counter.c.scope == scope, counter.c.subject == cast(subject, Text)
        )
    )
