"""A shop's own words: from its file, by hand, written back, and no other shop's."""

from uuid import UUID

import pytest

from storage.admin import (
    SpecError,
    decode,
    find_tenant,
    remove_text,
    set_text,
    stored_texts,
    tenant_toml,
)
from storage.admin.texts import TextFault
from storage.programmes import Programmes
from storage.turns import PLATFORM
from tests.storage.admin.conftest import CAFE, Office

EARN = "Earn points on every visit."
HAVE = "You have {count} pt."
TEXTS = f"""
[texts.en]
"{EARN}" = "Collect \\"beans\\", friend."
"Show: {{code}}\\nOnce." = "{{code}}"

[texts.ar]
"{HAVE}" = ["لا", "حبة", "حبتان", "{{count}} حبات", "{{count}} حبة", "{{count}} حبة"]
"""
OTHER = (
    CAFE.partition("[[staff]]")[0]
    .replace("cafe-aroma", "other")
    .replace("*123*45#", "*123*46#")
    .replace("AROMA", "OTHER")
)


def anything(language: str, message: str, forms: tuple[str, ...]) -> str | None:
    """Lets everything pass but one word."""
    return "not that word" if "forbidden" in forms else None


ANYTHING: TextFault = anything


async def made(office: Office, text: str) -> UUID:
    return (await office.apply(text, text_fault=ANYTHING)).tenant.id


async def test_a_file_says_what_a_shop_calls_things(office: Office) -> None:
    shop = await made(office, CAFE + TEXTS)
    programme = await office.programme(shop)
    assert programme.texts == {
        "en": {EARN: ('Collect "beans", friend.',), "Show: {code}\nOnce.": ("{code}",)},
        "ar": {HAVE: ("لا", "حبة", "حبتان", "{count} حبات", "{count} حبة", "{count} حبة")},
    }
    assert programme.texts == await stored_texts(office.db, shop)


async def test_a_shop_without_words_of_its_own_has_none(office: Office) -> None:
    assert (await office.programme((await office.apply(CAFE)).tenant.id)).texts == {}


async def test_the_file_written_back_is_the_same(office: Office) -> None:
    await made(office, CAFE + TEXTS)
    text = await tenant_toml(office.db, office.vault, "cafe-aroma", with_secrets=True)
    assert decode(text).texts == decode(CAFE + TEXTS).texts
    assert not (await office.apply(text, text_fault=ANYTHING)).changed


async def test_a_named_language_is_what_the_file_says_and_others_stay(office: Office) -> None:
    shop = await made(office, CAFE + TEXTS)
    changed = await office.apply(CAFE + '[texts.en]\nx = "y"\n', text_fault=ANYTHING)
    assert changed.changed
    said = await stored_texts(office.db, shop)
    assert said["en"] == {"x": ("y",)}
    assert set(said) == {"en", "ar"}
    assert not (await office.apply(CAFE)).changed
    await office.apply(CAFE + "[texts.en]\n", text_fault=ANYTHING)
    assert set(await stored_texts(office.db, shop)) == {"ar"}


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ('[texts.sn]\nx = "y"', "texts.sn"),
        ('[texts.en]\nx = "forbidden"', 'texts.en."x": not that word.'),
        ("[texts.en]\nx = 1", "texts"),
        ("[texts]\nx = 1", "texts"),
    ],
)
async def test_what_may_not_be_said_is_refused_whole(
    office: Office, texts: str, field: str
) -> None:
    with pytest.raises(SpecError, match=field.replace(".", r"\.")):
        await office.apply(CAFE + texts, text_fault=ANYTHING)
    assert await find_tenant(office.db, "cafe-aroma") is None


async def test_texts_are_never_stored_unchecked(office: Office) -> None:
    with pytest.raises(AssertionError, match="checked"):
        await office.apply(CAFE + TEXTS)


async def test_by_hand_a_text_is_new_from_the_next_version_on(office: Office) -> None:
    shop = await made(office, CAFE)
    programmes = Programmes(office.db)
    before = await programmes.latest(shop)
    await set_text(office.db, shop, "en", EARN, ("Collect beans.",), ANYTHING)
    after = await programmes.latest(shop)
    assert after.config_version == before.config_version + 1
    assert after.texts == {"en": {EARN: ("Collect beans.",)}}
    await set_text(office.db, shop, "en", EARN, ("Collect beans.",), ANYTHING)
    assert (await programmes.latest(shop)).config_version == after.config_version
    await remove_text(office.db, shop, "en", EARN)
    assert (await programmes.latest(shop)).texts == {}


async def test_by_hand_what_may_not_be_said_is_refused(office: Office) -> None:
    shop = await made(office, CAFE)
    with pytest.raises(SpecError, match="not that word"):
        await set_text(office.db, shop, "en", EARN, ("forbidden",), ANYTHING)
    with pytest.raises(SpecError, match="does not speak"):
        await set_text(office.db, shop, "nd", EARN, ("x",), ANYTHING)
    with pytest.raises(SpecError, match="platform"):
        await set_text(office.db, PLATFORM, "en", EARN, ("x",), ANYTHING)
    with pytest.raises(SpecError, match="no words of its own"):
        await remove_text(office.db, shop, "en", EARN)
    assert await stored_texts(office.db, shop) == {}


async def test_no_shop_has_another_s_words(office: Office) -> None:
    shop = await made(office, CAFE + TEXTS)
    other = (await office.apply(OTHER)).tenant.id
    assert await stored_texts(office.db, other) == {}
    assert (await office.programme(other)).texts == {}
    with pytest.raises(SpecError):
        await remove_text(office.db, other, "en", EARN)
    await set_text(office.db, other, "en", EARN, ("Other.",), ANYTHING)
    assert (await stored_texts(office.db, shop))["en"][EARN] == ('Collect "beans", friend.',)
