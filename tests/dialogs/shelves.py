"""What the made-up shop of the transcripts sells, to which tiers. Called by world.py."""

from dataclasses import replace

from core.facts import Reward, Tier
from dialogs.written import id_of

BRONZE = Tier(id=id_of("bronze"), name="Bronze", threshold=0, multiplier_pct=100)
SILVER = Tier(id=id_of("silver"), name="Silver", threshold=1000, multiplier_pct=150)
GOLD = Tier(id=id_of("gold"), name="Gold", threshold=5000, multiplier_pct=200)
TIERS = {tier.name: tier for tier in (BRONZE, SILVER, GOLD)}


def reward(name: str, points: int, category: str = "Food", **more: object) -> Reward:
    slug = name.lower().replace(" ", "-")
    kept = Reward(id=id_of(slug), slug=slug, name=name, category=category, points=points)
    return replace(kept, **more)  # type: ignore[arg-type]


REWARDS = (reward("Muffin", 300), reward("Free Coffee", 100, "Drinks"), reward("Tea", 90, "Drinks"))
MANY = (
    *REWARDS,
    *(reward(f"Cake {n}", 200 + n, "Cakes") for n in range(1, 6)),
    reward("Gold Mug", 400, "Things", tier_id=GOLD.id),
)


def shelf(many: int) -> tuple[Reward, ...]:
    """The catalogue: small, of several categories, or of so many rewards."""
    toys = tuple(
        reward(f"Toy {n}", 500 + n, "Toys" if n > 1 else "") for n in range(1, many - len(MANY) + 1)
    )
    return (*MANY, *toys) if many else REWARDS
