"""The ledger's rules for hypothesis: any order of commands keeps every promise of the books.

A world runs commands; the model (tests/core/model.py) says what each must answer. A machine over
another world, such as one with a real database, only overrides `open_world`.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.earning.commands import RecordPurchase, UndoPurchase
from core.errors import LoyaltyError
from core.facts import OPEN_STATES, Programme
from core.ledger.commands import ExpirePoints, ShowBalance
from core.members.commands import Enrol, Leave
from core.members.link_commands import (
    LinkPhone,
    LookUpLink,
    ShowLastLink,
    ShowLinkCode,
    UndoLink,
)
from core.ports import Command
from core.rewards.commands import (
    Approve,
    CancelIssuance,
    ExpireIssuance,
    Redeem,
    Reject,
    UseIssuance,
)
from core.values import Address
from tests.core.books import audit
from tests.core.cafe import (
    BREAKFAST,
    CAKE,
    CASHIER,
    COFFEE,
    LINA,
    MANAGER,
    OMAR,
    RUDO,
    STRANGER,
    jod,
)
from tests.core.model import Given, Model, Purse
from tests.core.tables import Tables

Answer = Any


class World(Protocol):
    """A shop with a clock: in memory, or on a database."""

    programme: Programme

    def do(self, sender: Address, command: Command[Any], key: str) -> Answer:
        """The result, or the refusal as a value; the same again for the same key."""

    def advance(self, by: timedelta) -> None: ...
    def tables(self) -> Tables: ...
    def now(self) -> Any: ...


SLICE = replace(CAKE, valid_days=7)
POT = replace(
    SLICE, id=UUID(int=31), slug="pot", name="Pot", points=90, approval=True, stocked=False
)
SETTINGS: dict[str, object] = {"lot_days": 10, "rewards": (COFFEE, POT, SLICE, BREAKFAST)}
"""What a world's programme differs in from the worked examples': points are over before rewards or
nearly, and a link may still be undone when a reward has run out."""
members = st.sampled_from([RUDO, OMAR, LINA])
amounts = st.sampled_from([50_000, 33_335, 25_000, 17_777, 99])
picks = st.integers(0, 30)
phones = st.sampled_from([RUDO, OMAR, LINA, STRANGER])
verbs = st.sampled_from(["approve", "approve", "reject", "cancel", "use"])
spans = st.sampled_from([0, 0, 0, 1, 6, 11])


class LedgerMachine(RuleBasedStateMachine):
    """Join, earn, spend, decide, undo, link, part, wait, sweep, repeat, in any order."""

    def open_world(self) -> World:
        raise AssertionError("each machine opens a world of its own")

    @initialize()
    def start(self) -> None:
        self.world = self.open_world()
        stock = self.world.tables().stock
        self.model = Model(self.world.programme, self.world.now(), stock)
        self.said: dict[str, tuple[Address, Command[Any], Answer]] = {}
        for sender in (RUDO, OMAR):
            self.join(sender)
            self.purchase(sender, 30_000)

    def do(self, sender: Address, command: Command[Any]) -> Answer:
        key = f"k{len(self.said)}"
        answer = self.world.do(sender, command, key)
        self.said[key] = (sender, command, answer)
        return answer

    def join(self, sender: Address) -> None:
        answer = self.do(sender, Enrol("Someone", "en", "We keep your name."))
        assert isinstance(answer, LoyaltyError) == (sender in self.model.purses)
        self.model.purses.setdefault(sender, Purse())

    @rule(sender=members, days=st.sampled_from([None, 0, 0, 0, 30, 31]))
    def join_or_leave_and_return(self, sender: Address, days: int | None) -> None:
        """Points are kept for 30 days."""
        if days is None or sender not in self.model.purses:
            self.join(sender)
            return
        assert not isinstance(self.do(sender, Leave()), LoyaltyError)
        assert isinstance(self.do(sender, ShowBalance()), LoyaltyError)
        self.wait(days, 0)
        answer = self.do(sender, Enrol("", "en", "Again."))
        if days > self.world.programme.rejoin_days:
            self.model.purses[sender].forfeit()
        assert (answer.returned, answer.available) == (True, self.model.purses[sender].available)

    @rule(sender=members, minor=amounts)
    def purchase(self, sender: Address, minor: int) -> None:
        if sender not in self.model.purses:
            self.join(sender)
        member_id = self.world.tables().addresses[sender]
        before = set(self.world.tables().purchases)
        earned = self.do(CASHIER, RecordPurchase(member_id, jod(minor), again=True))
        (purchase_id,) = set(self.world.tables().purchases) - before
        assert earned.points == self.model.award(sender, minor, purchase_id)

    @rule(pick=picks)
    def undo(self, pick: int) -> None:
        if self.model.undoable:
            purchase_id = list(self.model.undoable)[pick % len(self.model.undoable)]
            answer = self.do(CASHIER, UndoPurchase(purchase_id))
            assert isinstance(answer, LoyaltyError) != self.model.undo(purchase_id)

    @rule(sender=members, pick=picks, days=spans, then=st.one_of(st.none(), verbs))
    def redeem(self, sender: Address, pick: int, days: int, then: str | None) -> None:
        """A reward is redeemed; perhaps something becomes of it some days later."""
        reward = self.world.programme.rewards[pick % len(self.world.programme.rewards)]
        if pick % 4 and not self.model.redeemable(sender, reward):
            self.purchase(sender, 25_000)
        before = worth(self.world.tables())
        answer = self.do(sender, Redeem(reward.id))
        assert isinstance(answer, LoyaltyError) != self.model.redeemable(sender, reward)
        if isinstance(answer, LoyaltyError):
            return
        assert answer.state == self.model.redeem(sender, reward, answer.issuance_id)
        assert answer.available == self.model.purses[sender].spendable(self.world.now())
        if then is not None:
            self.wait(days, 0)
            self._settle(answer.issuance_id, then)
        if then in ("reject", "cancel") and reward.approval and days == 0:
            assert worth(self.world.tables()) == before, "a void restores exactly"

    @precondition(lambda self: self.model.given)
    @rule(pick=picks, verb=verbs)
    def settle(self, pick: int, verb: str) -> None:
        """Mostly one that is open; sometimes any, which is then refused."""
        open_ones = [id_ for id_, given in self.model.given.items() if given.state in OPEN_STATES]
        from_these = open_ones if open_ones and pick % 4 else list(self.model.given)
        self._settle(from_these[pick % len(from_these)], verb)

    def _settle(self, issuance_id: UUID, verb: str) -> None:
        given = self.model.given[issuance_id]
        command, was, state = {
            "approve": (Approve(issuance_id), "reserved", "issued"),
            "reject": (Reject(issuance_id, "No"), "reserved", "rejected"),
            "cancel": (CancelIssuance(issuance_id), "reserved", "cancelled"),
            "use": (UseIssuance(issuance_id), "issued", "redeemed"),
        }[verb]
        answer = self.do(self.owner(given) if verb == "cancel" else CASHIER, command)
        assert isinstance(answer, LoyaltyError) != self.model.move(issuance_id, was, state)

    def owner(self, given: Given) -> Address:
        """A phone of whoever the issuance belongs to."""
        return next(s for s, purse in self.model.purses.items() if purse is given.purse)

    # ── links ───────────────────────────────────────────────────────────────────────────────────

    @rule(typing=phones, shown=phones)
    def link(self, typing: Address, shown: Address) -> None:
        """The one types the code that the other shows; who has no membership has none to show."""
        if shown not in self.model.purses:
            return
        code = self.do(shown, ShowLinkCode())
        mine, theirs = self.model.purses.get(typing), self.model.purses[shown]
        answer = self.do(typing, LookUpLink(code.code))
        if mine is theirs or (mine is not None and self.model.waits(mine)):
            assert isinstance(answer, LoyaltyError)
            assert isinstance(self.do(typing, LinkPhone(code.id, True)), LoyaltyError)
            return
        assert answer.merges == (mine is not None)
        done = self.do(typing, LinkPhone(code.id, answer.merges))
        assert answer.points == done.points == self.model.link(typing, shown)

    @rule(sender=phones, days=st.sampled_from([0, 0, 0, 0, 5, 31]))
    def undo_link(self, sender: Address, days: int) -> None:
        """A manager takes the newest link apart."""
        if sender not in self.model.purses:
            return
        self.wait(days, 0)
        member_id = self.world.tables().addresses[sender]
        tie = self.model.newest_tie(sender)
        last = self.do(MANAGER, ShowLastLink(member_id))
        if tie is None or isinstance(last, LoyaltyError):
            late = tie is not None and self.world.now() - tie.at > timedelta(days=30)
            assert isinstance(last, LoyaltyError)
            assert tie is None or late
            return
        assert last.back == (self.model.returning(tie) if tie.other else 0)
        done = self.do(MANAGER, UndoLink(member_id, last.link_id, last.back))
        assert isinstance(done, LoyaltyError) != self.model.unlink(tie)

    @precondition(lambda self: self.model.given)
    @rule(pick=picks, early=st.booleans())
    def run_out(self, pick: int, early: bool) -> None:
        """An issuance is left alone until its end, or nearly, and the schedule comes by."""
        issuance_id = list(self.model.given)[pick % len(self.model.given)]
        given = self.model.given[issuance_id]
        if given.end > self.world.now():
            self.world.advance(given.end - self.world.now() - timedelta(seconds=early))
            self.model.now = self.world.now()
        was = given.state if given.state in OPEN_STATES else "reserved"
        due = self.do(CASHIER, ExpireIssuance(issuance_id)) == 1
        assert due == self.model.move(issuance_id, was, "expired")

    @rule(days=spans, minutes=st.sampled_from([0, 1, 15, 16]))
    def wait(self, days: int, minutes: int) -> None:
        self.world.advance(timedelta(days=days, minutes=minutes))
        self.model.now = self.world.now()

    @rule()
    def sweep(self) -> None:
        self.do(CASHIER, ExpirePoints(limit=10))
        self.model.sweep()

    @precondition(lambda self: self.said)
    @rule(pick=picks)
    def repeat(self, pick: int) -> None:
        """A repeated message has the same answer and no second effect."""
        key = list(self.said)[pick % len(self.said)]
        sender, command, answer = self.said[key]
        before = self.world.tables()
        again = self.world.do(sender, command, key)
        assert same(again, answer)
        assert self.world.tables() == before

    @invariant()
    def books_are_right(self) -> None:
        if hasattr(self, "world"):
            audit(self.world.tables())

    @invariant()
    def everyone_has_what_the_model_says(self) -> None:
        if not hasattr(self, "world"):
            return
        tables = self.world.tables()
        tiers = [tier.id for tier in self.world.programme.tiers]
        for sender, purse in self.model.purses.items():
            member = tables.members[tables.addresses[sender]]
            (wallet,) = [w for w in tables.wallets.values() if w.member_id == member.id]
            assert (wallet.available, wallet.held) == (purse.available, self.model.held(sender))
            assert (wallet.lifetime_earned, wallet.visits) == (purse.lifetime, purse.visits)
            assert member.tier_id == tiers[purse.tier]
        for reward_id, left in tables.stock.items():
            assert left == self.model.stock[reward_id]
        for issuance_id, given in self.model.given.items():
            assert tables.issuances[issuance_id].state == given.state


def worth(tables: Tables) -> tuple[dict[UUID, int], dict[UUID, tuple[int, int, int]]]:
    """What is in every lot, and in every account apart from its version."""
    lots = {lot.id: lot.remaining for lot in tables.lots.values()}
    wallets = {w.id: (w.posted, w.held, w.lifetime_spent) for w in tables.wallets.values()}
    return lots, wallets


def same(one: Answer, other: Answer) -> bool:
    """Equal results, or refusals of one kind for one reason."""
    if isinstance(one, LoyaltyError) and isinstance(other, LoyaltyError):
        return (one.code, one.params) == (other.code, other.params)
    return bool(one == other)
