"""Cafe Aroma in Amman, as the documents draw it: 10 points a JOD, Silver at 1.5×, Free Coffee."""

from datetime import UTC, datetime
from uuid import UUID

from core.facts import Programme, Reward, Staff, Tier
from core.members.commands import Enrol
from core.ports import JoinTarget
from core.values import Address, Money
from tests.core.memory import Shop

NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RUDO = Address("msisdn", "+962791234567")
OMAR = Address("msisdn", "+962792345678")
LINA = Address("msisdn", "+962793456789")
CASHIER = Address("msisdn", "+962771112223")
MANAGER = Address("msisdn", "+962772223334")
STRANGER = Address("bsuid", "JO.1A2B3C4D5E")

BRONZE = Tier(id=UUID(int=1), name="Bronze", threshold=0, multiplier_pct=100)
SILVER = Tier(id=UUID(int=2), name="Silver", threshold=500, multiplier_pct=150)
GOLD = Tier(id=UUID(int=3), name="Gold", threshold=1500, multiplier_pct=200)


def reward(number: int, name: str, points: int, **more: object) -> Reward:
    slug = name.lower().replace(" ", "-")
    row = {"category": "Drinks", "approval": False, "stocked": False} | more
    return Reward(id=UUID(int=number), slug=slug, name=name, points=points, **row)  # type: ignore[arg-type]


COFFEE = reward(11, "Free Coffee", 100, approval=True, stocked=True)
TEA = reward(12, "Mint Tea", 60)
CAKE = reward(13, "Cake", 200, stocked=True, category="Sweets", refund_on_expiry=True)
BREAKFAST = reward(14, "Breakfast", 300, tier_id=GOLD.id)
OLD = reward(15, "Old Mug", 10, active=False)
WATER = reward(16, "Water", 0)

STAFF = [
    Staff(
        id=UUID(int=21),
        version=1,
        number=1,
        name="Huda",
        role="cashier",
        phone=CASHIER.value,
        pin_hash="hash of 52741",
    ),
    Staff(id=UUID(int=22), version=1, number=2, name="Sami", role="manager", phone=MANAGER.value),
]


def cafe(**changes: object) -> Shop:
    """A new shop; `changes` are of its programme."""
    settings: dict[str, object] = {
        "tenant_id": UUID(int=9),
        "slug": "cafe-aroma",
        "name": "Cafe Aroma",
        "config_version": 1,
        "region": "JO",
        "currency": "JOD",
        "timezone": "Asia/Amman",
        "languages": ("en", "ar"),
        "points_per_unit": 1000,
        "purchase_max_minor": 1_000_000,
        "tiers": (BRONZE, SILVER, GOLD),
        "rewards": (COFFEE, TEA, CAKE, BREAKFAST, OLD, WATER),
    }
    shop = Shop(
        programme=Programme(**settings | changes),  # type: ignore[arg-type]
        now=NOON,
        staff=list(STAFF),
        shops={"beans": JoinTarget(tenant_id=UUID(int=8), name="Beans", dial="*123*46#")},
    )
    shop.tables.stock = {COFFEE.id: 5, CAKE.id: 1}
    return shop


async def joined(shop: Shop, sender: Address = RUDO, name: str = "Rudo") -> UUID:
    """A new member; answers their id."""
    await shop.ask(sender, Enrol(name, "en", "We keep your name and number."))
    return shop.tables.addresses[sender]


def jod(minor: int) -> Money:
    """`jod(50_000)` is 50.000 JOD."""
    return Money(minor, "JOD")
