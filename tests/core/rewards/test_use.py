"""Goods handed over: by code, or on the customer's phone with a cashier's PIN."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.earning.commands import RecordPurchase
from core.errors import (
    CodeAlreadyUsed,
    CodeNotUnderstood,
    CodeUnknown,
    IssuanceClosed,
    IssuanceUnknown,
    NotAMember,
    NotStaff,
    PinLocked,
    PinNotSet,
    SelfAward,
    SigningWrong,
)
from core.members.commands import SignInStaff
from core.rewards.commands import LookUpCode, Redeem, Redeemed, ShowMyCode, UseHere, UseIssuance
from core.values import Secret
from tests.core.books import audit
from tests.core.cafe import CASHIER, MANAGER, OMAR, RUDO, TEA, cafe, jod, joined
from tests.core.memory import Shop

RIGHT, WRONG = Secret("52741"), Secret("52742")


async def issued() -> tuple[Shop, Redeemed]:
    shop = cafe()
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(20_000)))
    return shop, await shop.ask(RUDO, Redeem(TEA.id))


async def test_a_code_is_used_once() -> None:
    shop, redeemed = await issued()
    assert redeemed.code
    found = await shop.ask(CASHIER, LookUpCode(redeemed.code))
    assert (found.id, found.reward_name, found.member_name) == (
        redeemed.issuance_id,
        "Mint Tea",
        "Rudo",
    )
    assert (shop.last, shop.trips) == ((), 3)
    await shop.ask(CASHIER, UseIssuance(found.id))
    assert shop.trips == 3
    used_at = shop.now
    assert shop.tables.issuances[found.id].redeemed_at == used_at
    assert list(shop.tables.notices.values())[-1].kind == "used"
    shop.pass_time(minutes=10)
    with pytest.raises(CodeAlreadyUsed) as refused:
        await shop.ask(MANAGER, LookUpCode(redeemed.code))
    assert refused.value.params == {"at": used_at}
    audit(shop.tables)


async def test_a_code_ends_with_its_issuance() -> None:
    shop, redeemed = await issued()
    assert redeemed.code
    shop.now = redeemed.expires_at
    with pytest.raises(IssuanceClosed) as refused:
        await shop.ask(CASHIER, LookUpCode(redeemed.code))
    assert refused.value.params == {"state": "expired"}
    with pytest.raises(IssuanceClosed):
        await shop.ask(CASHIER, UseIssuance(redeemed.issuance_id))


async def test_what_is_no_issuances_code() -> None:
    shop, _ = await issued()
    own = await shop.ask(RUDO, ShowMyCode())
    with pytest.raises(CodeUnknown):
        await shop.ask(CASHIER, LookUpCode(own.code))
    for typed in ("12345", "1234567", "12345a", "", "٢²٣٤٥٦"):
        with pytest.raises(CodeNotUnderstood):
            await shop.ask(CASHIER, LookUpCode(typed))
    with pytest.raises(NotStaff):
        await shop.ask(RUDO, LookUpCode(own.code))


async def test_a_members_code_is_shown_again_for_five_minutes() -> None:
    shop, _ = await issued()
    first = await shop.ask(RUDO, ShowMyCode())
    shop.pass_time(minutes=4, seconds=59)
    assert await shop.ask(RUDO, ShowMyCode()) == first
    assert (shop.last, shop.trips) == ((), 3)
    shop.pass_time(seconds=1)
    second = await shop.ask(RUDO, ShowMyCode())
    assert (second.id != first.id, len(second.code)) == (True, 6)
    await shop.ask(CASHIER, RecordPurchase(shop.member(RUDO).id, jod(100), code_id=second.id))
    third = await shop.ask(RUDO, ShowMyCode())
    assert third.id != second.id
    with pytest.raises(NotAMember):
        await shop.ask(OMAR, ShowMyCode())


async def test_a_cashier_confirms_on_the_customers_phone() -> None:
    shop, redeemed = await issued()
    settled = await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, RIGHT))
    assert (settled.state, shop.trips) == ("redeemed", 3)
    assert [code.used_at for code in shop.tables.codes.values()] == [shop.now]
    assert [notice.kind for notice in shop.tables.notices.values()] == ["earned"]
    with pytest.raises(IssuanceClosed):
        await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, RIGHT))


async def test_wrong_pins_and_numbers_lock_the_phone_and_sound_the_same() -> None:
    shop, redeemed = await issued()
    for number, pin, left in ((1, WRONG, 2), (7, RIGHT, 1)):
        hashed = shop.hasher.hashed
        with pytest.raises(SigningWrong) as refused:
            await shop.ask(RUDO, UseHere(redeemed.issuance_id, number, pin))
        assert refused.value.params == {"left": left}
        assert shop.hasher.hashed == hashed + 1
    with pytest.raises(PinLocked):
        await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, WRONG))
    for number in (1, 7):
        with pytest.raises(PinLocked):
            await shop.ask(RUDO, UseHere(redeemed.issuance_id, number, RIGHT))
    assert redeemed.code
    await shop.ask(CASHIER, UseIssuance((await shop.ask(CASHIER, LookUpCode(redeemed.code))).id))


async def test_one_cashiers_pin_is_not_guessed_through_many_phones() -> None:
    """Ten wrong ones an hour, whoever's phone they are typed on; the cashier's own goes on."""
    shop, redeemed = await issued()
    for guess in range(10):
        shop.tables.counters.pop(("use_here", str(shop.member(RUDO).id)), None)
        assert guess == 0 or shop.tables.counters["use_here_staff", str(shop.staff[0].id)].n
        with pytest.raises(SigningWrong):
            await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, WRONG))
    shop.tables.counters.pop(("use_here", str(shop.member(RUDO).id)))
    hashed = shop.hasher.hashed
    with pytest.raises(PinLocked) as refused:
        await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, RIGHT))
    assert (refused.value.params, shop.last) == ({"until": shop.now + timedelta(hours=1)}, ())
    assert shop.hasher.hashed == hashed
    await shop.ask(CASHIER, SignInStaff(RIGHT))
    shop.pass_time(hours=1)
    assert (await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, RIGHT))).state == "redeemed"


async def test_only_ones_own_and_only_by_another() -> None:
    shop, redeemed = await issued()
    await joined(shop, OMAR, "Omar")
    for sender, issuance_id in ((OMAR, redeemed.issuance_id), (RUDO, UUID(int=404))):
        with pytest.raises(IssuanceUnknown):
            await shop.ask(sender, UseHere(issuance_id, 1, RIGHT))
    with pytest.raises(PinNotSet):
        await shop.ask(RUDO, UseHere(redeemed.issuance_id, 2, RIGHT))
    shop.staff[0] = replace(shop.staff[0], phone=RUDO.value)
    with pytest.raises(SelfAward):
        await shop.ask(RUDO, UseHere(redeemed.issuance_id, 1, RIGHT))
