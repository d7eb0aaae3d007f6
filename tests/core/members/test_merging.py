"""Two memberships become one: their points with their lots, and all that goes along."""

from typing import Any

import pytest

from core.changes import ConsentGiven
from core.earning.commands import RecordPurchase, UndoPurchase
from core.errors import (
    OwnLinkCode,
    RewardWaiting,
)
from core.ledger.commands import ExpirePoints, ShowHistory
from core.members.commands import ChangeNotices, FindCustomer, Leave, SetPin, StopMessages
from core.members.link_commands import LinkPhone, LookUpLink
from core.ports import Command
from core.rewards.commands import Approve, ExpireIssuance, ListIssuances, Redeem, UseIssuance
from core.service import execute
from core.values import Address, Secret
from tests.core.books import audit, system_sums
from tests.core.cafe import (
    CAKE,
    CASHIER,
    COFFEE,
    LINA,
    OMAR,
    RUDO,
    SILVER,
    STRANGER,
    TEA,
    cafe,
    jod,
    joined,
)
from tests.core.pairs import code_of, linked, two
from tests.core.tables import Stale

PIN = Secret("48215")


async def test_points_move_with_their_lots() -> None:
    shop = await two(lot_days=10)
    other = shop.member(OMAR).id
    shop.pass_time(days=2)
    await shop.ask(CASHIER, RecordPurchase(other, jod(5_000)))
    await shop.ask(OMAR, Redeem(TEA.id))  # 60 of the 100 that end first
    before = shop.wallet(other)
    done = await linked(shop, OMAR)
    assert (done.points, done.available) == (90, 340)
    kept, closed = shop.wallet_at(RUDO), shop.wallet(other)
    assert (kept.posted, kept.lifetime_earned, kept.lifetime_spent) == (340, 400, 60)
    assert (kept.visits, before.visits) == (3, 2)
    assert (closed.posted, closed.lifetime_earned, closed.visits) == (0, 0, 0)
    came = [lot for lot in shop.tables.lots.values() if lot.account_id == kept.id][1:]
    theirs = [lot for lot in shop.tables.lots.values() if lot.account_id == closed.id]
    assert [lot.amount for lot in came] == [40, 50]
    assert [lot.remaining for lot in theirs] == [0, 0]
    ends = [(lot.created_at, lot.expires_at) for lot in theirs]
    assert [(lot.created_at, lot.expires_at) for lot in came] == ends
    out, into = list(shop.tables.transfers.values())[-2:]
    assert (out.code, out.debit, out.credit, out.amount) == ("merge", closed.id, "merge", 90)
    assert (into.code, into.debit, into.credit, into.amount) == ("merge", "merge", kept.id, 90)
    assert out.linked_id == into.linked_id == next(iter(shop.tables.links))
    assert system_sums(shop.tables)["merge"] == 0


async def test_the_merged_member_is_nobodys_any_more() -> None:
    shop = await two()
    other = shop.member(OMAR)
    await linked(shop, OMAR)
    gone = shop.tables.members[other.id]
    assert (gone.status, gone.merged_into) == ("merged", shop.member(RUDO).id)
    assert shop.member(OMAR) == shop.member(RUDO)
    found = await shop.ask(CASHIER, FindCustomer(OMAR.value))
    assert (found.member_id, found.available, found.linked) == (shop.member(RUDO).id, 350, True)
    history = await shop.ask(OMAR, ShowHistory())
    assert [(line.code, line.points) for line in history] == [("merge", 100), ("earn", 250)]


async def test_what_expired_is_breakage_and_not_moved() -> None:
    shop = await two(lot_days=10)
    shop.pass_time(days=11)
    await shop.ask(CASHIER, RecordPurchase(shop.member(OMAR).id, jod(2_000)))
    done = await linked(shop, OMAR)
    assert (done.points, system_sums(shop.tables)["breakage"]) == (20, 100)
    await shop.ask(CASHIER, ExpirePoints(limit=9))
    assert shop.wallet_at(OMAR).posted == 20


async def test_nothing_to_move_is_no_transfer() -> None:
    shop = cafe()
    for sender in (RUDO, OMAR):
        await joined(shop, sender)
    done = await linked(shop, OMAR)
    assert (done.points, shop.tables.transfers) == (0, {})


async def test_the_tier_is_never_lower_than_eithers() -> None:
    shop = await two()
    await shop.ask(CASHIER, RecordPurchase(shop.member(OMAR).id, jod(20_000)))
    assert shop.wallet_at(OMAR).lifetime_earned == 300
    await linked(shop, OMAR)
    assert shop.member(RUDO).tier_id == SILVER.id  # 250 + 300
    await joined(shop, LINA, "Lina")
    await linked(shop, LINA)
    assert shop.member(LINA).tier_id == SILVER.id


async def test_the_stricter_consent_wins_and_stop_stays_with_its_address() -> None:
    shop = await two()
    await shop.ask(RUDO, ChangeNotices(("earn", "reward")))
    await shop.ask(OMAR, ChangeNotices(("reward", "expiry")))
    await shop.ask(OMAR, StopMessages())
    no = ConsentGiven(
        id=shop.new_id(),
        member_id=shop.member(OMAR).id,
        purpose="offers",
        granted=False,
        wording="No",
        at=shop.now,
    )
    shop.tables = shop.tables.commit((no,))
    await linked(shop, OMAR)
    assert shop.member(RUDO).notices == ("reward",)
    last = list(shop.tables.consents.values())[-1]
    assert (last.member_id, last.purpose, last.granted) == (shop.member(RUDO).id, "offers", False)
    assert (shop.caller(OMAR).stopped, shop.caller(RUDO).stopped) == (True, False)


async def test_a_name_and_the_first_day_are_kept() -> None:
    shop = cafe()
    await joined(shop, OMAR, "Omar")
    first = shop.now
    shop.pass_time(days=3)
    await joined(shop, RUDO, "")
    await linked(shop, OMAR)
    member = shop.member(RUDO)
    assert (member.name, member.joined_at) == ("Omar", first)


async def test_rewards_go_along_and_can_be_used() -> None:
    shop = await two()
    await shop.ask(OMAR, Redeem(TEA.id))
    (before,) = await shop.ask(OMAR, ListIssuances())
    await linked(shop, OMAR)
    (issuance,) = await shop.ask(RUDO, ListIssuances())
    assert (issuance.id, issuance.code) == (before.id, before.code)
    await shop.ask(CASHIER, UseIssuance(issuance.id))
    assert shop.tables.issuances[issuance.id].state == "redeemed"
    audit(shop.tables)


async def test_a_reward_that_waits_for_staff_comes_first() -> None:
    shop = await two()
    code = await code_of(shop)
    await shop.ask(OMAR, Redeem(COFFEE.id))
    with pytest.raises(RewardWaiting):
        await shop.ask(OMAR, LookUpLink(code.code))
    with pytest.raises(RewardWaiting):
        await shop.ask(OMAR, LinkPhone(code.id, True))
    (issuance,) = await shop.ask(OMAR, ListIssuances())
    await shop.ask(CASHIER, Approve(issuance.id))
    assert (await shop.ask(OMAR, LinkPhone(code.id, True))).points == 0
    audit(shop.tables)


async def test_points_of_a_reward_that_lapses_later_are_the_members() -> None:
    """They cannot return to the lot of the closed account: a lot of the same end takes them."""
    shop = await two(lot_days=90)
    await shop.ask(CASHIER, RecordPurchase(shop.member(OMAR).id, jod(10_000), again=True))
    issuance_id = (await shop.ask(OMAR, Redeem(CAKE.id))).issuance_id
    await linked(shop, OMAR)
    ends = {lot.expires_at for lot in shop.tables.lots.values()}
    shop.pass_time(days=31)
    assert await shop.ask(CASHIER, ExpireIssuance(issuance_id)) == 1
    assert shop.wallet_at(RUDO).available == 450
    assert {lot.expires_at for lot in shop.tables.lots.values()} == ends
    audit(shop.tables)


async def test_a_purchase_can_still_be_undone() -> None:
    shop = await two()
    purchase_id = list(shop.tables.purchases)[-1]
    await linked(shop, OMAR)
    assert (await shop.ask(CASHIER, UndoPurchase(purchase_id))).points == 100
    wallet = shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.lifetime_earned, wallet.visits) == (250, 250, 1)
    audit(shop.tables)


# ── races ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "rival", [Redeem(TEA.id), Leave(), SetPin(PIN)], ids=lambda c: type(c).__name__
)
@pytest.mark.parametrize("who", [RUDO, OMAR], ids=["shown", "typing"])
async def test_a_rival_of_either_member_makes_it_run_again(
    rival: Command[Any], who: Address
) -> None:
    shop = await two()
    code = await code_of(shop)
    slow = shop.begin(OMAR)
    await execute(slow, LinkPhone(code.id, True))
    await shop.ask(who, rival)
    with pytest.raises(Stale):
        shop.commit(slow)
    audit(shop.tables)


async def test_two_phones_type_the_code_at_once() -> None:
    shop = await two()
    code = await code_of(shop)
    first, second = shop.begin(OMAR), shop.begin(STRANGER)
    await execute(first, LinkPhone(code.id, True))
    await execute(second, LinkPhone(code.id, False))
    shop.commit(first)
    with pytest.raises(Stale):
        shop.commit(second)
    assert len(shop.tables.links) == 1


async def test_each_types_the_others_code_at_once() -> None:
    shop = await two()
    codes = [await code_of(shop, sender) for sender in (RUDO, OMAR)]
    first, second = shop.begin(OMAR), shop.begin(RUDO)
    await execute(first, LinkPhone(codes[0].id, True))
    await execute(second, LinkPhone(codes[1].id, True))
    shop.commit(first)
    with pytest.raises(Stale):
        shop.commit(second)
    with pytest.raises(OwnLinkCode):  # What was Omar's is Rudo's now, his code too.
        await shop.ask(RUDO, LinkPhone(codes[1].id, True))
    audit(shop.tables)


async def test_a_repeated_message_links_once() -> None:
    shop = await two()
    code = await code_of(shop)
    done = [await shop.ask(OMAR, LinkPhone(code.id, True), key="k") for _ in range(3)]
    assert done[0] == done[1] == done[2]
    assert len(shop.tables.links) == 1
