"""Rows of one shop for tests of what is read: written by a superuser, past every door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from storage.crypto import CODE_PLACE, Vault, code_hash, place
from tests.shops import Shop, ids, put

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Rows:
    """Puts rows into one shop's tables, with defaults where a test does not care."""

    connection: psycopg.Connection
    vault: Vault
    shop: Shop

    def put(self, table: str, given: Mapping[str, Any] = NOTHING, **columns: Any) -> UUID:
        """One row; `given` goes before the defaults in `columns`. Answers its id."""
        row = {"tenant_id": self.shop.id, "id": ids.uuid7()} | columns | dict(given)
        put(self.connection, table, **row)
        made: UUID = row["id"]
        return made

    def keyed(self, table: str, **columns: Any) -> None:
        """One row of a table whose key is no id."""
        put(self.connection, table, tenant_id=self.shop.id, **columns)

    def member(self, phone: str, name: str = "Tino") -> tuple[UUID, UUID]:
        """Another member; answers the ids of member and account."""
        member, at = self.put("member", name=name, language="en", joined_at=NOW - DAY), NOW - DAY
        self.keyed("member_address", kind="msisdn", value=phone, member_id=member, at=at)
        return member, self.put("account", member_id=member)

    def transfer(
        self, points: int, code: str = "earn", account: UUID | None = None, **given: Any
    ) -> UUID:
        """Points into (or, negative, out of) an account, with both entries."""
        account = account or self.shop.account
        earned = points > 0
        debit, credit = ("issuance", str(account)) if earned else (str(account), "redeemed")
        transfer = self.put(
            "transfer",
            given,
            code=code,
            debit=debit,
            credit=credit,
            amount=abs(points),
            balance_after=0,
            account_version=2,
            ref=ids.ref(),
            at=NOW,
        )
        own: Mapping[str, Any] = {"account_id": account, "balance_after": 0, "account_version": 2}
        system: Mapping[str, Any] = {"system": "issuance" if earned else "redeemed"}
        sides = {"credit": own, "debit": system} if earned else {"credit": system, "debit": own}
        for side, columns in sides.items():
            amount = abs(points) if side == "credit" else -abs(points)
            self.keyed("entry", transfer_id=transfer, side=side, amount=amount, at=NOW, **columns)
        return transfer

    def lot(self, points: int, expires_at: datetime | None = None, **given: Any) -> UUID:
        """A lot of the member's account with all its points left, and the transfer it came by."""
        account = given.get("account_id", self.shop.account)
        return self.put(
            "lot",
            given,
            account_id=account,
            transfer_id=given.get("transfer_id") or self.transfer(points, account=account),
            amount=points,
            remaining=points,
            created_at=NOW - DAY,
            expires_at=expires_at,
        )

    def hold(self, points: int, state: str = "open", **given: Any) -> UUID:
        """A hold on the member's account."""
        return self.put(
            "hold",
            given,
            account_id=self.shop.account,
            amount=points,
            state=state,
            expires_at=NOW + DAY,
            at=NOW,
        )

    def issuance(self, state: str = "reserved", **given: Any) -> UUID:
        """A free coffee of the member."""
        return self.put(
            "issuance",
            given,
            ref=ids.ref(),
            member_id=self.shop.member,
            reward_id=self.shop.coffee,
            reward_name="Free Coffee",
            points=100,
            state=state,
            stocked=False,
            reserved_at=NOW,
            expires_at=NOW + 7 * DAY,
        )

    def code(self, digits: str, issuance: UUID | None = None, **given: Any) -> UUID:
        """A till code as commit writes it."""
        return self.put(
            "till_code",
            given,
            kind="issuance" if issuance else "member",
            issuance_id=issuance,
            member_id=self.shop.member,
            code_hash=code_hash(self.vault, self.shop.id, digits),
            code_enc=self.vault.seal(place(self.shop.id, CODE_PLACE), digits.encode()),
            at=NOW,
            expires_at=NOW + DAY,
        )

    def purchase(self, amount_minor: int = 50_000, **given: Any) -> UUID:
        """A purchase of the member, awarded by the shop's staff."""
        return self.put(
            "purchase",
            given,
            member_id=self.shop.member,
            staff_id=self.shop.staff,
            currency="USD",
            amount_minor=amount_minor,
            points=500,
            source="staff",
            ref=ids.ref(),
            at=NOW,
        )
