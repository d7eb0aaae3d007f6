"""docs/security.md W1–W36 and T1–T14 at the door: refused alike, or taken and left unanswered."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.carriers import Meta, Twilio
from tests.e2e.conftest import channel, meta, twilio
from tests.e2e.process import Gateway, maita

PERSON = "+962791113001"
UNAUTHORIZED = (401, '{"error":"unauthorized"}')


@pytest.fixture
def whatsapp(gateway: Gateway) -> Meta:
    return meta(gateway, "cafe-aroma")


@pytest.fixture
def sms(gateway: Gateway) -> Twilio:
    return twilio(gateway, "cafe-aroma")


def hello(whatsapp: Meta) -> bytes:
    return whatsapp.body(whatsapp.message(PERSON, {"type": "text", "text": {"body": "hi"}}))


@pytest.mark.parametrize("case", ["none", "wrong", "sha1", "upper", "cut", "accent", "twice"])
async def test_a_request_without_proof_is_refused_in_one_way(
    case: str, whatsapp: Meta, http: httpx.AsyncClient
) -> None:
    """W1–W7, W9."""
    body = hello(whatsapp)
    good = whatsapp.signature(body)
    headers: list[tuple[bytes, bytes]] = {
        "none": [],
        "wrong": [(b"x-hub-signature-256", b"sha256=" + b"0" * 64)],
        "sha1": [(b"x-hub-signature", b"sha1=" + b"0" * 40)],
        "upper": [(b"x-hub-signature-256", b"sha256=" + good[7:].upper().encode())],
        "cut": [(b"x-hub-signature-256", good[:-2].encode())],
        "accent": [(b"x-hub-signature-256", "sha256=é".encode())],
        "twice": [(b"x-hub-signature-256", good.encode())] * 2,
    }[case]
    answer = await http.post(whatsapp.url, content=body, headers=headers)
    assert (answer.status_code, answer.text) == UNAUTHORIZED
    spaced = json.dumps(json.loads(body), indent=1).encode()
    moved = await http.post(whatsapp.url, content=spaced, headers={"x-hub-signature-256": good})
    assert (moved.status_code, moved.text) == UNAUTHORIZED


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not json", id="w11"),
        pytest.param(b"[" * 100_000, id="w12"),
        pytest.param(b'{"object":' + b"9" * 5000 + b"}", id="w13"),
        pytest.param(b'{"object":NaN}', id="w14"),
        pytest.param(b'{"object":"x","object":"y"}', id="w16"),
        pytest.param(b"\xef\xbb\xbf{}", id="w18"),
        pytest.param(b'{"object":"page","entry":[]}', id="w19"),
        pytest.param(b'{"object":"whatsapp_business_account"}', id="w20"),
    ],
)
async def test_signed_but_broken_is_taken_and_ignored(
    body: bytes, whatsapp: Meta, http: httpx.AsyncClient
) -> None:
    answer = await whatsapp.post(http, body)
    assert (answer.status_code, len(answer.content) < 32) == (200, True)


async def test_a_body_of_three_megabytes_is_too_large(
    whatsapp: Meta, http: httpx.AsyncClient
) -> None:
    """W17."""
    assert (await whatsapp.post(http, b" " * 3_250_000)).status_code == 413


CONTENT: dict[str, dict[str, Any]] = {
    "w15": {"type": "text", "text": {"body": "a\x00b\ud800c"}},
    "w22-order": {"type": "order", "order": {"catalog_id": "1", "product_items": []}},
    "w22-system": {"type": "system", "system": {"type": "user_changed_number", "body": "x"}},
    "w28": {"type": "text", "text": {"body": "x" * 65_536}},
    "w29": {
        "type": "interactive",
        "interactive": {"type": "list_reply", "list_reply": {"id": "zz", "title": "zz"}},
    },
    "w30": {
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": {"id": "yes~0", "title": "Yes"}},
    },
    "w31": {"type": "video", "video": {"id": "1", "mime_type": "video/mp4", "sha256": "x"}},
    "w32": {"type": "text", "text": {"body": "hi"}, "timestamp": "never"},
    "w24": {"type": "text", "text": {"body": "hi"}, "from": "letters"},
}


@pytest.mark.parametrize("case", CONTENT)
async def test_odd_messages_are_taken(case: str, whatsapp: Meta, http: httpx.AsyncClient) -> None:
    message = whatsapp.message(PERSON, {}) | CONTENT[case]
    assert (await whatsapp.post(http, whatsapp.body(message))).status_code == 200


async def test_a_thousand_statuses_are_taken_at_once(
    whatsapp: Meta, http: httpx.AsyncClient
) -> None:
    """W26, W27."""
    rows = [
        {"id": f"wamid.none.{n}", "status": "read", "timestamp": "1", "recipient_id": "1"}
        for n in range(1000)
    ]
    assert (await whatsapp.post(http, whatsapp.body(statuses=rows))).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"hub.verify_token": "wrong"}, 403, id="w34"),
        pytest.param({"hub.challenge": "<script>"}, 400, id="w35"),
        pytest.param({"hub.mode": None}, 403, id="w36"),
        pytest.param({}, 200, id="honest"),
    ],
)
async def test_the_challenge(
    changes: dict[str, str | None],
    status: int,
    gateway: Gateway,
    whatsapp: Meta,
    http: httpx.AsyncClient,
) -> None:
    token = channel(gateway, "cafe-aroma", "meta_whatsapp")["secrets"]["verify_token"]
    asked: dict[str, str | None] = {
        "hub.mode": "subscribe",
        "hub.verify_token": token,
        "hub.challenge": "123456",
    }
    params = {name: value for name, value in (asked | changes).items() if value is not None}
    answer = await http.get(whatsapp.url, params=params)
    assert answer.status_code == status
    assert "<" not in answer.text
    if status == 200:
        assert answer.text == "123456"
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("case", ["none", "wrong", "query", "moved", "trimmed"])
async def test_a_form_without_proof_is_refused(
    case: str, sms: Twilio, http: httpx.AsyncClient
) -> None:
    """T1–T6."""
    form = sms.form(PERSON, "hello ")
    kind = {"content-type": "application/x-www-form-urlencoded"}
    if case == "none":
        answer = await http.post(sms.url, data=form)
    elif case == "wrong":
        answer = await http.post(sms.url, data=form, headers={"x-twilio-signature": "AAAA"})
    else:
        url, body = sms.url, dict(form)
        url += "?x=1" if case == "query" else ""
        body["Body"] = "hello" if case == "trimmed" else body["Body"]
        text = str(httpx.QueryParams(body))
        if case == "moved":
            text = text.replace("&From=", "From", 1)
        headers = kind | {"x-twilio-signature": sms.signature(form)}
        answer = await http.post(url, content=text, headers=headers)
    assert (answer.status_code, answer.text) == UNAUTHORIZED


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"From": "ECONET"}, id="t11"),
        pytest.param({"NumMedia": "10"}, id="t12"),
        pytest.param({"Body": ""}, id="t13-empty"),
        pytest.param({"Body": "x" * 1600}, id="t13-long"),
        pytest.param({"AccountSid": "AC" + "0" * 32}, id="t14"),
        pytest.param({"Body": "سلام"}, id="arabic"),
    ],
)
async def test_odd_texts_are_taken_with_an_empty_answer(
    changes: dict[str, str], sms: Twilio, http: httpx.AsyncClient
) -> None:
    answer = await sms.post(http, sms.form(PERSON, "hello") | changes)
    assert answer.status_code == 200
    assert "<Message" not in answer.text
    assert answer.headers["content-type"].startswith("text/xml")


def test_after_all_that_the_books_balance_and_nothing_crashed(gateway: Gateway) -> None:
    report = json.loads(maita("verify", "--json", env=gateway.env))
    assert report["ok"], report
    assert not [line for line in gateway.lines() if "exception" in line]
