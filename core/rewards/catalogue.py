"""What points buy, as one person sees it; and which reward they may have. Through core.service."""

from core.errors import RewardInactive, RewardUnknown, TierTooLow
from core.facts import Caller, Programme, Reward, Tier
from core.ports import Decision, UnitOfWork
from core.rewards.commands import ListRewards, Offer


async def list_rewards(uow: UnitOfWork, command: ListRewards) -> Decision[tuple[Offer, ...]]:
    """All active rewards: within reach first, then by points, then by name."""
    active = [reward for reward in uow.caller.programme.rewards if reward.active]
    stocked = any(reward.stocked for reward in active)
    stocks = await uow.load.stocks() if stocked else {}
    available = _available(uow)
    offers = [_offer(uow.caller, available, one, stocks.get(one.id, 0)) for one in active]
    return Decision(tuple(sorted(offers, key=_order)))


def offered(caller: Caller, reward: Reward | None) -> Reward:
    """The reward, when the caller may redeem it.

    Raises RewardUnknown, RewardInactive, TierTooLow.
    """
    if reward is None:
        raise RewardUnknown
    if not reward.active:
        raise RewardInactive
    needed = _tier_needed(caller, reward)
    if needed is not None:
        raise TierTooLow(tier=needed.name)
    return reward


def _available(uow: UnitOfWork) -> int:
    caller = uow.caller
    if caller.member is None or caller.member.status != "active":
        return 0
    return caller.available


def _offer(caller: Caller, available: int, reward: Reward, stock: int) -> Offer:
    """What they see of it: of a reward that nothing limits all who have the points see the same."""
    if reward.points > available or reward.stocked or reward.tier_id is not None:
        return _limited(caller, available, reward, stock)
    kept: dict[str, Offer] = caller.programme.kept.setdefault(_offer, {})
    found = kept.get(reward.slug)
    if found is None:
        found = kept[reward.slug] = _limited(caller, available, reward, stock)
    return found


def _limited(caller: Caller, available: int, reward: Reward, stock: int) -> Offer:
    needed = _tier_needed(caller, reward)
    return Offer(
        reward_id=reward.id,
        slug=reward.slug,
        name=reward.name,
        category=reward.category,
        points=reward.points,
        terms=reward.terms,
        stock=stock if reward.stocked else None,
        tier=needed.name if needed else None,
        missing=max(reward.points - available, 0),
        approval=reward.approval,
    )


def _order(offer: Offer) -> tuple[bool, int, str]:
    within_reach = not offer.missing and offer.tier is None and offer.stock != 0
    return (not within_reach, offer.points, offer.name)


def _tier_needed(caller: Caller, reward: Reward) -> Tier | None:
    """The tier that the reward asks for, when the caller's own is below it."""
    programme = caller.programme
    needed = programme.tier(reward.tier_id)
    if needed is None:
        return None
    own = _own_tier(programme, caller)
    return None if own and own.threshold >= needed.threshold else needed


def _own_tier(programme: Programme, caller: Caller) -> Tier | None:
    kept = programme.tier(caller.member.tier_id) if caller.member else None
    return kept or programme.tier_reached(0)
