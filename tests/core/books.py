"""The ledger's invariants (domain.md, section 4) over tables in memory or read from a database.

Independent of core: sums over rows, nothing decided. Each check names what would be broken.
"""

from collections import Counter, defaultdict
from uuid import UUID

from core.facts import Wallet
from tests.core.tables import Tables

SYSTEM = {"issuance", "redeemed", "breakage", "merge"}


def audit(tables: Tables) -> None:
    """Fail when any book is wrong."""
    _audit_accounts(tables)
    _audit_lots(tables)
    _audit_holds(tables)
    _audit_purchases(tables)
    _audit_issuances(tables)
    _audit_links(tables)


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
    """Of every member; of those who were linked together, since lifetimes went along."""
    for wallets in _families(tables):
        own, members = {w.id for w in wallets}, {w.member_id for w in wallets}
        sums: Counter[str] = Counter()
        for t in tables.transfers.values():
            if own & {t.debit, t.credit}:
                sums[f"{t.code} {t.debit if t.credit in own else t.credit}"] += t.amount
        earned = sums["earn issuance"] + sums["bonus issuance"] - sums["reverse issuance"]
        spent = sums["redeem redeemed"] - sums["refund redeemed"]
        assert sum(w.lifetime_earned for w in wallets) == earned, "lifetimes"
        assert sum(w.lifetime_spent for w in wallets) == spent, "lifetimes"
        mine = [p for p in tables.purchases.values() if p.member_id in members]
        assert sum(w.visits for w in wallets) == len([p for p in mine if not p.reversed]), "visits"


def _families(tables: Tables) -> list[list[Wallet]]:
    """The wallets of members who ever were one."""
    family = {member: {member} for member in tables.members}
    for link in tables.links.values():
        if link.other_id:
            both = family[link.member_id] | family[link.other_id]
            family |= dict.fromkeys(both, both)
    wallets = {wallet.member_id: wallet for wallet in tables.wallets.values()}
    groups = {frozenset(members) for members in family.values()}
    return [[wallets[member] for member in group if member in wallets] for group in groups]


def _audit_links(tables: Tables) -> None:
    kept: Counter[UUID] = Counter()
    for t in tables.transfers.values():
        assert (t.code == "merge") == (t.linked_id is not None), "a merge belongs to a link"
        if t.linked_id:
            assert t.linked_id in tables.links
            kept[t.linked_id] += t.amount if t.credit == "merge" else -t.amount
    assert not any(kept.values()), "what one member gave the other did not take"
    for wallet in tables.wallets.values():
        member = tables.members[wallet.member_id]
        assert (member.status == "merged") == (member.merged_into is not None)
        if member.status == "merged":
            left = (wallet.posted, wallet.held, wallet.lifetime_earned, wallet.visits)
            assert left == (0, 0, 0, 0), "a merged member has something"
            assert member.id not in tables.addresses.values(), "a merged member is reached"
            ours = [i for i in tables.issuances.values() if i.member_id == member.id]
            assert not ours, "a merged member has rewards"


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
