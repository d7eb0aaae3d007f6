"""Staff take a link apart: what goes back, what cannot, and who may."""

import pytest

from core.earning.commands import RecordPurchase, UndoPurchase
from core.errors import (
    CustomerNotFound,
    LinkChanged,
    LinkUndoImpossible,
    NotAllowed,
    NotAMember,
    NotStaff,
    SelfAward,
)
from core.ledger.commands import ShowBalance
from core.members.commands import Enrol, FindCustomer, Leave, SetPin
from core.members.link_commands import (
    LinkPhone,
    ShowLastLink,
    ShowLinkCode,
    UndoLink,
)
from core.rewards.commands import ListIssuances, Redeem
from core.values import Address, Secret
from tests.core import pairs
from tests.core.books import system_sums
from tests.core.cafe import (
    BRONZE,
    CAKE,
    CASHIER,
    LINA,
    MANAGER,
    OMAR,
    RUDO,
    SILVER,
    STRANGER,
    TEA,
    cafe,
    jod,
    joined,
)
from tests.core.memory import Shop
from tests.core.pairs import linked, standing, undone


async def two(**programme: object) -> Shop:
    """Omar with 100 points linked to Rudo with 250."""
    shop = await pairs.two(**programme)
    await linked(shop, OMAR)
    return shop


async def rewards(shop: Shop, sender: Address) -> list[str]:
    return [issuance.reward_name for issuance in await shop.ask(sender, ListIssuances())]


async def test_all_of_it_goes_back() -> None:
    shop = await two()
    ends = sorted(str(lot.expires_at) for lot in shop.tables.lots.values() if lot.remaining)
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.name, last.phone, last.merged) == ("Omar", OMAR.value, True)
    assert (last.at, last.points, last.back) == (shop.now, 100, 100)
    await undone(shop)
    assert standing(shop, RUDO) == (250, 250, 0, 1)
    assert standing(shop, OMAR) == (100, 100, 0, 1)
    assert (shop.member(OMAR).status, shop.member(OMAR).merged_into) == ("active", None)
    assert (shop.member(RUDO).name, shop.member(OMAR).name) == ("Rudo", "Omar")
    left = sorted(str(lot.expires_at) for lot in shop.tables.lots.values() if lot.remaining)
    assert left == ends
    assert system_sums(shop.tables)["merge"] == 0
    told = [
        (n.member_id, n.params["points"])
        for n in shop.tables.notices.values()
        if n.kind == "unlinked"
    ]
    assert told == [(shop.member(RUDO).id, 100), (shop.member(OMAR).id, 100)]


async def test_a_number_that_was_nobodys_is_nobodys_again() -> None:
    shop = await two()
    await linked(shop, STRANGER)
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.name, last.phone, last.merged, last.points) == ("", None, False, 0)
    await undone(shop)
    assert shop.caller(STRANGER).member is None
    with pytest.raises(NotAMember):
        await shop.ask(STRANGER, ShowBalance())
    await shop.ask(STRANGER, Enrol("Anew", "en", "We keep your name."))
    assert shop.member(OMAR) == shop.member(RUDO)


async def test_the_newest_is_undone_first() -> None:
    shop = await two()
    await joined(shop, LINA, "Lina")
    await linked(shop, LINA)
    await undone(shop)
    assert shop.member(LINA).name == "Lina"
    await undone(shop)
    assert shop.member(OMAR).name == "Omar"
    with pytest.raises(LinkUndoImpossible) as refused:
        await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert refused.value.params == {"reason": "none"}


async def test_links_in_a_chain_come_apart_in_their_order() -> None:
    shop = await two()
    await joined(shop, LINA, "Lina")
    rudo = shop.member(RUDO).id
    await linked(shop, RUDO, shown=LINA)
    assert shop.member(OMAR).name == "Lina"
    assert standing(shop, LINA) == (350, 350, 0, 2)
    with pytest.raises(CustomerNotFound):
        await shop.ask(MANAGER, ShowLastLink(rudo))
    await undone(shop, LINA)
    assert standing(shop, RUDO) == (350, 350, 0, 2)
    assert shop.member(OMAR).id == rudo
    await undone(shop)
    assert standing(shop, OMAR) == (100, 100, 0, 1)


async def test_what_came_earlier_in_a_chain_goes_back_with_it() -> None:
    """Omar's reward and award are Rudo's, then Lina's, then Rudo's again, then Omar's."""
    shop = cafe()
    for sender in (RUDO, OMAR, LINA):
        member_id = await joined(shop, sender)
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
    await shop.ask(OMAR, Redeem(TEA.id))
    award = list(shop.tables.purchases)[1]
    await linked(shop, OMAR)
    await linked(shop, RUDO, shown=LINA)
    assert await rewards(shop, LINA) == ["Mint Tea"]
    await shop.ask(CASHIER, UndoPurchase(award))
    assert (await undone(shop, LINA)).back == 190
    assert (await rewards(shop, LINA), standing(shop, LINA)) == ([], (250, 250, 0, 1))
    assert await rewards(shop, RUDO) == ["Mint Tea"]
    assert standing(shop, RUDO) == (190, 250, 60, 1)
    assert (await undone(shop)).back == 0
    assert await rewards(shop, OMAR) == ["Mint Tea"]
    assert (standing(shop, OMAR), standing(shop, RUDO)) == ((0, 0, 60, 0), (190, 250, 0, 1))


async def test_it_may_happen_again() -> None:
    shop = await two()
    await undone(shop)
    await linked(shop, OMAR)
    assert standing(shop, RUDO) == (350, 350, 0, 2)
    await undone(shop)
    assert standing(shop, OMAR) == (100, 100, 0, 1)
    await linked(shop, RUDO, shown=OMAR)
    assert (await undone(shop, OMAR)).back == 250


# ── as far as the points are there ──────────────────────────────────────────────────────────────


async def test_what_was_spent_is_taken_from_what_is_there() -> None:
    """Which lot a redemption took is the order's doing: of 350, 200 are spent, 100 go back."""
    shop = await two()
    await shop.ask(RUDO, Redeem(CAKE.id))
    assert (await undone(shop)).back == 100
    assert (standing(shop, RUDO)[0], standing(shop, OMAR)[0]) == (50, 100)
    assert await rewards(shop, RUDO) == ["Cake"]
    assert await shop.ask(OMAR, ListIssuances()) == ()


async def test_what_is_not_there_does_not_go_back() -> None:
    shop = await two()
    for reward in (CAKE, TEA, TEA):
        await shop.ask(OMAR, Redeem(reward.id))
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.points, last.back) == (100, 30)
    await undone(shop)
    assert (standing(shop, RUDO)[0], standing(shop, OMAR)[0]) == (0, 30)


async def test_what_expired_is_owed_to_nobody() -> None:
    shop = await two(lot_days=10)
    shop.pass_time(days=11)
    await shop.ask(CASHIER, RecordPurchase(shop.member(RUDO).id, jod(50_000)))
    assert (await undone(shop)).back == 0
    assert standing(shop, OMAR) == (0, 100, 0, 1)


async def test_an_award_undone_since_does_not_come_back() -> None:
    shop = await two()
    await shop.ask(CASHIER, UndoPurchase(list(shop.tables.purchases)[-1]))
    assert (await undone(shop)).back == 0
    assert standing(shop, RUDO) == (250, 250, 0, 1)
    assert standing(shop, OMAR) == (0, 0, 0, 0)


async def test_what_it_paid_for_goes_back_too() -> None:
    shop = cafe()
    for sender in (RUDO, OMAR):
        member_id = await joined(shop, sender)
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
    await shop.ask(OMAR, Redeem(TEA.id))
    await linked(shop, OMAR)
    await shop.ask(OMAR, Redeem(CAKE.id))
    await undone(shop)
    assert await rewards(shop, OMAR) == ["Mint Tea"]
    assert await rewards(shop, RUDO) == ["Cake"]
    purchases = [p.member_id for p in shop.tables.purchases.values()]
    assert purchases == [shop.member(RUDO).id, shop.member(OMAR).id]


async def test_the_tier_is_that_of_before_or_what_is_earned_by_now() -> None:
    shop = await two()
    await shop.ask(CASHIER, RecordPurchase(shop.member(RUDO).id, jod(20_000)))
    assert shop.member(RUDO).tier_id == SILVER.id  # 250 + 100 + 200
    await undone(shop)
    assert (shop.member(RUDO).tier_id, shop.member(OMAR).tier_id) == (BRONZE.id, BRONZE.id)


async def test_a_pin_of_the_others_leaves_with_them() -> None:
    shop = cafe()
    for sender in (RUDO, OMAR):
        await joined(shop, sender)
    await shop.ask(OMAR, SetPin(Secret("48215")))
    code = await shop.ask(RUDO, ShowLinkCode())
    await shop.ask(OMAR, LinkPhone(code.id, True, own_pin=Secret("48215")))
    await undone(shop)
    assert (shop.member(RUDO).pin_hash, shop.member(OMAR).pin_hash) == (None, "hash of 48215")


# ── who and when ────────────────────────────────────────────────────────────────────────────────


async def test_managers_only_and_never_their_own() -> None:
    shop = await two()
    member_id = shop.member(RUDO).id
    for sender, refusal in ((RUDO, NotStaff), (CASHIER, NotAllowed)):
        with pytest.raises(refusal):
            await shop.ask(sender, ShowLastLink(member_id))
    await joined(shop, MANAGER, "Sami")
    await linked(shop, STRANGER, shown=MANAGER)
    with pytest.raises(SelfAward):
        await shop.ask(MANAGER, ShowLastLink(shop.member(MANAGER).id))


async def test_within_thirty_days() -> None:
    shop = await two()
    shop.pass_time(days=30)
    await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    shop.pass_time(seconds=1)
    with pytest.raises(LinkUndoImpossible) as refused:
        await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert refused.value.params == {"reason": "late"}


async def test_without_an_address_there_is_nobody_to_give_it_to() -> None:
    shop = await two()
    del shop.tables.addresses[OMAR]
    with pytest.raises(LinkUndoImpossible) as refused:
        await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert refused.value.params == {"reason": "gone"}


async def test_who_left_is_not_found() -> None:
    shop = await two()
    member_id = shop.member(RUDO).id
    await shop.ask(RUDO, Leave())
    with pytest.raises(CustomerNotFound):
        await shop.ask(MANAGER, ShowLastLink(member_id))


async def test_what_changed_since_it_was_shown_is_shown_again() -> None:
    shop = await two()
    member_id = shop.member(RUDO).id
    last = await shop.ask(MANAGER, ShowLastLink(member_id))
    for reward in (CAKE, TEA):
        await shop.ask(RUDO, Redeem(reward.id))
    with pytest.raises(LinkChanged):
        await shop.ask(MANAGER, UndoLink(member_id, last.link_id, last.back))
    await undone(shop)
    assert not (await shop.ask(CASHIER, FindCustomer(RUDO.value))).linked
