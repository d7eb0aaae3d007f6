"""Nothing personal survives a recording: what core tells is the shop's own, or hidden."""

from dataclasses import fields, is_dataclass
from uuid import UUID

import pytest

from core.earning.commands import QuotePurchase
from core.members.commands import Enrol, FindCustomer
from core.values import Money
from dialogs.session import Offered, Session
from dialogs.standins import FIELDS, StandIns
from dialogs.written import NAMES, build, id_of, name_of, written
from tests.dialogs import world

OPEN = {
    "Tier.name", "Reward.slug", "Reward.name", "Reward.category", "Reward.terms",
    "Programme.slug", "Programme.name", "Programme.region", "Programme.currency",
    "Programme.timezone", "Programme.languages", "Programme.dial", "Programme.help_line",
    "Programme.privacy_url", "Programme.rounding", "Member.language", "Member.status",
    "Member.notices", "Staff.role", "Hold.state", "Issuance.reward_name", "Issuance.state",
    "TillCode.kind", "Counter.scope", "Counter.subject", "Notice.kind", "Purchase.currency",
    "HistoryLine.code", "HistoryLine.detail", "JoinTarget.name", "JoinTarget.dial",
    "Money.currency", "Address.kind", "Quote.tier", "Earned.upgraded_to",
    "Balance.tier", "Balance.next_tier", "Offer.slug", "Offer.name", "Offer.category",
    "Offer.terms", "Offer.tier", "Redeemed.reward_name", "Redeemed.state", "Settled.reward_name",
    "Settled.state", "Reject.reason", "Found.tier", "Enrol.language", "Enrol.wording",
    "ChangeLanguage.language", "Shop.slug", "Shop.name",
    "Programme.shortcuts", "Programme.texts", "ListShops.after",
    "ChangeNotices.kinds", "RecordPurchase.store",
    "RecordPurchase.source", "RecordPurchase.receipt_no",
}  # fmt: skip
"""The shop's own words, and words of ours."""


def test_every_text_that_core_tells_is_open_or_hidden() -> None:
    """A new field is decided about here before it can be recorded."""
    texts = {
        f"{name}.{row.name}"
        for name, kind in NAMES.items()
        if is_dataclass(kind) and name != "Session"
        for row in fields(kind)
        if "str" in str(row.type) or "Literal" in str(row.type) or "object" in str(row.type)
    }
    hidden = {field for named in FIELDS.values() for field in named}
    assert texts - OPEN - hidden == set()


def stand_ins() -> StandIns:
    known = StandIns("JO")
    known.value(world.caller(points=5, name="Zorodzai", staff="cashier", languages=("en", "ar")))
    known.value(Enrol("Zorodzai", "en", "We keep"))
    known.value(FindCustomer("0791234999"))
    known.value(FindCustomer("482913"))
    known.value(QuotePurchase(id_of("x"), Money(12500, "JOD")))
    known.result(world.found("Tatenda", "+962791234999"))
    known.result(world.REF)
    return known


SEEN = Session(
    offered=(
        Offered(id="free-coffee", number=1, label="Free Coffee, Zorodzai"),
        Offered(id="yes", number=2, label="Yes", keywords=("ok",)),
    )
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1", "1"),
        ("٢", "2"),
        ("00", "00"),
        ("", ""),
        ("YES", "YES"),
        ("ok", "ok"),
        ("Free Coffee, Zorodzai", "Free Coffee, Rudo"),
        ("zorodzai ", "Rudo"),
        ("079 123 4999", "+962790123002"),
        ("+962791234999", "+962790123002"),
        ("482 913", "100001"),
        ("12.500", "12.500"),
        ("12.5 JOD", "12.5 JOD"),
        ("REDEEM free coffee", "REDEEM free coffee"),
        ("redeem 2", "redeem 2"),
        ("CODE 482913", "CODE 100001"),
        ("BAL", "BAL"),
        ("رصيد", "رصيد"),
        ("my PIN is 83920", "?"),
        ("83920", "?"),
        ("BAL 83920", "BAL ?"),
        ("I am Zorodzai Moyo", "?"),
        ("[x]", "?"),
    ],
)
def test_what_was_typed(typed: str, kept: str) -> None:
    assert stand_ins().typed(typed, SEEN, secret=False) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("73915", "•••"),
        ("٧٣٩١٥", "•••"),
        ("7391 84026", "••• •••"),
        ("7391584026", "••• •••"),
        ("0", "0"),
        ("739155", "?"),
        ("my dog", "?"),
        ("pin 7391", "?"),
    ],
)
def test_what_was_typed_where_a_pin_is_awaited(typed: str, kept: str) -> None:
    assert stand_ins().typed(typed, SEEN, secret=True) == kept


def test_one_stand_in_wherever_a_value_occurs() -> None:
    known, real = StandIns("JO"), world.caller(points=5, name="Zorodzai", pin=True, staff="cashier")
    masked = known.value(real)
    assert masked.member
    assert masked.staff
    assert masked.wallet
    assert (masked.member.name, masked.staff.name) == ("Rudo", "Thandi")
    assert masked.staff.phone == masked.address.value != real.address.value
    assert masked.member.pin_hash == "hash"
    assert known.value(real) == masked
    assert known.result(world.issuance(member="Zorodzai")).member_name == "Rudo"
    assert masked.wallet.member_id == masked.member.id


@pytest.mark.parametrize(
    "value",
    [
        world.caller(points=5, notices=(world.notice("earn", points=5),)),
        world.offers(),
        world.today(),
        world.my_data(),
        (),
        None,
        "K7F3QD2",
        Money(5, "JOD"),
    ],
    ids=str,
)
def test_a_value_is_built_of_its_own_text(value: object) -> None:
    assert build(written(value), NAMES) == value


def test_an_id_is_called_by_its_name() -> None:
    assert name_of(id_of("mug")) == "mug"
    real = UUID("0193a4d2-7c1e-7b52-9d0f-3a5f6f2f9d11")
    assert name_of(real) == str(real)
