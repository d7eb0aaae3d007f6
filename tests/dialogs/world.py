"""A small made-up shop, and short names for what core answers. Read by transcripts and tests.

Every function here can be written in a transcript, behind `@` (who calls) or `→` (an answer).
"""

from dataclasses import replace
from datetime import timedelta

from core import errors
from core.earning.commands import Earned, Quote, Undone
from core.facts import (
    Caller,
    Expiry,
    Issuance,
    Member,
    Notice,
    Programme,
    Reward,
    Staff,
    TillCode,
    Wallet,
)
from core.ledger.commands import Balance
from core.members.commands import Enrolled, Found, MyData
from core.ports import HistoryLine, JoinTarget, Today
from core.purchases import Purchase
from core.rewards.commands import Offer, Redeemed, Settled
from core.values import Address, Shop
from dialogs.written import id_of
from tests.dialogs.linking import (
    last_link,
    link_code,
    link_preview,
    link_undone,
    phone_linked,
)
from tests.dialogs.naming import NOW, REF
from tests.dialogs.shelves import BRONZE, GOLD, REWARDS, SILVER, TIERS, shelf

__all__ = [
    "NOW",
    "REF",
    "id_of",
    "last_link",
    "link_code",
    "link_preview",
    "link_undone",
    "phone_linked",
]

PROGRAMME = Programme(
    tenant_id=id_of("cafe-aroma"),
    slug="cafe-aroma",
    name="Cafe Aroma",
    config_version=1,
    region="JO",
    currency="JOD",
    timezone="Asia/Amman",
    points_per_unit=1000,
    tiers=(BRONZE, SILVER, GOLD),
    rewards=REWARDS,
    dial="*123*1#",
    help_line="06 555 0100",
    privacy_url="maita.example/p",
    join_bonus=10,
)


PLATFORM = Programme(
    tenant_id=id_of("platform"), slug="platform", name="Maita", config_version=1, region="ZW",
    currency="USD", timezone="Africa/Harare",
)  # fmt: skip


def shop(name: str) -> Shop:
    slug = name.lower().replace(" ", "-")
    return Shop(tenant_id=id_of(slug), slug=slug, name=name)


def shops(count: int = 3, first: int = 1) -> tuple[Shop, ...]:
    """So many shops in the order of their names: Shop 001, Shop 002 …"""
    return tuple(shop(f"Shop {n:03}") for n in range(first, first + count))


def programme(**changes: object) -> Programme:
    return replace(PROGRAMME, **changes)  # type: ignore[arg-type]


def caller(
    points: int | None = None,
    name: str = "Rudo",
    tier: str = "Silver",
    pin: bool = False,
    status: str = "active",
    language: str = "en",
    staff: str = "",
    staff_pin: bool = True,
    many: int = 0,
    languages: tuple[str, ...] = ("en",),
    notices: tuple[Notice, ...] = (),
    open_issuances: int = 0,
    to_approve: int = 0,
    stopped: bool = False,
    expired: int = 0,
    turned: bool = False,
    shops: tuple[Shop, ...] | None = None,
    chosen: bool = True,
) -> Caller:
    """Who calls: with `points` a member, without a stranger; `staff`: cashier or manager.
    `turned`: the catalogue's order is another, so that its numbers mean other rewards. `shops`:
    by a shared address, those the caller belongs to; not `chosen`: none is yet."""
    member = wallet = None
    if points is not None:
        member = Member(
            id=id_of("rudo"), version=3, name=name, language=language, status=status,  # type: ignore[arg-type]
            tier_id=TIERS[tier].id, joined_at=NOW - timedelta(days=40),
            pin_hash="hash" if pin else None,
        )  # fmt: skip
        wallet = Wallet(id=id_of("wallet"), member_id=member.id, version=7, posted=points, visits=4)
    return Caller(
        programme=programme(rewards=shelf(many)[:: -1 if turned else 1], languages=tuple(languages))
        if chosen
        else PLATFORM,
        address=Address("msisdn", "+962791234567"),
        member=member,
        wallet=wallet,
        staff=tendai(staff, pin=staff_pin) if staff else None,
        unseen=tuple(notices),
        open_issuances=open_issuances,
        to_approve=to_approve,
        stopped=stopped,
        expired_unbooked=expired,
        shops=shops,
        chosen=chosen,
    )


def tendai(role: str, *, pin: bool = True) -> Staff:
    return Staff(
        id=id_of("tendai"), version=1, number=12, name="Tendai", role=role,  # type: ignore[arg-type]
        phone="+962791234567", pin_hash="hash" if pin else None,
    )  # fmt: skip


def notice(kind: str, **params: object) -> Notice:
    return Notice(id=id_of(kind), member_id=id_of("rudo"), kind=kind, params=params)


def enrolled(
    name: str = "Rudo", bonus: int = 10, available: int = 10, returned: bool = False
) -> Enrolled:
    return Enrolled(name, bonus, available, returned, REF)


def balance(
    available: int = 1250, held: int = 0, pending: int = 0, tier: str = "Silver",
    next_tier: str | None = "Gold", to_next: int = 250, expiring: int = 100,
) -> Balance:  # fmt: skip
    expiry = Expiry(points=expiring, at=NOW + timedelta(days=72)) if expiring else None
    return Balance(available, held, pending, tier, next_tier, to_next, expiry)


def offer(kept: Reward, points: int, stock: int | None = None, tier: str | None = None) -> Offer:
    return Offer(
        kept.id, kept.slug, kept.name, kept.category, kept.points, kept.terms, stock, tier,
        max(kept.points - points, 0), kept.approval,
    )  # fmt: skip


def offers(
    points: int = 1250,
    sold_out: str = "",
    gold_only: str = "",
    many: int = 0,
    none: bool = False,
    coffee: int = 100,
    terms: str = "",
) -> tuple[Offer, ...]:
    """What ListRewards answers to one with so many points; `coffee` is what Free Coffee costs."""
    found = [
        offer(
            replace(kept, points=coffee, terms=terms) if kept.slug == "free-coffee" else kept,
            points,
            stock=0 if kept.slug == sold_out else None,
            tier="Gold" if kept.slug == gold_only or kept.tier_id else None,
        )
        for kept in shelf(many)
    ]  # fmt: skip
    found.sort(key=lambda o: (bool(o.missing or o.tier or o.stock == 0), o.points))
    return () if none else tuple(found)


def redeemed(code: str | None = "482913", state: str = "issued", available: int = 1150) -> Redeemed:
    until = NOW + timedelta(days=30)
    return Redeemed(id_of("issuance"), "Free Coffee", state, code, until, available, REF)


def issuance(
    state: str = "issued", code: str | None = "482913", name: str = "Free Coffee",
    id: str = "issuance", member: str = "Rudo", approved: bool = False,
) -> Issuance:  # fmt: skip
    return Issuance(
        id=id_of(id), ref=REF, member_id=id_of("rudo"), reward_id=id_of("free-coffee"),
        reward_name=name, points=100, state=state, code=code,  # type: ignore[arg-type]
        reserved_at=NOW - timedelta(minutes=20), expires_at=NOW + timedelta(days=30),
        redeemed_at=NOW if state == "redeemed" else None, member_name=member,
        hold_id=id_of("hold") if approved else None,
    )  # fmt: skip


def issuances(count: int, state: str = "issued", waiting: bool = False) -> tuple[Issuance, ...]:
    """So many of one member's, or so many members' that wait for staff."""
    code = None if waiting or state != "issued" else "482913"
    return tuple(
        issuance("reserved" if waiting else state, code, f"Free Coffee {n}", f"i{n}", f"Rudo {n}")
        for n in range(1, count + 1)
    )


def settled(state: str = "issued", reward: str = "Free Coffee") -> Settled:
    return Settled(reward, "Rudo", state, REF)


def till_code(code: str = "615204") -> TillCode:
    return TillCode(
        id=id_of("code"), kind="member", member_id=id_of("rudo"), issuance_id=None, code=code,
        expires_at=NOW + timedelta(minutes=5),
    )  # fmt: skip


def found(
    name: str = "Rudo", phone: str | None = "+962791234567", code: bool = False,
    linked: bool = False,
) -> Found:  # fmt: skip
    code_id = id_of("code") if code else None
    return Found(id_of("rudo"), name, phone, "Silver", 1250, code_id, linked)


def quote(points: int = 750) -> Quote:
    return Quote(points, "Silver")


def earned(points: int = 750, available: int = 2000, upgraded_to: str | None = None) -> Earned:
    return Earned("Rudo", points, available, upgraded_to, REF)


def undone() -> Undone:
    return Undone("Rudo", 750, REF)


def today(mine: int = 1) -> Today:
    purchases = tuple(
        Purchase(
            id=id_of(f"purchase{n}"), member_id=id_of("rudo"), member_name="Rudo",
            staff_id=id_of("tendai"), amount_minor=50_000, currency="JOD", points=750, ref=REF,
            at=NOW - timedelta(minutes=4 + 20 * n),
        )
        for n in range(mine)
    )  # fmt: skip
    return Today(
        awards=12, amount_minor=340_000, points=3400, redemptions=3, uses=2, joins=4,
        mine=purchases,
    )  # fmt: skip


def history(lines: int = 3, kinds: int = 3) -> tuple[HistoryLine, ...]:
    every = (
        ("earn", 750, "50.000"), ("redeem", -100, "Free Coffee"), ("bonus", 10, ""),
        ("expire", -20, ""), ("refund", 100, ""), ("reverse", -750, "50.000"), ("merge", 300, ""),
    )  # fmt: skip
    return tuple(
        HistoryLine(
            id=id_of(f"line{n}"), at=NOW - timedelta(days=n), code=every[n % kinds][0],
            points=every[n % kinds][1], detail=every[n % kinds][2], ref=REF,
        )
        for n in range(lines)
    )  # fmt: skip


def my_data() -> MyData:
    member = caller(points=1250).member
    assert member
    return MyData(member, (Address("msisdn", "+962791234567"),))


def target(name: str = "Bella Salon", dial: str = "*123*3#", here: bool = False) -> JoinTarget:
    return JoinTarget(tenant_id=id_of("cafe-aroma" if here else name), name=name, dial=dial)


def refusals() -> dict[str, type[errors.LoyaltyError]]:
    """Every refusal by its class name."""
    kinds = {kind.__name__: kind for kind in errors.LoyaltyError.__subclasses__()}
    return {**kinds, "LoyaltyError": errors.LoyaltyError}
