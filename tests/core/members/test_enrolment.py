"""Joining, leaving and coming back."""

from dataclasses import replace

import pytest

from core.changes import AccountAdded, AddressAdded, ConsentGiven, MemberAdded, TransferAdded
from core.earning.commands import RecordPurchase
from core.errors import AlreadyAMember, NotAMember
from core.members.commands import Enrol, Leave, ShowMyData
from core.members.records import clean_name
from core.rewards.commands import Redeem
from core.service import execute
from tests.core.books import audit, system_sums
from tests.core.cafe import (
    BRONZE,
    CASHIER,
    COFFEE,
    RUDO,
    SILVER,
    STRANGER,
    cafe,
    jod,
    joined,
)
from tests.core.tables import Stale

JOIN = Enrol("Rudo", "ar", "We keep your name and number.")


async def test_a_new_member_has_all_that_a_member_has() -> None:
    shop = cafe()
    enrolled = await shop.ask(RUDO, JOIN)
    assert (enrolled.name, enrolled.bonus, enrolled.available, enrolled.returned) == (
        "Rudo",
        0,
        0,
        False,
    )
    kinds = [type(change) for change in shop.last]
    assert kinds == [MemberAdded, AddressAdded, ConsentGiven, AccountAdded]
    member = shop.member(RUDO)
    assert (member.language, member.status, member.tier_id) == ("ar", "active", BRONZE.id)
    (consent,) = shop.tables.consents.values()
    assert (consent.purpose, consent.granted, consent.wording) == (
        "membership",
        True,
        "We keep your name and number.",
    )
    assert shop.wallet_at(RUDO).version == 1
    data = await shop.ask(RUDO, ShowMyData())
    assert (data.member, data.addresses) == (member, (RUDO,))


async def test_the_join_bonus_is_earned_in_the_same_commit() -> None:
    shop = cafe(join_bonus=10)
    enrolled = await shop.ask(RUDO, JOIN)
    assert (enrolled.bonus, enrolled.available) == (10, 10)
    wallet = shop.wallet_at(RUDO)
    assert (wallet.version, wallet.posted, wallet.lifetime_earned, wallet.visits) == (2, 10, 10, 0)
    (transfer,) = [change for change in shop.last if isinstance(change, TransferAdded)]
    assert (transfer.code, transfer.account_version) == ("bonus", 2)
    audit(shop.tables)


async def test_a_bonus_may_reach_a_tier() -> None:
    shop = cafe(join_bonus=500)
    await shop.ask(RUDO, JOIN)
    assert shop.member(RUDO).tier_id == SILVER.id


async def test_nobody_joins_twice() -> None:
    shop = cafe(join_bonus=10)
    await shop.ask(RUDO, JOIN)
    with pytest.raises(AlreadyAMember):
        await shop.ask(RUDO, JOIN)
    member = shop.member(RUDO)
    shop.tables.members[member.id] = replace(member, status="blocked")
    with pytest.raises(AlreadyAMember):
        await shop.ask(RUDO, JOIN)


async def test_a_sender_without_a_number_joins_too() -> None:
    shop = cafe()
    await shop.ask(STRANGER, JOIN)
    assert shop.member(STRANGER).name == "Rudo"


async def test_an_unknown_language_is_the_programmes_first() -> None:
    shop = cafe()
    await shop.ask(RUDO, Enrol("", "xx", ""))
    assert (shop.member(RUDO).language, shop.member(RUDO).name) == ("en", "")


async def test_coming_back_in_time_brings_the_points_but_no_second_bonus() -> None:
    shop = cafe(join_bonus=10)
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
    ref = await shop.ask(RUDO, Leave())
    assert ref
    left = shop.member(RUDO)
    assert (left.status, left.left_at) == ("left", shop.now)
    assert shop.tables.listed == {RUDO: False}
    with pytest.raises(NotAMember):
        await shop.ask(RUDO, Leave())
    shop.pass_time(days=30)
    enrolled = await shop.ask(RUDO, Enrol("", "en", "Again."))
    assert (enrolled.name, enrolled.bonus, enrolled.available, enrolled.returned) == (
        "Rudo",
        0,
        260,
        True,
    )
    assert (shop.member(RUDO).status, shop.member(RUDO).left_at) == ("active", None)
    assert shop.tables.listed == {RUDO: True}
    assert [consent.granted for consent in shop.tables.consents.values()] == [True, False, True]
    audit(shop.tables)


async def test_after_too_long_the_points_are_breakage() -> None:
    shop = cafe(join_bonus=10)
    member_id = await joined(shop)
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(25_000)))
    await shop.ask(RUDO, Redeem(COFFEE.id))
    await shop.ask(RUDO, Leave())
    shop.pass_time(days=30, seconds=1)
    enrolled = await shop.ask(RUDO, JOIN)
    assert (enrolled.available, enrolled.bonus, enrolled.returned) == (0, 0, True)
    wallet = shop.wallet_at(RUDO)
    assert (wallet.posted, wallet.held) == (100, 100)
    assert system_sums(shop.tables)["breakage"] == 160
    audit(shop.tables)


async def test_with_nothing_to_lose_coming_back_late_loses_nothing() -> None:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, Leave())
    shop.pass_time(days=400)
    assert (await shop.ask(RUDO, JOIN)).returned
    assert not shop.tables.transfers


async def test_two_joins_in_a_race_make_one_member() -> None:
    """The second commit finds the address taken; run again it is refused."""
    shop = cafe(join_bonus=10)
    late = shop.begin(RUDO)
    await execute(late, JOIN)
    await joined(shop, RUDO)
    with pytest.raises(Stale):
        shop.commit(late)
    with pytest.raises(AlreadyAMember):
        await shop.ask(RUDO, JOIN)
    assert (len(shop.tables.members), len(shop.tables.wallets)) == (1, 1)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("O'Neill", "O'Neill"),
        ("=Tendai", "=Tendai"),
        ("  Nyasha   Moyo ", "Nyasha Moyo"),
        ("رودو", "رودو"),
        ("Ru\x00do\u202e\u200b", "Rudo"),
        ("Ru\r\nEND hacked", "Ru END hacked"),
        ("x" * 60, "x" * 40),
        ("\ud800", ""),
    ],
)
def test_names_are_kept_as_people_write_them(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
