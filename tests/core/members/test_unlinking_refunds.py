"""A link is undone after points came back for rewards that the other membership had paid for."""

from dataclasses import replace

from core.earning.commands import RecordPurchase
from core.members.link_commands import ShowLastLink
from core.rewards.commands import ExpireIssuance, Redeem
from core.values import Address
from tests.core import pairs
from tests.core.books import audit
from tests.core.cafe import CAKE, CASHIER, LINA, MANAGER, OMAR, RUDO, TEA, cafe, jod, joined
from tests.core.memory import Shop
from tests.core.pairs import linked, standing, undone


async def with_cake(*shown: Address, **programme: object) -> Shop:
    """Rudo, Omar and Lina earned 250 a day after each other, Omar bought a Cake for 200 of them;
    Rudo shows Omar a code, and each of `shown` the one before."""
    shop = cafe(**{"rewards": (replace(CAKE, valid_days=7), TEA)} | programme)
    for sender in (RUDO, OMAR, LINA):
        member_id = await joined(shop, sender, sender.value[-3:])
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
        shop.pass_time(days=1)
    await shop.ask(OMAR, Redeem(CAKE.id))
    typing = OMAR
    for showing in (RUDO, *shown):
        await linked(shop, typing, showing)
        typing = showing
    return shop


async def lapse(shop: Shop) -> None:
    """The Cake runs out, and its points come back."""
    (issuance,) = [i for i in shop.tables.issuances.values() if i.reward_id == CAKE.id]
    shop.now = issuance.expires_at
    assert await shop.ask(CASHIER, ExpireIssuance(issuance.id)) == 1
    audit(shop.tables)


async def test_points_given_back_for_what_it_paid_go_back_too() -> None:
    shop = await with_cake()
    assert standing(shop, RUDO) == (300, 500, 200, 2)
    await lapse(shop)
    assert standing(shop, RUDO) == (500, 500, 0, 2)
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.points, last.back) == (250, 250)
    await undone(shop)
    assert (standing(shop, OMAR), standing(shop, RUDO)) == ((250, 250, 0, 1), (250, 250, 0, 1))


async def test_they_keep_their_end() -> None:
    """Rudo's end a day sooner: what goes back to Omar is what was his, not only as much."""
    shop = await with_cake(lot_days=30)
    (rudos, omars, _) = [lot.expires_at for lot in list(shop.tables.lots.values())[:3]]
    await lapse(shop)
    assert (await undone(shop)).back == 250
    lots = [lot for lot in shop.tables.lots.values() if lot.remaining]
    for sender, end in ((RUDO, rudos), (OMAR, omars)):
        wallet_id = shop.wallet_at(sender).id
        assert {lot.expires_at for lot in lots if lot.account_id == wallet_id} == {end}


async def test_what_the_other_did_not_spend_stays_the_survivors() -> None:
    """Rudo's own 60 are spent, Omar's 200 are not any more."""
    shop = await with_cake()
    await shop.ask(RUDO, Redeem(TEA.id))
    await lapse(shop)
    assert (await undone(shop)).back == 250
    assert (standing(shop, OMAR), standing(shop, RUDO)) == ((250, 250, 0, 1), (190, 250, 60, 1))


async def test_who_redeems_after_the_link_pays_themselves() -> None:
    shop = await pairs.two(rewards=(replace(CAKE, valid_days=7),))
    await linked(shop, OMAR)
    await shop.ask(OMAR, Redeem(CAKE.id))
    await lapse(shop)
    assert (await undone(shop)).back == 100
    assert (standing(shop, RUDO)[:3], standing(shop, OMAR)[:3]) == ((250, 250, 0), (100, 100, 0))


async def test_those_spent_since_are_taken_from_what_is_there() -> None:
    shop = await with_cake()
    await lapse(shop)
    for _ in range(5):
        await shop.ask(RUDO, Redeem(TEA.id))
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.points, last.back) == (250, 200)
    await undone(shop)
    assert (standing(shop, RUDO)[0], standing(shop, OMAR)[0]) == (0, 200)


async def test_those_of_lots_that_were_over_come_back_for_some_days() -> None:
    """The lots had ended before the Cake did: 200 points last another week, whoever has them."""
    shop = await with_cake(lot_days=3)
    await lapse(shop)
    assert (await undone(shop)).back == 200
    assert standing(shop, OMAR) == (200, 250, 0, 1)


async def test_those_that_expired_are_owed_to_nobody() -> None:
    shop = await with_cake(lot_days=3)
    await lapse(shop)
    shop.pass_time(days=8)
    await shop.ask(CASHIER, RecordPurchase(shop.member(RUDO).id, jod(20_000)))
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.points, last.back) == (250, 0)
    await undone(shop)
    assert standing(shop, OMAR)[:3] == (0, 250, 0)


async def test_they_go_all_the_way_back_through_a_chain() -> None:
    """Omar's Cake lapses when it is Lina's: its points are Rudo's again, then Omar's."""
    shop = await with_cake(LINA)
    await lapse(shop)
    assert standing(shop, LINA) == (750, 750, 0, 3)
    assert (await undone(shop, LINA)).back == 500
    assert (standing(shop, LINA), standing(shop, RUDO)) == ((250, 250, 0, 1), (500, 500, 0, 2))
    assert (await undone(shop)).back == 250
    assert (standing(shop, RUDO), standing(shop, OMAR)) == ((250, 250, 0, 1), (250, 250, 0, 1))


async def test_a_later_link_owes_them_once() -> None:
    """Given back within an earlier link they are points like others: they come with the next."""
    shop = await with_cake()
    await lapse(shop)
    await undone(shop)
    await linked(shop, OMAR)
    last = await shop.ask(MANAGER, ShowLastLink(shop.member(RUDO).id))
    assert (last.points, last.back) == (250, 250)
    await undone(shop)
    await linked(shop, RUDO, shown=LINA)
    assert (await undone(shop, LINA)).back == 250
