"""Requests that are properly signed, by somebody who may not say what they say.

Taken with a 200, so that the carrier does not come again, and nothing of them is kept. The ids are
those of docs/security.md section 2.
"""

from itertools import count

import msgspec
import psycopg
import pytest

from storage.admin.spec import ChannelPart, TenantPart, TenantSpec
from storage.admin.tenants import create_tenant
from tests.e2e.carriers import Meta
from tests.gateway.teahouse import NUMBER_ID, SECRET, TOKEN, URL, TeaHouse

_PHONES = count(777000001)
KEPT = ("inbound", "conversation", "job", "outbound", "command_log", "address_stop", "member")


@pytest.fixture
def person() -> str:
    return f"+263{next(_PHONES)}"


@pytest.fixture(scope="module")
async def neighbour(shop: TeaHouse) -> Meta:
    """Another tenant's number, of an app of its own, and one more number of the tea house's app."""
    other = "the secret of quite another Meta app"
    for slug, number, app, secret, letter in (
        ("coffee-house", "700000000000010", "coffee", other, "e"),
        ("tea-garden", "700000000000011", "tea", SECRET, "f"),
    ):
        secrets = {"app_secret": secret, "verify_token": "v", "access_token": "a"}
        settings = {"base_url": "http://provider.example"}
        channel = ChannelPart(
            kind="meta_whatsapp",
            address=number,
            app_id=app,
            token=f"{TOKEN}{letter}",
            settings=settings,
            secrets=secrets,
        )
        tenant = TenantPart(
            slug=slug, name=slug, region="ZW", currency="USD", timezone="Africa/Harare"
        )
        rt, spec = shop.rt, TenantSpec(tenant=tenant, channels=(channel,))
        await create_tenant(rt.db, rt.vault, spec, rt.identifiers, rt.hasher, rt.adapters.keys())
    await shop.rt.registry.refresh()
    return Meta(
        url=f"{URL}/public/wa/webhook/{TOKEN}e",
        phone_number_id="700000000000010",
        app_secret=other,
    )


def kept(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows there are of what a message may leave behind."""
    counts = {}
    for table in KEPT:
        row = connection.execute(f"select count(*) from {table}".encode()).fetchone()  # noqa: S608
        assert row is not None
        counts[table] = row[0]
    return counts


def hello(meta: Meta, person: str) -> bytes:
    return meta.body(meta.message(person, {"type": "text", "text": {"body": "hi"}}))


async def test_a_number_of_another_app(
    shop: TeaHouse, neighbour: Meta, person: str, superuser: psycopg.Connection
) -> None:
    """W25: our app signs for our numbers alone, whatever the path; and W8 the other way round."""
    before = kept(superuser)
    theirs = hello(neighbour, person)
    answer = await shop.whatsapp.post(shop.http, theirs)
    assert (answer.status_code, len(answer.content) < 16) == (200, True)
    ours = hello(shop.whatsapp, person)
    refused = await shop.http.post(
        shop.whatsapp.url,
        content=ours,
        headers={"x-hub-signature-256": neighbour.signature(ours)},
    )
    assert (refused.status_code, refused.text) == (401, '{"error":"unauthorized"}')
    assert kept(superuser) == before
    assert 'reason="foreign_address"' in shop.rt.metrics.render().decode()


async def test_two_numbers_of_one_app_in_one_body(
    shop: TeaHouse, neighbour: Meta, person: str, superuser: psycopg.Connection
) -> None:
    """W25: what is honest in a body is heard, each message by the number it was sent to."""
    bodies = []
    for number in (NUMBER_ID, "700000000000011", "700000000000010", "700000000000099"):
        meta = Meta(url="", phone_number_id=number, app_secret=SECRET)
        bodies.append(msgspec.json.decode(hello(meta, person)))
    whole = bodies[0] | {"entry": [entry for body in bodies for entry in body["entry"]]}
    assert (await shop.whatsapp.post(shop.http, msgspec.json.encode(whole))).status_code == 200
    heard = superuser.execute(
        "select c.address from inbound i join channel c on c.id = i.channel_id"
        " where i.handled_at is null order by 1"
    )
    assert heard.fetchall() == [(NUMBER_ID,), ("700000000000011",)]
    first, second = sorted(await shop.work_off())
    assert first.startswith("Tea House\n")
    assert second.startswith("tea-garden\n")


async def test_an_account_of_somebody_else(
    shop: TeaHouse, person: str, superuser: psycopg.Connection
) -> None:
    """T14: signed with our token, yet it speaks of another account."""
    before = kept(superuser)
    form = shop.sms.form(person, "STOP") | {"AccountSid": "AC" + "9" * 32}
    answer = await shop.sms.post(shop.http, form)
    assert (answer.status_code, "<Message" in answer.text) == (200, False)
    assert kept(superuser) == before


async def test_a_text_delivered_twice(shop: TeaHouse, person: str) -> None:
    """T10: one effect, one answer."""
    form = shop.sms.form(person, "STOP")
    for _ in range(2):
        assert (await shop.sms.post(shop.http, form)).status_code == 200
    assert len(await shop.work_off()) == 1
    assert (await shop.sms.post(shop.http, form)).status_code == 200
    assert await shop.work_off() == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"from": "letters"}, id="w24"),
        pytest.param({"from": ""}, id="w23"),
        pytest.param({"type": "reaction", "reaction": {"emoji": "x"}}, id="w22"),
        pytest.param({"text": {"body": "a\x00b"}}, id="w15"),
    ],
)
async def test_messages_of_nobody_and_of_nothing(
    changes: dict[str, object],
    shop: TeaHouse,
    person: str,
    superuser: psycopg.Connection,
) -> None:
    before = kept(superuser)
    message = shop.whatsapp.message(person, {"type": "text", "text": {"body": "hi"}}) | changes
    answer = await shop.whatsapp.post(shop.http, shop.whatsapp.body(message))
    assert answer.status_code == 200
    assert kept(superuser) == before


@pytest.mark.parametrize("told", ["0", "4102444800", "never", "-1", "99999999999999999"])
async def test_a_time_that_cannot_be_is_no_time(told: str, shop: TeaHouse, person: str) -> None:
    """W32: a message without a time is heard like any other."""
    content = {"type": "text", "text": {"body": "hi"}, "timestamp": told}
    body = shop.whatsapp.body(shop.whatsapp.message(person, content))
    assert (await shop.whatsapp.post(shop.http, body)).status_code == 200
    (answer,) = await shop.work_off()
    assert answer.startswith("Tea House\n")


async def test_a_status_of_a_message_nobody_sent(
    shop: TeaHouse, superuser: psycopg.Connection
) -> None:
    """W26, W27."""
    before = kept(superuser)
    rows = [
        {"id": f"wamid.none.{n}", "status": "read", "timestamp": "1", "recipient_id": "1"}
        for n in range(1000)
    ]
    answer = await shop.whatsapp.post(shop.http, shop.whatsapp.body(statuses=rows))
    assert answer.status_code == 200
    assert kept(superuser) == before
