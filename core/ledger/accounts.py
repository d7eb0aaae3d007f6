"""A member's account while one decision works on it. Called by every decision that moves points.

It gathers what one unit of work does to the account, so that running balances are right and the
account is moved once, however much happens to it (changes.AccountMoved).
"""

from dataclasses import dataclass, field
from uuid import UUID

from core.changes import AccountMoved, Change, SystemAccount, TransferAdded, TransferCode
from core.facts import Programme, Wallet
from core.ports import Stamp


@dataclass(slots=True)
class Account:
    """The wallet as loaded, the differences decided so far, and the rows that go with them."""

    wallet: Wallet
    programme: Programme
    stamp: Stamp
    rows: list[Change] = field(default_factory=list)
    posted: int = 0
    held: int = 0
    lifetime_earned: int = 0
    lifetime_spent: int = 0
    visits: int = 0

    @property
    def available(self) -> int:
        """Points that can be spent after what was decided so far."""
        return self.wallet.available + self.posted - self.held

    def credit(
        self,
        code: TransferCode,
        amount: int,
        *,
        source: SystemAccount,
        detail: str = "",
        reverses: UUID | None = None,
        linked_id: UUID | None = None,
    ) -> UUID:
        """Points come in from a system account; answers the transfer's id."""
        self.posted += amount
        return self._transfer(
            *(code, amount, source, self.wallet.id),
            detail=detail,
            reverses=reverses,
            linked_id=linked_id,
        )

    def debit(
        self,
        code: TransferCode,
        amount: int,
        *,
        to: SystemAccount,
        detail: str = "",
        hold_id: UUID | None = None,
        reverses: UUID | None = None,
        linked_id: UUID | None = None,
    ) -> UUID:
        """Points go out to a system account; answers the transfer's id."""
        self.posted -= amount
        return self._transfer(
            *(code, amount, self.wallet.id, to),
            detail=detail,
            hold_id=hold_id,
            reverses=reverses,
            linked_id=linked_id,
        )

    def changes(self) -> tuple[Change, ...]:
        """All rows, and the account's one move to its next version."""
        assert self.available >= 0, "a decision must not spend what is not there"
        moved = AccountMoved(
            id=self.wallet.id,
            version=self.wallet.version,
            posted=self.posted,
            held=self.held,
            lifetime_earned=self.lifetime_earned,
            lifetime_spent=self.lifetime_spent,
            visits=self.visits,
        )
        return (*self.rows, moved)

    def _transfer(
        self,
        code: TransferCode,
        amount: int,
        debit: UUID | SystemAccount,
        credit: UUID | SystemAccount,
        *,
        detail: str,
        reverses: UUID | None,
        linked_id: UUID | None,
        hold_id: UUID | None = None,
    ) -> UUID:
        assert amount > 0, "a transfer moves something"
        transfer = TransferAdded(
            id=self.stamp.new_id(),
            code=code,
            debit=debit,
            credit=credit,
            amount=amount,
            balance_after=self.wallet.posted + self.posted,
            account_version=self.wallet.version + 1,
            ref=self.stamp.ref,
            at=self.stamp.now,
            hold_id=hold_id,
            reverses=reverses,
            detail=detail,
            linked_id=linked_id,
        )
        self.rows.append(transfer)
        return transfer.id
