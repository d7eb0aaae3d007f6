"""A code shown on one phone and typed on the other: one member, all their points, every guard."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.changes import CounterMoved
from core.errors import (
    CodeAlreadyUsed,
    CodeNotUnderstood,
    CodeUnknown,
    LinkChanged,
    NotAMember,
    OwnLinkCode,
    PinRequired,
    PinWrong,
    TooManyTries,
)
from core.members.commands import FindCustomer, Leave, SetPin
from core.members.link_commands import LinkPhone, LookUpLink
from core.members.linking import mask_name
from core.rewards.commands import ListIssuances, Redeem
from core.values import Address, Secret
from tests.core.cafe import (
    CASHIER,
    LINA,
    OMAR,
    RUDO,
    STRANGER,
    TEA,
    joined,
)
from tests.core.memory import Shop
from tests.core.pairs import code_of, linked, two

PIN, OTHER_PIN = Secret("48215"), Secret("90417")


# ── the code ────────────────────────────────────────────────────────────────────────────────────


async def test_a_code_lives_ten_minutes_and_is_shown_again() -> None:
    shop = await two()
    code = await code_of(shop)
    assert (code.kind, code.expires_at - shop.now) == ("link", timedelta(minutes=10))
    shop.pass_time(minutes=9)
    assert await code_of(shop) == code
    shop.pass_time(minutes=1)
    assert (await code_of(shop)).code != code.code
    with pytest.raises(NotAMember):
        await code_of(shop, STRANGER)


async def test_a_till_code_links_nothing_and_a_link_code_opens_no_till() -> None:
    shop = await two()
    code = await code_of(shop)
    with pytest.raises(CodeUnknown):
        await shop.ask(CASHIER, FindCustomer(code.code))
    await shop.ask(RUDO, Redeem(TEA.id))
    (issuance,) = await shop.ask(RUDO, ListIssuances())
    with pytest.raises(CodeUnknown):
        await shop.ask(OMAR, LookUpLink(issuance.code or ""))


async def test_whose_it_is_is_masked() -> None:
    shop = await two()
    code = await code_of(shop)
    preview = await shop.ask(OMAR, LookUpLink(f" {code.code[:3]} {code.code[3:]}"))
    assert (preview.name, preview.phone) == ("Ru***", RUDO.value)
    assert (preview.merges, preview.points) == (True, 100)
    assert (preview.pin, preview.own_pin) == (False, False)
    newcomer = await shop.ask(STRANGER, LookUpLink(code.code))
    assert (newcomer.merges, newcomer.points) == (False, 0)
    assert [mask_name(name) for name in ("", "A", "Al", "Alice")] == ["", "A***", "A***", "Al***"]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12a456"])
async def test_what_is_no_code(typed: str) -> None:
    shop = await two()
    with pytest.raises(CodeNotUnderstood):
        await shop.ask(OMAR, LookUpLink(typed))


@pytest.mark.parametrize("typing", [OMAR, STRANGER])
async def test_five_wrong_ones_an_hour(typing: Address) -> None:
    shop = await two()
    code = (await code_of(shop)).code
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeUnknown) as refused:
            await shop.ask(typing, LookUpLink(wrong))
        assert refused.value.params["left"] == left
    with pytest.raises(TooManyTries):
        await shop.ask(typing, LookUpLink(code))
    shop.pass_time(hours=1)
    code = (await code_of(shop)).code
    assert (await shop.ask(typing, LookUpLink(code))).name


async def test_a_code_that_ran_out_or_was_used() -> None:
    shop = await two()
    code = await code_of(shop)
    preview = await shop.ask(OMAR, LookUpLink(code.code))
    shop.pass_time(minutes=10)
    with pytest.raises(CodeUnknown):
        await shop.ask(OMAR, LookUpLink(code.code))
    with pytest.raises(CodeUnknown):
        await shop.ask(OMAR, LinkPhone(preview.code_id, True))
    code = await code_of(shop)
    await shop.ask(OMAR, LinkPhone(code.id, True))
    with pytest.raises(CodeAlreadyUsed):
        await shop.ask(STRANGER, LookUpLink(code.code))
    with pytest.raises(CodeAlreadyUsed):
        await shop.ask(STRANGER, LinkPhone(code.id, False))


async def test_ones_own_code() -> None:
    shop = await two()
    code = await code_of(shop)
    with pytest.raises(OwnLinkCode):
        await shop.ask(RUDO, LookUpLink(code.code))
    with pytest.raises(OwnLinkCode):
        await shop.ask(RUDO, LinkPhone(code.id, True))


async def test_who_left_joins_first_and_a_code_of_who_left_is_none() -> None:
    shop = await two()
    code = await code_of(shop)
    await shop.ask(OMAR, Leave())
    with pytest.raises(NotAMember):
        await shop.ask(OMAR, LookUpLink(code.code))
    await shop.ask(RUDO, Leave())
    with pytest.raises(CodeUnknown):
        await shop.ask(STRANGER, LookUpLink(code.code))
    with pytest.raises(CodeUnknown):
        await shop.ask(STRANGER, LinkPhone(code.id, False))


async def test_who_joined_in_between_is_asked_again() -> None:
    shop = await two()
    preview = await shop.ask(LINA, LookUpLink((await code_of(shop)).code))
    await joined(shop, LINA, "Lina")
    with pytest.raises(LinkChanged):
        await shop.ask(LINA, LinkPhone(preview.code_id, preview.merges))


# ── an address that was nobody's ────────────────────────────────────────────────────────────────


async def test_a_number_without_membership_becomes_the_members() -> None:
    shop = await two()
    done = await linked(shop, STRANGER)
    assert (done.name, done.points, done.available) == ("Ru***", 0, 250)
    assert shop.member(STRANGER) == shop.member(RUDO)
    (notice,) = [n for n in shop.tables.notices.values() if n.kind == "linked"]
    assert (notice.member_id, notice.params) == (shop.member(RUDO).id, {"ref": done.ref})
    consent = list(shop.tables.consents.values())[-1]
    assert (consent.purpose, consent.granted) == ("membership", True)
    (link,) = shop.tables.links.values()
    assert (link.other_id, link.addresses) == (None, (STRANGER,))
    with pytest.raises(OwnLinkCode):
        await shop.ask(STRANGER, LookUpLink((await code_of(shop)).code))


# ── PINs ────────────────────────────────────────────────────────────────────────────────────────


async def test_the_pin_of_the_codes_member_is_asked() -> None:
    shop = await two()
    await shop.ask(RUDO, SetPin(PIN))
    code = await code_of(shop)
    assert (await shop.ask(STRANGER, LookUpLink(code.code))).pin
    with pytest.raises(PinRequired):
        await shop.ask(STRANGER, LinkPhone(code.id, False))
    with pytest.raises(PinWrong):
        await shop.ask(STRANGER, LinkPhone(code.id, False, OTHER_PIN))
    assert shop.tables.counters["pin", str(shop.member(RUDO).id)].n == 1
    await shop.ask(STRANGER, LinkPhone(code.id, False, PIN))
    assert shop.tables.counters["pin", str(shop.member(RUDO).id)].n == 0
    assert shop.member(STRANGER) == shop.member(RUDO)


async def test_both_pins_where_both_have_one() -> None:
    """An unlocked phone is no way to its points, whoever shows the code."""
    shop = await two()
    await shop.ask(RUDO, SetPin(PIN))
    await shop.ask(OMAR, SetPin(OTHER_PIN))
    code = await code_of(shop)
    preview = await shop.ask(OMAR, LookUpLink(code.code))
    assert (preview.pin, preview.own_pin) == (True, True)
    for pins in ((PIN, None), (None, OTHER_PIN)):
        with pytest.raises(PinRequired):
            await shop.ask(OMAR, LinkPhone(code.id, True, *pins))
    with pytest.raises(PinWrong):
        await shop.ask(OMAR, LinkPhone(code.id, True, PIN, PIN))
    assert shop.tables.counters["pin", str(shop.member(OMAR).id)].n == 1
    await shop.ask(OMAR, LinkPhone(code.id, True, PIN, OTHER_PIN))
    assert shop.member(RUDO).pin_hash == "hash of 48215"


async def test_the_only_pin_guards_both() -> None:
    shop = await two()
    await shop.ask(OMAR, SetPin(OTHER_PIN))
    code = await code_of(shop)
    await shop.ask(OMAR, LinkPhone(code.id, True, own_pin=OTHER_PIN))
    with pytest.raises(PinRequired):
        await shop.ask(RUDO, Redeem(TEA.id))


async def test_wrong_tries_of_both_count_on() -> None:
    shop = await two()
    for sender, n in ((RUDO, 1), (OMAR, 2)):
        tried(shop, shop.member(sender).id, n)
    await linked(shop, OMAR)
    assert shop.tables.counters["use_here", str(shop.member(RUDO).id)].n == 3


def tried(shop: Shop, member_id: UUID, n: int) -> None:
    moved = CounterMoved(scope="use_here", subject=str(member_id), was=None, n=n, until=None)
    shop.tables = shop.tables.commit((moved,))
