"""Language, notices, STOP and START."""

import pytest

from core.earning.commands import RecordPurchase
from core.errors import NotAMember
from core.members.commands import (
    ChangeLanguage,
    ChangeName,
    ChangeNotices,
    Leave,
    SeeNotices,
    ShowMyData,
    StartMessages,
    StopMessages,
    WhoAmI,
)
from tests.core.cafe import CASHIER, OMAR, RUDO, STRANGER, cafe, jod, joined


async def test_a_language_is_kept() -> None:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, ChangeLanguage("ar"))
    assert shop.member(RUDO).language == "ar"
    await shop.ask(RUDO, ChangeLanguage("xx"))
    assert (shop.member(RUDO).language, shop.member(RUDO).version) == ("en", 3)


async def test_a_new_name_is_kept_clean() -> None:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, ChangeName(" Rudo\u202e  Moyo\n"))
    assert (shop.member(RUDO).name, shop.member(RUDO).version) == ("Rudo Moyo", 2)


async def test_wanted_notices_are_kept() -> None:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, ChangeNotices(("expiry", "gossip", "earn")))
    assert shop.member(RUDO).notices == ("earn", "expiry")


async def test_members_alone_have_settings() -> None:
    shop = cafe()
    await joined(shop)
    await shop.ask(RUDO, Leave())
    for command in (ChangeLanguage("ar"), ChangeName("Rudo"), ChangeNotices(())):
        with pytest.raises(NotAMember):
            await shop.ask(RUDO, command)
    with pytest.raises(NotAMember):
        await shop.ask(OMAR, ShowMyData())


async def test_stop_and_start_work_for_anyone_and_the_last_word_counts() -> None:
    shop = cafe()
    await joined(shop)
    for sender in (RUDO, STRANGER):
        said = []
        for command in (StopMessages(), StopMessages(), StartMessages(), StartMessages()):
            await shop.ask(sender, command)
            said.append((await shop.ask(sender, WhoAmI())).stopped)
        assert said == [True, True, False, False]


async def test_a_notice_is_seen_once_and_only_by_its_member() -> None:
    shop = cafe()
    member_id = await joined(shop)
    await joined(shop, OMAR, "Omar")
    await shop.ask(CASHIER, RecordPurchase(member_id, jod(5_000)))
    (notice,) = (await shop.ask(RUDO, WhoAmI())).unseen
    assert notice.kind == "earned"
    changed = []
    for sender in (OMAR, RUDO, RUDO):
        await shop.ask(sender, SeeNotices((notice.id, notice.id)))
        changed.append(len(shop.last))
    assert changed == [0, 1, 0]
    assert (await shop.ask(RUDO, WhoAmI())).unseen == ()
