"""No word or effect of one tenant through another's door, as one carrier alone could try it
(docs/security.md W8, W25). What holds on every kind is in test_every_kind.py."""

from pathlib import Path

import httpx

from tests.e2e.conftest import Listening
from tests.e2e.process import Gateway
from tests.e2e.shop import Shop, newcomers


async def test_a_body_of_one_app_never_speaks_for_anothers_number(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    mine = Shop(51, stock=1, provider=provider[0])
    theirs = Shop(52, stock=1, provider=provider[0])
    for shop in (mine, theirs):
        shop.open(gateway, data_dir)
    person = newcomers(1, 5_100_000)[0]

    forged = mine.meta(gateway)
    forged.phone_number_id = theirs.meta_line.address
    assert (await forged.text(http, person, "hi")).status_code == 200
    status = {"id": "wamid.x", "status": "read", "timestamp": "1", "recipient_id": "1"}
    assert (await forged.post(http, forged.body(statuses=[status]))).status_code == 200

    at_theirs = theirs.meta(gateway)
    at_theirs.app_secret = mine.meta_line.secrets["app_secret"]
    refused = await at_theirs.text(http, person, "hi")
    assert (refused.status_code, refused.text) == (401, '{"error":"unauthorized"}')

    honest = mine.meta(gateway)
    assert (await honest.text(http, person, "hi")).status_code == 200
    sent = await provider[1].wait(1)
    assert len(sent) == 1
    assert provider[1].received[-1]["path"].split("/")[-2] == mine.meta_line.address


async def test_a_token_opens_one_door_only(
    gateway: Gateway, provider: Listening, data_dir: Path, http: httpx.AsyncClient
) -> None:
    mine = Shop(55, stock=1, provider=provider[0])
    mine.open(gateway, data_dir)
    phone = mine.handset(gateway, newcomers(1, 5_200_000)[0])
    url = f"{gateway.url}/public/ussd/callback/{mine.sms_line.token}"
    refused = await http.post(url, data=phone.request())
    assert (refused.status_code, refused.content) == (403, b"")
