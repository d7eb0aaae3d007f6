"""What typing a link code needs, and what undoing a link does."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import distinct_on

from core.facts import (
    Counter,
    Lot,
    Member,
    Scope,
    TillCode,
    Wallet,
)
from core.links import Link, Linked, Linking
from core.ports import Counted
from core.values import Address
from storage.crypto import tries_hash
from storage.loads.members import CUSTOMER, WHO, customer_of
from storage.loads.reader import Reader, counted, maybe, read
from storage.loads.shapes import (
    CODE,
    LOT,
    SPENT_BY,
    WALLET,
    listed,
    shape_of,
    sub,
    tries,
    tries_of,
    unspent,
)
from storage.statements import frozen, shape
from storage.tables import (
    account,
    consent,
    issuance,
    lot,
    member,
    member_address,
    member_link,
    purchase,
    till_code,
    transfer,
)

_OWN: Final = bindparam("own_id", type_=Uuid)
"""The member who types, null for nobody."""
_ADDRESS: Final = shape(kind=member_address.c.kind, value=member_address.c.value)
_WAITING: Final = (
    select(issuance.c.id).where(issuance.c.member_id == _OWN, issuance.c.state == "reserved")
).exists()


def _last_words(member_id: ColumnElement[Any], name: str) -> FromClause:
    """What a member said last about each purpose."""
    return (
        select(consent.c.purpose, consent.c.granted)
        .ext(distinct_on(consent.c.purpose))
        .where(consent.c.member_id == member_id)
        .order_by(consent.c.purpose, consent.c.at.desc(), consent.c.id.desc())
        .subquery(name)
    )


def _withdrawn(shown_id: ColumnElement[Any]) -> ColumnElement[Any]:
    own, shown = _last_words(_OWN, "own"), _last_words(shown_id, "shown")
    only = and_(own.c.granted.is_(False), or_(shown.c.granted.is_(None), shown.c.granted))
    return sub(
        select(func.coalesce(func.json_agg(own.c.purpose), sql("'[]'::json")))
        .select_from(own.outerjoin(shown, shown.c.purpose == own.c.purpose))
        .where(only)
    )


def _linking(*which: ColumnElement[bool]) -> Select[Any]:
    code = and_(till_code.c.kind == "link", *which)
    shown_id = sub(select(till_code.c.member_id).where(code))
    return select(
        sub(select(CODE).where(code)).label("code"),
        sub(select(shape(**CUSTOMER)).select_from(WHO).where(member.c.id == shown_id)).label(
            "shown"
        ),
        tries_of("pin", shown_id).label("pin"),
        tries_of("use_here", shown_id).label("use_here"),
        tries("pin", "own").label("own_pin"),
        tries("use_here", "own").label("own_use_here"),
        sub(select(WALLET).where(account.c.member_id == _OWN)).label("wallet"),
        unspent(sub(select(account.c.id).where(account.c.member_id == _OWN))).label("lots"),
        sub(
            select(listed(_ADDRESS, member_address.c.at, member_address.c.value)).where(
                member_address.c.member_id == _OWN
            )
        ).label("addresses"),
        _WAITING.label("waiting"),
        _withdrawn(shown_id).label("withdrawn"),
        tries("link", "subject").label("tries"),
    )


_BY_CODE: Final = frozen(
    _linking(till_code.c.code_hash == bindparam("code_hash", type_=LargeBinary))
)
_BY_ID: Final = frozen(_linking(till_code.c.id == bindparam("code_id", type_=Uuid)))

_OTHER: Final = member.alias("other")
_OTHER_ACCOUNT: Final = account.alias("other_account")
_CAME: Final = and_(transfer.c.id == lot.c.transfer_id, transfer.c.linked_id == member_link.c.id)
_MOVED: Final = (
    select(listed(LOT, lot.c.expires_at.asc().nulls_last(), lot.c.id))
    .join_from(lot, transfer, _CAME)
    .where(lot.c.account_id == account.c.id)
)
_OTHERS: Final = (
    select(listed(LOT, lot.c.expires_at.asc().nulls_last(), lot.c.id))
    .join_from(lot, transfer, _CAME, isouter=True)
    .where(lot.c.account_id == account.c.id, lot.c.remaining > 0, transfer.c.id.is_(None))
)
_STILL: Final = select(listed(_ADDRESS, member_address.c.value)).where(
    member_address.c.member_id == member.c.id,
    member_link.c.addresses.op("@>")(
        func.jsonb_build_array(cast(_ADDRESS, member_link.c.addresses.type))
    ),
)
_FAMILY: Final[ColumnElement[Any]] = literal_column(
    """array(with recursive family (id) as (
        select other.id
        union
        select m.id from member m join family f on m.merged_into = f.id)
    select id from family)"""
)
"""The other and whoever was merged into them, however often."""
_PAYER: Final = account.alias("payer")
_ACCOUNTS: Final = sub(
    select(func.coalesce(func.json_agg(_PAYER.c.id), sql("'[]'::json"))).where(
        _PAYER.c.member_id == any_(_FAMILY)
    )
)
_THEIRS: Final = select(cast(_PAYER.c.id, Text)).where(_PAYER.c.member_id == any_(_FAMILY))
"""The accounts of these, as transfers name them."""
_REVERSE: Final = transfer.alias("reverse")
_SINCE: Final = tuple_(_REVERSE.c.at, _REVERSE.c.id) > tuple_(member_link.c.at, member_link.c.id)
"""Times are the database's, ids of each process's own clock: they only tell apart what has one
time."""
_REVERSED: Final = (
    select(
        shape(
            points=func.coalesce(func.sum(purchase.c.points), 0), visits=func.count(purchase.c.id)
        )
    )
    .join_from(purchase, transfer, transfer.c.id == purchase.c.transfer_id)
    .join(_REVERSE, _REVERSE.c.reverses == transfer.c.id)
    .where(
        purchase.c.member_id == member.c.id,
        _SINCE,
        transfer.c.credit.in_(_THEIRS),
    )
)
_REFUNDED: Final = (
    select(listed(LOT, lot.c.expires_at.asc().nulls_last(), lot.c.id))
    .join_from(issuance, transfer, transfer.c.id == SPENT_BY)
    .join(_REVERSE, _REVERSE.c.reverses == transfer.c.id)
    .join(lot, lot.c.transfer_id == _REVERSE.c.id)
    .where(
        issuance.c.member_id == member.c.id,
        issuance.c.state == "expired",
        _SINCE,
        transfer.c.debit.in_(_THEIRS),
    )
)
"""A reward of theirs goes back with the link, wherever its points were given back since."""
_LINKED: Final = frozen(
    select(
        shape_of(Link, member_link).label("link"),
        shape(**CUSTOMER).label("customer"),
        shape_of(Member, _OTHER).label("other"),
        shape_of(Wallet, _OTHER_ACCOUNT).label("other_wallet"),
        sub(_MOVED, member_link, account).label("moved"),
        sub(_OTHERS, member_link, account).label("others"),
        sub(_STILL, member_link, member).label("addresses"),
        _ACCOUNTS.label("accounts"),
        sub(_REFUNDED, member_link, member).label("refunded"),
        sub(_REVERSED, member_link, member).label("reversed"),
    )
    .select_from(
        member_link.join(member, member.c.id == member_link.c.member_id)
        .join(account, account.c.member_id == member.c.id)
        .outerjoin(_OTHER, _OTHER.c.id == member_link.c.other_id)
        .outerjoin(_OTHER_ACCOUNT, _OTHER_ACCOUNT.c.member_id == _OTHER.c.id)
    )
    .where(
        member_link.c.member_id == bindparam("member_id", type_=Uuid),
        member_link.c.undone_at.is_(None),
    )
    .order_by(member_link.c.at.desc(), member_link.c.id.desc())
    .limit(1)
)


class LinkLoads:
    """The part of core.ports.Loads about links."""

    _reader: Reader

    async def linking(self, code: str) -> Counted[Linking]:
        """By the digits of a link code, used or expired too, with the wrong ones of who types."""
        reader, own = self._reader, self._reader.caller.member
        if own:
            subject = str(own.id)
        else:
            subject = tries_hash(reader.vault, reader.tenant, reader.caller.address).hex()
        params = {**self._own(), "code_hash": reader.code_hash(code), "subject": subject}
        row = await reader.answer(_BY_CODE, **params)
        return Counted(found=self._linking(row), tries=counted(row["tries"], "link", subject))

    async def linking_by_id(self, code_id: UUID) -> Linking | None:
        """By the id of a link code that was looked up before."""
        row = await self._reader.answer(_BY_ID, **self._own(), code_id=code_id, subject="")
        return self._linking(row)

    async def linked(self, member_id: UUID) -> Linked | None:
        """A member's newest link that is not undone, with all that undoing it needs."""
        row = await self._reader.row(_LINKED, member_id=member_id)
        if row is None:
            return None
        link, customer = read(row["link"], Link), customer_of(self._reader, row["customer"])
        assert customer is not None, "a link is a member's"
        other = {"member": row["other"], "wallet": row["other_wallet"]}
        return Linked(
            link=link,
            customer=customer,
            other=customer_of(self._reader, other) if link.other_id else None,
            moved=read(row["moved"], tuple[Lot, ...]),
            others=read(row["others"], tuple[Lot, ...]),
            addresses=read(row["addresses"], tuple[Address, ...]),
            accounts=read(row["accounts"], tuple[UUID, ...]),
            refunded=read(row["refunded"], tuple[Lot, ...]),
            reversed_points=row["reversed"]["points"],
            reversed_visits=row["reversed"]["visits"],
        )

    def _own(self) -> dict[str, Any]:
        caller = self._reader.caller
        return {
            "own_id": caller.member.id if caller.member else None,
            "own": str(caller.member.id) if caller.member else "",
        }

    def _linking(self, row: dict[str, Any]) -> Linking | None:
        reader, own = self._reader, str(self._own()["own"])
        shown = customer_of(reader, row["shown"])
        if shown is None:
            return None

        def tried(name: str, scope: Scope, subject: str) -> Counter:
            return counted(row[name], scope, subject)

        theirs = str(shown.member.id)
        return Linking(
            code=read(reader.opened(row["code"]), TillCode),
            shown=shown,
            pin=tried("pin", "pin", theirs),
            use_here=tried("use_here", "use_here", theirs),
            own_pin=tried("own_pin", "pin", own),
            own_use_here=tried("own_use_here", "use_here", own),
            wallet=maybe(row["wallet"], Wallet),
            lots=read(row["lots"], tuple[Lot, ...]),
            addresses=read(row["addresses"], tuple[Address, ...]),
            waiting=row["waiting"],
            withdrawn=read(row["withdrawn"], tuple[str, ...]),
        )
