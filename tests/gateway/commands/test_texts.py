"""`maita tenant text`: what a shop says in its own words, checked before it is kept."""

from pathlib import Path

import pytest

from tests.gateway.conftest import Maita

SHOP = """
[tenant]
slug = "bookstall"
name = "Bookstall"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
dial = "*776#"
"""


@pytest.fixture
def shop(maita: Maita, tmp_path: Path) -> str:
    """A shop made by a file."""
    file = tmp_path / "shop.toml"
    file.write_text(SHOP)
    assert maita("tenant", "create", "--from", str(file)).code == 0
    return "bookstall"


def test_a_shop_says_a_text_in_its_own_words(maita: Maita, shop: str) -> None:
    earn = "Earn points on every visit."
    assert "no words of its own" in maita("tenant", "text", shop).out
    assert maita("tenant", "text", shop, "en", earn, "Collect bookmarks.").code == 0
    words = ("You have one mark.", "You have {count} marks.")
    assert maita("tenant", "text", shop, "en", "You have {count} pt.", *words).code == 0
    told = maita("tenant", "text", shop, "en").out
    assert told in maita("tenant", "show", shop, "--toml").out
    assert f'"{earn}" = "Collect bookmarks."' in told
    assert f'"You have {{count}} pt." = ["{words[0]}", "{words[1]}"]' in told
    assert maita("tenant", "text", shop, "en", earn, "--remove").code == 0
    assert earn not in maita("tenant", "text", shop).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["en", "Join free", "x" * 21], 'texts.en."Join free": a button holds 20 characters'),
        (["en", "Jion free", "x"], "no such text; did you mean 'Join free'?"),
        (["en", "Join free", "{x.__class__}"], "braces are not possible"),
        (["ar", "Join free", "x"], "the shop does not speak that language"),
        (["en", "Join free"], "or --remove"),
        (["en", "Join free", "x", "--remove"], "or --remove"),
        (["en", "Join free", "--remove"], "no words of its own"),
    ],
)
def test_a_text_that_may_not_be_said_ends_with_2(
    maita: Maita, shop: str, words: list[str], said: str
) -> None:
    ended = maita("tenant", "text", shop, *words)
    assert (ended.code, said in ended.err) == (2, True), ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_file_with_a_text_that_may_not_be_said_makes_no_shop(
    maita: Maita, tmp_path: Path
) -> None:
    file = tmp_path / "loud.toml"
    named = SHOP.replace("bookstall", "loud").replace("*776#", "*775#")
    file.write_text(named + '[texts.en]\n"Welcome {name}!" = "Welcome!"\n')
    ended = maita("tenant", "create", "--from", str(file))
    assert ended.code == 2
    assert 'texts.en."Welcome {name}!": {name} is missing.' in ended.err
    assert "no tenant 'loud'" in maita("tenant", "show", "loud").err
