"""The auditor: what a shop of the worked examples must answer, in plain Python and nothing of core.

It knows points, ends of days, stock and states; no versions, transfers, holds or changes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from core.facts import Programme, Reward
from core.values import Address


@dataclass(eq=False)
class Batch:
    """Points that came together; `left` of them are unspent."""

    left: int
    end: datetime


@dataclass
class Purse:
    """What one member has."""

    batches: list[Batch] = field(default_factory=list)
    lifetime: int = 0
    visits: int = 0
    tier: int = 0
    active: bool = True

    def spendable(self, now: datetime) -> int:
        return sum(batch.left for batch in self.batches if batch.end > now)

    @property
    def available(self) -> int:
        return sum(batch.left for batch in self.batches)

    def forfeit(self) -> None:
        for batch in self.batches:
            batch.left = 0

    def take(self, points: int, now: datetime) -> list[tuple[Batch, int]]:
        taken = []
        for batch in sorted(self.batches, key=lambda batch: batch.end):
            part = min(batch.left, points) if batch.end > now else 0
            if part:
                batch.left -= part
                points -= part
                taken.append((batch, part))
        return taken


@dataclass
class Given:
    """An issuance."""

    sender: Address
    reward: Reward
    end: datetime
    state: str
    taken: list[tuple[Batch, int]]


class Model:
    """All purses, all issuances, the stock."""

    def __init__(self, programme: Programme, now: datetime, stock: dict[UUID, int]) -> None:
        self.programme, self.now, self.stock = programme, now, dict(stock)
        self.purses: dict[Address, Purse] = {}
        self.given: dict[UUID, Given] = {}
        self.undoable: dict[UUID, tuple[Address, int, datetime, int, Batch | None]] = {}

    def day_end(self, days: int) -> datetime:
        zone = ZoneInfo(self.programme.timezone)
        date = self.now.astimezone(zone).date() + timedelta(days=days)
        return datetime.combine(date, time(23, 59, 59), zone).astimezone(UTC)

    def worth(self, sender: Address, minor: int) -> int:
        tier = self.programme.tiers[self.purses[sender].tier]
        exact = Fraction(minor, 1000) * Fraction(self.programme.points_per_unit, 100)
        return int(exact * Fraction(tier.multiplier_pct, 100))

    def award(self, sender: Address, minor: int, purchase_id: UUID) -> int:
        purse, points = self.purses[sender], self.worth(sender, minor)
        before = purse.tier
        batch = Batch(points, self.day_end(self.programme.lot_days or 0)) if points else None
        purse.batches += [batch] if batch else []
        purse.lifetime += points
        purse.visits += 1
        purse.tier = max(purse.tier, self.reached(purse.lifetime))
        self.undoable[purchase_id] = (sender, points, self.now, before, batch)
        return points

    def reached(self, lifetime: int) -> int:
        tiers = self.programme.tiers
        return max(i for i, tier in enumerate(tiers) if tier.threshold <= lifetime)

    def undo(self, purchase_id: UUID) -> bool:
        """Is it undone? Only within 15 minutes, and when so many points are there still."""
        sender, points, at, _, batch = self.undoable[purchase_id]
        late = self.now - at > timedelta(minutes=15)
        purse = self.purses[sender]
        if late or (batch is not None and purse.spendable(self.now) < points):
            return False
        if batch is not None:
            own = min(batch.left, points)
            batch.left -= own
            purse.take(points - own, self.now)
        if purse.tier == self.reached(purse.lifetime):
            purse.tier = self.reached(purse.lifetime - points)
        purse.lifetime -= points
        purse.visits -= 1
        del self.undoable[purchase_id]
        return True

    def redeemable(self, sender: Address, reward: Reward) -> bool:
        purse = self.purses.get(sender)
        if purse is None or not purse.active or not reward.active:
            return False
        ranks = {tier.id: rank for rank, tier in enumerate(self.programme.tiers)}
        if reward.tier_id and purse.tier < ranks[reward.tier_id]:
            return False
        in_stock = not reward.stocked or self.stock[reward.id] > 0
        return purse.spendable(self.now) >= reward.points and in_stock

    def redeem(self, sender: Address, reward: Reward, issuance_id: UUID) -> str:
        days = self.programme.reserve_days if reward.approval else reward.valid_days
        state = "reserved" if reward.approval else "issued"
        taken = self.purses[sender].take(reward.points, self.now)
        self.given[issuance_id] = Given(sender, reward, self.day_end(days), state, taken)
        self.stock[reward.id] = self.stock.get(reward.id, 0) - reward.stocked
        return state

    def move(self, issuance_id: UUID, was: str, state: str) -> bool:
        """Is it moved? Only from `was`, and before its end unless it expires."""
        given = self.given[issuance_id]
        over = given.end <= self.now
        if given.state != was or over != (state == "expired"):
            return False
        given.state = state
        if state == "issued":
            given.end = self.day_end(given.reward.valid_days)
        elif was == "reserved" or (state == "expired" and given.reward.refund_on_expiry):
            self._put_back(given)
        if state in ("rejected", "cancelled", "expired"):
            self.stock[given.reward.id] += given.reward.stocked
        return True

    def _put_back(self, given: Given) -> None:
        dead = 0
        for batch, part in given.taken:
            if batch.end > self.now:
                batch.left += part
            else:
                dead += part
        if dead:
            self.purses[given.sender].batches.append(Batch(dead, self.day_end(7)))

    def sweep(self) -> None:
        for purse in self.purses.values():
            for batch in purse.batches:
                batch.left = batch.left if batch.end > self.now else 0

    def held(self, sender: Address) -> int:
        mine = [given for given in self.given.values() if given.sender == sender]
        return sum(given.reward.points for given in mine if given.state == "reserved")
