"""Customers as staff find them, a member's addresses, counters, and shops by their join code."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, Text, Uuid, bindparam, func, or_, select

from core.facts import Counter, Member, Scope, TillCode, Wallet
from core.ports import Counted, Customer, JoinTarget
from core.values import Address
from storage.crypto import tries_hash
from storage.loads.reader import Reader, counted, maybe, read
from storage.loads.shapes import CODE, MEMBER, WALLET, listed, sub, tries
from storage.statements import frozen, shape
from storage.tables import account, member, member_address, member_link, tenant, till_code

_PHONE: Final = sub(
    select(member_address.c.value)
    .where(member_address.c.member_id == member.c.id, member_address.c.kind == "msisdn")
    .order_by(member_address.c.at.desc())
    .limit(1),
    member,
)
CUSTOMER: Final = {"member": MEMBER, "wallet": WALLET, "phone": _PHONE}
WHO: Final = member.join(account, account.c.member_id == member.c.id)
_LINKED: Final = (
    select(member_link.c.id)
    .where(member_link.c.member_id == member.c.id, member_link.c.undone_at.is_(None))
    .correlate(member)
    .exists()
)
_FOUND: Final = {**CUSTOMER, "linked": _LINKED}
_CUSTOMER: Final = select(shape(**_FOUND).label("customer")).select_from(WHO)

_BY_ID: Final = frozen(_CUSTOMER.where(member.c.id == bindparam("member_id", type_=Uuid)))
_BY_ADDRESS: Final = frozen(
    _CUSTOMER.where(
        member.c.id
        == sub(
            select(member_address.c.member_id).where(
                member_address.c.kind == bindparam("kind", type_=Text),
                member_address.c.value == bindparam("value", type_=Text),
            )
        )
    )
)
_BY_CODE: Final = frozen(
    select(
        sub(
            select(shape(**_FOUND, code=CODE))
            .select_from(WHO.join(till_code, till_code.c.member_id == member.c.id))
            .where(
                till_code.c.code_hash == bindparam("code_hash", type_=LargeBinary),
                till_code.c.kind == "member",
            )
        ).label("customer"),
        tries("till", "subject").label("tries"),
    )
)
_ADDRESSES: Final = frozen(
    select(
        listed(
            shape(kind=member_address.c.kind, value=member_address.c.value),
            member_address.c.at,
            member_address.c.value,
        ).label("addresses")
    ).where(member_address.c.member_id == bindparam("member_id", type_=Uuid))
)
_COUNTERS: Final[dict[Scope, str]] = {
    scope: frozen(select(tries(scope, "subject").label("tries")))
    for scope in ("pin", "staff_pin", "use_here", "use_here_staff", "till", "join_code")
}
_TYPED: Final = bindparam("code", type_=Text)
_JOIN_CODE: Final = func.upper(func.replace(_TYPED, "-", ""))
"""A join code has no dashes; core puts them where spaces were typed, as a slug has them."""
_JOIN: Final = frozen(
    select(
        sub(
            select(shape(tenant_id=tenant.c.id, name=tenant.c.name, dial=tenant.c.dial))
            .where(tenant.c.status == "open")
            .where(or_(tenant.c.join_code == _JOIN_CODE, tenant.c.slug == _TYPED))
            .order_by((tenant.c.slug == _TYPED).desc())
            .limit(1)
        ).label("target"),
        tries("join_code", "subject").label("tries"),
    )
)


class MemberLoads:
    """The part of core.ports.Loads about people."""

    _reader: Reader

    async def customer(self, member_id: UUID) -> Customer | None:
        """A member by id, whatever their status."""
        row = await self._reader.row(_BY_ID, member_id=member_id)
        return customer_of(self._reader, row and row["customer"])

    async def customer_by_address(self, address: Address) -> Customer | None:
        """A member by one of their addresses, whatever their status."""
        row = await self._reader.row(_BY_ADDRESS, kind=address.kind, value=address.value)
        return customer_of(self._reader, row and row["customer"])

    async def customer_by_code(self, code: str, staff_id: UUID) -> Counted[Customer]:
        """A member by their own six digits, used or expired too, and the staff's wrong tries."""
        subject, hashed = str(staff_id), self._reader.code_hash(code)
        row = await self._reader.answer(_BY_CODE, code_hash=hashed, subject=subject)
        return Counted(
            found=customer_of(self._reader, row["customer"]),
            tries=counted(row["tries"], "till", subject),
        )

    async def addresses(self, member_id: UUID) -> tuple[Address, ...]:
        """Where a member is reached, the oldest first."""
        row = await self._reader.answer(_ADDRESSES, member_id=member_id)
        return read(row["addresses"], tuple[Address, ...])

    async def counter(self, scope: Scope, subject: str) -> Counter:
        """A counter as it is stored, or a fresh one at zero."""
        row = await self._reader.answer(_COUNTERS[scope], subject=subject)
        return counted(row["tries"], scope, subject)

    async def tenant_by_join_code(self, code: str) -> Counted[JoinTarget]:
        """An open shop by its slug or join code, typed in small letters, and the wrong tries of
        the caller's address, which stands there as a keyed hash."""
        reader = self._reader
        subject = tries_hash(reader.vault, reader.tenant, reader.caller.address).hex()
        row = await self._reader.answer(_JOIN, code=code, subject=subject)
        return Counted(
            found=maybe(row["target"], JoinTarget),
            tries=counted(row["tries"], "join_code", subject),
        )


def customer_of(reader: Reader, document: dict[str, Any] | None) -> Customer | None:
    """A customer from the JSON of `CUSTOMER`, with the till code that found them, if any."""
    if document is None:
        return None
    return Customer(
        member=read(document["member"], Member),
        wallet=read(document["wallet"], Wallet),
        phone=document.get("phone"),
        linked=document.get("linked", False),
        code=maybe(reader.opened(document.get("code")), TillCode),
    )
