"""No word or effect of one tenant through another's door (docs/security.md U36, W8, W25)."""

from pathlib import Path

import httpx

from tests.e2e.conftest import Listening
from tests.e2e.process import Gateway
from tests.e2e.shop import Shop, newcomers

ENDED = "END We could not do that. Nothing was changed. Please dial again."


async def test_a_body_of_one_app_never_speaks_for_anothers_number(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    mine = Shop(51, stock=1, provider=provider[0])
    theirs = Shop(52, stock=1, provider=provider[0])
    for shop in (mine, theirs):
        shop.open(gateway, data_dir)
    person = newcomers(1, 5_100_000)[0]

    forged = mine.meta(gateway)
    forged.phone_number_id = theirs.number_id
    assert (await forged.text(http, person, "hi")).status_code == 200
    status = {"id": "wamid.x", "status": "read", "timestamp": "1", "recipient_id": "1"}
    assert (await forged.post(http, forged.body(statuses=[status]))).status_code == 200

    at_theirs = theirs.meta(gateway)
    at_theirs.app_secret = mine.app
    refused = await at_theirs.text(http, person, "hi")
    assert (refused.status_code, refused.text) == (401, '{"error":"unauthorized"}')

    honest = mine.meta(gateway)
    assert (await honest.text(http, person, "hi")).status_code == 200
    sent = await provider[1].wait(1)
    assert len(sent) == 1
    assert provider[1].received[-1]["path"].split("/")[-2] == mine.number_id


async def test_a_token_opens_one_code_and_one_door_only(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    mine = Shop(53, stock=1, provider=provider[0])
    theirs = Shop(54, stock=1, provider=provider[0])
    for shop in (mine, theirs):
        shop.open(gateway, data_dir)
    number = newcomers(1, 5_200_000)[0]
    phone = mine.handset(gateway, number)
    phone.code = theirs.code
    assert await phone.dial(http) == ENDED

    wrong_door = f"{gateway.url}/public/ussd/callback/{mine.token_sms}"
    for url in (wrong_door, f"{gateway.url}/public/ussd/callback/{'0' * 32}"):
        refused = await http.post(url, data=phone.request())
        assert (refused.status_code, refused.content) == (403, b"")

    carried = mine.handset(gateway, number)
    await carried.dial(http)
    await carried.pick(http, "How it works")
    moved = theirs.handset(gateway, number)
    moved.session, moved.text = carried.session, carried.text + "*1"
    assert await moved.post(http) == ENDED
