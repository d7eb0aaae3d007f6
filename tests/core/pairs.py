"""Two members who become one: what tests of links share."""

from core.earning.commands import RecordPurchase
from core.facts import TillCode
from core.members.link_commands import (
    LinkPhone,
    LinkUndoneRef,
    LookUpLink,
    PhoneLinked,
    ShowLastLink,
    ShowLinkCode,
    UndoLink,
)
from core.values import Address
from tests.core.books import audit
from tests.core.cafe import CASHIER, MANAGER, OMAR, RUDO, cafe, jod, joined
from tests.core.memory import Shop


async def two(**programme: object) -> Shop:
    """Rudo with 250 points, Omar with 100."""
    shop = cafe(**programme)
    for sender, name, minor in ((RUDO, "Rudo", 25_000), (OMAR, "Omar", 10_000)):
        member_id = await joined(shop, sender, name)
        await shop.ask(CASHIER, RecordPurchase(member_id, jod(minor)))
    return shop


async def code_of(shop: Shop, sender: Address = RUDO) -> TillCode:
    return await shop.ask(sender, ShowLinkCode())


async def linked(shop: Shop, typing: Address, shown: Address = RUDO) -> PhoneLinked:
    code = await code_of(shop, shown)
    preview = await shop.ask(typing, LookUpLink(code.code))
    done: PhoneLinked = await shop.ask(typing, LinkPhone(preview.code_id, preview.merges))
    audit(shop.tables)
    return done


async def undone(shop: Shop, sender: Address = RUDO) -> LinkUndoneRef:
    member_id = shop.member(sender).id
    last = await shop.ask(MANAGER, ShowLastLink(member_id))
    done: LinkUndoneRef = await shop.ask(MANAGER, UndoLink(member_id, last.link_id, last.back))
    assert done.back == last.back
    audit(shop.tables)
    return done


def standing(shop: Shop, sender: Address) -> tuple[int, int, int, int]:
    wallet = shop.wallet_at(sender)
    return wallet.available, wallet.lifetime_earned, wallet.lifetime_spent, wallet.visits
