"""What a member asks about their points. Called through core.service."""

from core.ledger.commands import Balance, ShowBalance, ShowHistory
from core.members.callers import member_of, wallet_of
from core.ports import Decision, HistoryLine, UnitOfWork


async def show_balance(uow: UnitOfWork, command: ShowBalance) -> Decision[Balance]:
    """Answer from what begin brought."""
    caller, programme = uow.caller, uow.caller.programme
    member, wallet = member_of(caller), wallet_of(caller)
    tier = programme.tier(member.tier_id)
    above = programme.tier_after(tier)
    balance = Balance(
        available=caller.available,
        held=wallet.held,
        pending=wallet.pending,
        tier=tier.name if tier else "",
        next_tier=above.name if above else None,
        to_next=max(above.threshold - wallet.lifetime_earned, 0) if above else 0,
        next_expiry=caller.next_expiry,
    )
    return Decision(balance)


async def show_history(uow: UnitOfWork, command: ShowHistory) -> Decision[tuple[HistoryLine, ...]]:
    """The caller's last entries; at most 50 at once."""
    member, limit = member_of(uow.caller), max(1, min(command.limit, 50))
    return Decision(await uow.load.history(member.id, before=command.before, limit=limit))
