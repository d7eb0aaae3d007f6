"""Open shops by name, page by page, and as people type them; whoever asks."""

from typing import Any

import psycopg
import pytest

from core.values import Shop as Listed
from storage.loads.shops import LIKE_MAX
from tests.shops import ids, put


@pytest.fixture
def street(superuser: psycopg.Connection) -> list[str]:
    """Shops whose names begin with Z, so that nobody else's are among them; one has closed."""
    superuser.execute("delete from tenant where slug like 'z-%'")
    names = ["Zen Tea", "zebra Books", "Zen Spa", "Zoë's", "Zz 100%", "Zen Garden"]
    for number, name in enumerate(names):
        code = f"Z{number}CODE"
        put(superuser, "tenant", id=ids.uuid7(), slug=f"z-{number}", name=name, join_code=code)
    closed = {"slug": "z-closed", "name": "Zen Closed", "status": "closed", "join_code": "ZCLOSED"}
    put(superuser, "tenant", id=ids.uuid7(), **closed)
    return names


def names(found: tuple[Listed, ...]) -> list[str]:
    return [shop.name for shop in found]


async def test_pages_run_on_in_the_order_of_names(load: Any, street: list[str]) -> None:
    ordered = sorted(street, key=str.lower)
    first = await load.shops(after=("Z", ""), limit=4)
    assert names(first) == ordered[:4]
    last = first[-1]
    assert names(await load.shops(after=(last.name, last.slug), limit=4)) == ordered[4:]
    everybody = names(await load.shops(after=None, limit=1000))
    assert [name for name in everybody if name in street] == ordered
    assert "Zen Closed" not in everybody
    assert "Maita" not in everybody, "the platform is no shop"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("z-1", ["zebra Books"]),
        ("z 1", ["zebra Books"]),
        ("z1code", ["zebra Books"]),
        ("z1 code", ["zebra Books"]),
        ("zen", ["Zen Garden", "Zen Spa", "Zen Tea"]),
        ("en", []),
        ("books", ["zebra Books"]),
        ("zz 100%", ["Zz 100%"]),
        ("z_n", []),
        ("zen closed", []),
        ("zclosed", []),
        ("platform", []),
        ("'; drop table tenant; --", []),
    ],
)
async def test_by_what_people_type(
    typed: str, found: list[str], load: Any, street: list[str]
) -> None:
    shown = names(await load.shops_like(typed))
    if typed == "en":
        assert len(shown) <= LIKE_MAX
        assert "Zen Closed" not in shown
    else:
        assert shown == found
