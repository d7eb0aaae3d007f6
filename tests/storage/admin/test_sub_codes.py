"""A shop's digits behind a code that shops share: given by its file, one shop's only, given up."""

import pytest

from storage.admin import (
    ChannelPart,
    SpecError,
    add_channel,
    decode,
    find_tenant,
    set_channel,
    tenant_toml,
)
from storage.channels import Registry
from storage.turns import PLATFORM
from tests.storage.admin.conftest import CAFE, Office

KIND = "africastalking_ussd"


def behind(digits: str, address: str = "*123#") -> str:
    return f'\n[[sub_codes]]\nkind = "{KIND}"\naddress = "{address}"\ndigits = "{digits}"\n'


OTHER = """
[tenant]
slug = "bella-salon"
name = "Bella Salon"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
"""


@pytest.fixture
async def shared(office: Office) -> Office:
    part = ChannelPart(kind=KIND, address="*123#")
    await add_channel(office.db, office.vault, PLATFORM, part, office.ids)
    return office


async def test_digits_lead_to_their_shop_and_are_written_back(shared: Office) -> None:
    registry = Registry(shared.db, shared.vault)
    await registry.load()
    (channel,) = await registry.of_owner(PLATFORM)
    before = registry.version(PLATFORM)
    applied = await shared.apply(CAFE + behind("46"))
    await registry.refresh()
    assert registry.version(PLATFORM) == before + 1
    assert registry.at_sub_code(channel, "46") == applied.tenant.id
    # Its own code `*123*45#` means it here too; nobody has 99.
    assert registry.at_sub_code(channel, "45") == applied.tenant.id
    assert registry.at_sub_code(channel, "99") is None
    text = await tenant_toml(shared.db, shared.vault, "cafe-aroma", with_secrets=True)
    assert behind("46").strip() in text
    assert '[shortcuts]\n11 = "REDEEM free-coffee"\n2 = "REWARDS"' in text
    assert (await shared.apply(text)).changed is False
    assert decode(text).shortcuts == {"2": "REWARDS", "11": "REDEEM free-coffee"}


async def test_an_own_code_is_its_shops_however_it_is_written(shared: Office) -> None:
    registry = Registry(shared.db, shared.vault)
    applied = await shared.apply(CAFE.replace('address = "*123*45#"', 'address = "*123*45"'))
    await registry.load()
    (channel,) = await registry.of_owner(PLATFORM)
    assert registry.at_sub_code(channel, "45") == applied.tenant.id


async def test_what_a_file_does_not_name_is_given_up(shared: Office) -> None:
    registry = Registry(shared.db, shared.vault)
    first = await shared.apply(CAFE + behind("46"))
    assert (await shared.apply(CAFE + behind("47"))).changed
    await registry.load()
    (channel,) = await registry.of_owner(PLATFORM)
    assert registry.at_sub_code(channel, "46") is None
    assert registry.at_sub_code(channel, "47") == first.tenant.id
    assert (await shared.apply(CAFE)).changed
    await registry.refresh()
    assert registry.at_sub_code(channel, "47") is None
    other = await shared.apply(OTHER + behind("46"))
    await registry.refresh()
    assert registry.at_sub_code(channel, "46") == other.tenant.id


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (behind("46"), "sub_codes.digits: another shop has them."),
        (behind("45"), "sub_codes[0].digits: *123*45# is a channel of its own."),
        (behind("7", "*999#"), "sub_codes[0].address: the platform has no africastalking_ussd"),
    ],
)
async def test_digits_that_cannot_be_had(shared: Office, text: str, field: str) -> None:
    """The café has `*123*45#` as its own code, and 46 behind the shared one."""
    await shared.apply(CAFE + behind("46"))
    with pytest.raises(SpecError) as refused:
        await shared.apply(OTHER + text)
    assert str(refused.value).startswith(field)


OWN = f'\n[[channels]]\nkind = "{KIND}"\naddress = "{{address}}"\n'


@pytest.mark.parametrize("address", ["*123*46#", "123*46", "*123*46"])
async def test_digits_of_a_shop_become_no_channel_of_another(shared: Office, address: str) -> None:
    """By hand, by a new address, and by a file, which then changes nothing at all."""
    cafe = (await shared.apply(CAFE + behind("46"))).tenant
    other = (await shared.apply(OTHER)).tenant
    told = f"address: {address} is what cafe-aroma has as 46 behind *123#."
    part = ChannelPart(kind=KIND, address=address)
    for owner in (other.id, cafe.id, PLATFORM):
        with pytest.raises(SpecError) as refused:
            await add_channel(shared.db, shared.vault, owner, part, shared.ids)
        assert str(refused.value) == f"channel.{told}"
    part = ChannelPart(kind=KIND, address="*123*4#")
    added = await add_channel(shared.db, shared.vault, other.id, part, shared.ids)
    with pytest.raises(SpecError) as refused:
        await set_channel(shared.db, shared.vault, added.token, {"address": address})
    assert str(refused.value) == f"channel.{told}"
    renamed = OTHER.replace("Bella Salon", "Bella") + OWN.format(address=address)
    with pytest.raises(SpecError) as refused:
        await shared.apply(renamed)
    assert str(refused.value) == f"channels[0].{told}"
    found = await find_tenant(shared.db, "bella-salon")
    assert found is not None
    assert found.name == "Bella Salon"
    # The same digits behind another code, and for another carrier, are free.
    await set_channel(shared.db, shared.vault, added.token, {"address": "*124*46#"})
    part = ChannelPart(kind="econet_ussd", address=address)
    await add_channel(shared.db, shared.vault, other.id, part, shared.ids)


async def test_a_file_does_not_say_both(shared: Office) -> None:
    """Digits and a channel of its own for the same code, in one file."""
    with pytest.raises(SpecError) as refused:
        await shared.apply(OTHER + OWN.format(address="*123*7#") + behind("7"))
    assert str(refused.value) == "sub_codes[0].digits: *123*7# is a channel of its own."
    assert await find_tenant(shared.db, "bella-salon") is None


async def test_a_shared_code_does_not_move_onto_a_channel(shared: Office) -> None:
    await shared.apply(CAFE.replace("*123*45#", "*321*46#") + behind("46"))
    registry = Registry(shared.db, shared.vault)
    await registry.load()
    (channel,) = await registry.of_owner(PLATFORM)
    with pytest.raises(SpecError) as refused:
        await set_channel(shared.db, shared.vault, channel.token, {"address": "*321#"})
    assert str(refused.value) == "channel.address: *321*46# is a channel of its own."
    await set_channel(shared.db, shared.vault, channel.token, {"address": "*322#"})
