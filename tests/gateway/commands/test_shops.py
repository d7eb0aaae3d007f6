"""`maita tenant` and `maita staff`: shortcuts that open something, and staff who go."""

from pathlib import Path

from tests.gateway.conftest import Maita

SHOP = """
[tenant]
slug = "kiosk"
name = "Kiosk"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
"""


def test_shortcuts_stand_for_words_that_open_something(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    for said, code in (
        ("REWARDS", 0),
        ("redeem tea", 0),
        ("STOP", 2),
        ("2", 2),
        ("LANG sn", 2),
    ):
        file.write_text(f'{SHOP}\n[shortcuts]\n7 = "{said}"\n')
        ended = maita("tenant", "create", "--from", str(file))
        assert ended.code == code, ended.err
        assert (f"shortcuts.7: '{said}' opens nothing" in ended.err) == bool(code)


def test_staff_who_go(maita: Maita, tmp_path: Path) -> None:
    file, shop = tmp_path / "shop.toml", "kiosk"
    file.write_text(SHOP)
    assert maita("tenant", "create", "--from", str(file)).code == 0
    assert maita("staff", "add", shop, "Chipo", "+263772660177", "--pin", "60417").code == 0
    assert maita("staff", "remove", shop, "+263772660177").out == "They are staff no more.\n"
    assert maita("staff", "remove", shop, "+263772660177").code == 2
