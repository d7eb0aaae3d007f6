"""The ledger's invariants (domain.md, section 4) over tables in memory or read from a database.

Independent of core: sums over rows, nothing decided. Each check names what would be broken.
"""

from collections import Counter, defaultdict
from uuid import UUID

from tests.core.tables import Tables

SYSTEM = {"issuance", "redeemed", "breakage"}


def audit(tables: Tables) -> None:
    """Fail when any book is wrong."""
    _audit_accounts(tables)
    _audit_lots(tables)
    _audit_holds(tables)
    _audit_purchases(tables)
    _audit_issuances(tables)


def system_sums(tables: Tables) -> Counter[str]:
    """What each system account received less what it gave."""
    sums: Counter[str] = Counter()
    for transfer in tables.transfers.values():
        sums[str(transfer.credit)] += transfer.amount
        sums[str(transfer.debit)] -= transfer.amount
    return Counter({name: amount for name, amount in sums.items() if name in SYSTEM})


def _audit_accounts(tables: Tables) -> None:
    entries: dict[UUID, list[tuple[int, UUID, int, int]]] = defaultdict(list)
    for t in tables.transfers.values():
        for side, sign in ((t.debit, -1), (t.credit, 1)):
            if isinstance(side, UUID):
                row = (t.account_version, t.id, sign * t.amount, t.balance_after)
                entries[side].append(row)
    for wallet in tables.wallets.values():
        balance = 0
        for _, _, amount, balance_after in sorted(entries[wallet.id]):
            balance += amount
            assert balance == balance_after, "balance_after is not a running balance"
        assert balance == wallet.posted, "posted is not the sum of the entries"
        assert 0 <= wallet.held <= wallet.posted, "a balance is below its floor"
    liability = sum(wallet.posted for wallet in tables.wallets.values())
    assert liability == -sum(system_sums(tables).values()), "points appeared or vanished"


def _audit_lots(tables: Tables) -> None:
    in_lots: Counter[UUID] = Counter()
    for lot in tables.lots.values():
        in_lots[lot.account_id] += lot.remaining
        used = sum(u.amount - u.restored for u in tables.uses.values() if u.lot_id == lot.id)
        assert 0 <= lot.remaining == lot.amount - used, "a lot and its uses disagree"
    for wallet in tables.wallets.values():
        assert wallet.available == in_lots[wallet.id], "lots are not the available points"
    for transfer in tables.transfers.values():
        if transfer.code in ("earn", "bonus"):
            lot = tables.lots[tables.lot_of[transfer.id]]
            assert lot.amount == transfer.amount, "a lot is not what was earned"


def _audit_holds(tables: Tables) -> None:
    held: Counter[UUID] = Counter()
    for hold in tables.holds.values():
        held[hold.account_id] += hold.amount if hold.state == "open" else 0
        taken = [use for use in tables.uses.values() if use.hold_id == hold.id]
        assert sum(use.amount for use in taken) == hold.amount, "a hold took other points"
        posted = [t.amount for t in tables.transfers.values() if t.hold_id == hold.id]
        assert posted == ([hold.posted_amount] if hold.state == "posted" else []), "posted twice"
    for wallet in tables.wallets.values():
        assert wallet.held == held[wallet.id], "held is not the sum of the open holds"


def _audit_purchases(tables: Tables) -> None:
    for wallet in tables.wallets.values():
        own = [t for t in tables.transfers.values() if wallet.id in (t.debit, t.credit)]
        sums: Counter[str] = Counter()
        for t in own:
            sums[f"{t.code} {t.debit if t.credit == wallet.id else t.credit}"] += t.amount
        earned = sums["earn issuance"] + sums["bonus issuance"] - sums["reverse issuance"]
        spent = sums["redeem redeemed"] - sums["refund redeemed"]
        assert (wallet.lifetime_earned, wallet.lifetime_spent) == (earned, spent), "lifetimes"
        mine = [p for p in tables.purchases.values() if p.member_id == wallet.member_id]
        assert wallet.visits == len([p for p in mine if not p.reversed]), "visits"


def _audit_issuances(tables: Tables) -> None:
    for issuance in tables.issuances.values():
        hold = tables.holds[issuance.hold_id] if issuance.hold_id else None
        states = {
            "reserved": {"open"},
            "issued": {"posted"},
            "redeemed": {"posted"},
            "rejected": {"voided"},
            "cancelled": {"voided"},
            "expired": {"expired", "posted"},
        }[issuance.state]
        assert hold is None or hold.state in states, "an issuance and its hold disagree"
        codes = [c for c in tables.codes.values() if c.issuance_id == issuance.id]
        assert len(codes) == (issuance.issued_at is not None), "an issued one has one code"
    assert min(tables.stock.values(), default=0) >= 0, "stock is below zero"
