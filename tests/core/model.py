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


@dataclass(eq=False)
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
    """An issuance; `payer` is the purse that paid for it, whose it is now may be another."""

    purse: Purse
    payer: Purse
    reward: Reward
    end: datetime
    state: str
    taken: list[tuple[Batch, int]]


@dataclass
class Bought:
    """A purchase that may still be undone; `earner` is the purse that it was first in."""

    purse: Purse
    earner: Purse
    points: int
    at: datetime
    batch: Batch | None


@dataclass
class Tie:
    """Two purses that became one, or (other None) an address that came to one. `moved`: the
    batches that were made for what came; `refunded`: those for what the other had paid and got
    back since."""

    purse: Purse
    other: Purse | None
    senders: list[Address]
    at: datetime
    tier: int
    lifetime: int
    visits: int
    moved: list[tuple[Batch, int]]
    refunded: list[tuple[Batch, int]] = field(default_factory=list)
    reversed_points: int = 0
    reversed_visits: int = 0


class Model:
    """All purses, all issuances, the stock."""

    def __init__(self, programme: Programme, now: datetime, stock: dict[UUID, int]) -> None:
        self.programme, self.now, self.stock = programme, now, dict(stock)
        self.purses: dict[Address, Purse] = {}
        self.given: dict[UUID, Given] = {}
        self.undoable: dict[UUID, Bought] = {}
        self.ties: list[Tie] = []

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
        batch = Batch(points, self.day_end(self.programme.lot_days or 0)) if points else None
        purse.batches += [batch] if batch else []
        purse.lifetime += points
        purse.visits += 1
        purse.tier = max(purse.tier, self.reached(purse.lifetime))
        self.undoable[purchase_id] = Bought(purse, purse, points, self.now, batch)
        return points

    def reached(self, lifetime: int) -> int:
        tiers = self.programme.tiers
        return max(i for i, tier in enumerate(tiers) if tier.threshold <= lifetime)

    def undo(self, purchase_id: UUID) -> bool:
        """Is it undone? Only within 15 minutes, and when so many points are there still."""
        bought = self.undoable[purchase_id]
        late = self.now - bought.at > timedelta(minutes=15)
        purse, points, batch = bought.purse, bought.points, bought.batch
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
        for tie in self.ties:
            if points and tie.other and bought.earner in self.family(tie.other):
                tie.reversed_points += points
                tie.reversed_visits += 1
        del self.undoable[purchase_id]
        return True

    # ── links ───────────────────────────────────────────────────────────────────────────────────

    def waits(self, purse: Purse) -> bool:
        return any(g.purse is purse and g.state == "reserved" for g in self.given.values())

    def link(self, typing: Address, shown: Address) -> int:
        """How many points move."""
        kept, other = self.purses[shown], self.purses.get(typing)
        moved: list[tuple[Batch, int]] = []
        tie = Tie(kept, other, [typing], self.now, kept.tier, 0, 0, moved)
        self.ties.append(tie)
        if other is None:
            self.purses[typing] = kept
            return 0
        tie.senders = [sender for sender, purse in self.purses.items() if purse is other]
        for batch in other.batches:
            if batch.left and batch.end > self.now:
                moved.append((Batch(batch.left, batch.end), batch.left))
            batch.left = 0
        kept.batches += [batch for batch, _ in moved]
        tie.lifetime, tie.visits = other.lifetime, other.visits
        kept.lifetime, kept.visits = kept.lifetime + tie.lifetime, kept.visits + tie.visits
        other.lifetime = other.visits = 0
        kept.tier = max(kept.tier, other.tier, self.reached(kept.lifetime))
        self._belongings(other, kept)
        for sender in tie.senders:
            self.purses[sender] = kept
        return sum(amount for _, amount in moved)

    def family(self, purse: Purse | None) -> list[Purse]:
        """A purse and those that became one with it before."""
        if purse is None:
            return []
        merged = [tie.other for tie in self.ties if tie.purse is purse and tie.other]
        return [purse, *(one for other in merged for one in self.family(other))]

    def newest_tie(self, sender: Address) -> Tie | None:
        mine = [tie for tie in self.ties if tie.purse is self.purses[sender]]
        return mine[-1] if mine else None

    def returning(self, tie: Tie) -> int:
        due = (*tie.moved, *tie.refunded)
        owed = sum(amount for batch, amount in due if batch.end > self.now)
        return min(max(owed - tie.reversed_points, 0), tie.purse.spendable(self.now))

    def unlink(self, tie: Tie) -> bool:
        """Is it undone? Only within 30 days."""
        if self.now - tie.at > timedelta(days=30):
            return False
        back, kept, other = self.returning(tie), tie.purse, tie.other
        self.ties.remove(tie)
        for sender in tie.senders:
            if other is None:
                del self.purses[sender]
            else:
                self.purses[sender] = other
        if other is None:
            return True
        came = Purse(batches=[batch for batch, _ in tie.moved])
        refunded = Purse(batches=[b for b, _ in tie.refunded if b in kept.batches])
        taken = []
        for purse in (came, refunded, kept):
            part = min(back, purse.spendable(self.now))
            taken += purse.take(part, self.now)
            back -= part
        other.batches += [Batch(part, batch.end) for batch, part in taken]
        lifetime = min(tie.lifetime - tie.reversed_points, kept.lifetime)
        visits = min(tie.visits - tie.reversed_visits, kept.visits)
        kept.lifetime, other.lifetime = kept.lifetime - lifetime, other.lifetime + lifetime
        kept.visits, other.visits = kept.visits - visits, other.visits + visits
        kept.tier = max(tie.tier, self.reached(kept.lifetime))
        self._belongings(kept, other, paid_by=self.family(other))
        return True

    def _belongings(self, was: Purse, now: Purse, paid_by: list[Purse] | None = None) -> None:
        for given in self.given.values():
            if given.purse is was and (paid_by is None or given.payer in paid_by):
                given.purse = now
        for bought in self.undoable.values():
            back = paid_by is None or (bought.points and bought.earner in paid_by)
            if bought.purse is was and back:
                bought.purse = now

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
        purse = self.purses[sender]
        taken = purse.take(reward.points, self.now)
        end = self.day_end(days)
        self.given[issuance_id] = Given(purse, purse, reward, end, state, taken)
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
            if batch.end <= self.now:
                dead += part
            elif given.purse is given.payer:
                batch.left += part
            else:
                self._give(given, Batch(part, batch.end))
        if dead:
            self._give(given, Batch(dead, self.day_end(7)))

    def _give(self, given: Given, batch: Batch) -> None:
        given.purse.batches.append(batch)
        for tie in self.ties:
            if given.purse is not given.payer and given.payer in self.family(tie.other):
                tie.refunded.append((batch, batch.left))

    def sweep(self) -> None:
        for purse in {id(purse): purse for purse in self.purses.values()}.values():
            for batch in purse.batches:
                batch.left = batch.left if batch.end > self.now else 0

    def held(self, sender: Address) -> int:
        mine = [given for given in self.given.values() if given.purse is self.purses[sender]]
        return sum(given.reward.points for given in mine if given.state == "reserved")
