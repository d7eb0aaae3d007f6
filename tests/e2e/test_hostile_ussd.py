"""docs/security.md U1–U45 at the door: a clear answer, nothing changed, never a 5xx."""

import json
from collections.abc import AsyncIterator
from urllib.parse import quote_plus

import httpx
import pytest

from tests.e2e.carriers import Handset
from tests.e2e.conftest import channel, handset, tenant
from tests.e2e.process import Gateway, maita

MEMBER = "+962791112001"
NO_CHOICE = "That is not a choice."


@pytest.fixture(scope="module")
async def digest(gateway: Gateway) -> AsyncIterator[None]:
    """After all that was tried here the books still balance and no job died."""
    yield
    report = json.loads(maita("verify", "--json", env=gateway.env))
    assert report["ok"], report
    assert not any(line.get("level") == "error" for line in gateway.lines()), gateway.lines()[-5:]


@pytest.fixture
async def at_home(gateway: Gateway, http: httpx.AsyncClient, digest: None) -> Handset:
    """A member's phone at the home menu."""
    phone = handset(gateway, "cafe-aroma", MEMBER)
    await phone.dial(http)
    if "Join free" in phone.screen:
        await phone.pick(http, "Join", "English", "Agree")
        await phone.say(http, "O'Neill")
        await phone.dial(http)
    await phone.start_over(http)
    return phone


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("9", id="u1"),
        pytest.param("*2", id="u3"),
        pytest.param("*", id="u4"),
        pytest.param("²", id="u6"),
        pytest.param("1_000", id="u8-underscore"),
        pytest.param(" 1\n1", id="u8-newline"),
        pytest.param("１", id="u9-full-width"),
        pytest.param("\x00", id="u23"),
        pytest.param("🙂", id="u25"),
        pytest.param("\u202e9", id="u26"),
        pytest.param("7\r\nEND hacked", id="u27"),
        pytest.param("1' OR '1'='1", id="u28"),
        pytest.param("{{7*7}}", id="u29-template"),
        pytest.param("${jndi:ldap://x}", id="u29-jndi"),
    ],
)
async def test_what_is_no_choice_gets_the_menu_again(
    typed: str, at_home: Handset, http: httpx.AsyncClient
) -> None:
    screen = await at_home.say(http, typed)
    assert screen.startswith("CON Cafe Aroma\n"), screen
    assert NO_CHOICE in screen
    assert "1 Balance" in screen
    assert "hacked" not in screen
    assert "49" not in screen


async def test_an_empty_answer_is_no_choice(at_home: Handset, http: httpx.AsyncClient) -> None:
    """U2: the text ends in `*`; on the very first screen it would be the first request again."""
    first = at_home.screen
    assert await at_home.say(http, "") == first
    await at_home.say(http, "1")
    assert NO_CHOICE in await at_home.say(http, "")


@pytest.mark.parametrize("typed", ["1", " 1 ", "١", "۱", "balance", "BALANCE", "balanse"])
async def test_honest_neighbours_are_heard(
    typed: str, at_home: Handset, http: httpx.AsyncClient
) -> None:
    """U7 and what people really type."""
    assert "pts" in await at_home.say(http, typed)


async def test_the_third_wrong_answer_ends_politely(
    at_home: Handset, http: httpx.AsyncClient
) -> None:
    await at_home.say(http, "99", "99")
    assert (await at_home.say(http, "99")).startswith("END ")


async def test_broken_text_is_refused_in_words(at_home: Handset, http: httpx.AsyncClient) -> None:
    """U24: bytes that are no UTF-8."""
    form = at_home.request() | {"text": ""}
    body = "&".join(f"{key}={quote_plus(value)}" for key, value in form.items()) + "%ff%fe"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await http.post(at_home.url, content=body, headers=kind)
    assert answer.status_code in (200, 400)
    assert answer.text.startswith(("CON ", "END "))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sessionId": None}, id="u17"),
        pytest.param({"phoneNumber": ""}, id="u18"),
        pytest.param({"phoneNumber": ["+962791112001", "+962791112002"]}, id="u19"),
        pytest.param({"sessionId": "x" * 4096}, id="u20"),
        pytest.param({"text": "1" * 100_000}, id="u21"),
        pytest.param({f"f{n}": "x" for n in range(200)}, id="u22"),
        pytest.param({"phoneNumber": "07x9111200"}, id="u31"),
        pytest.param({"phoneNumber": "07911120"}, id="u32"),
        pytest.param({"phoneNumber": "+19005550123"}, id="u33"),
        pytest.param({"phoneNumber": "*123*1#"}, id="u34"),
    ],
)
async def test_a_malformed_request_is_refused(
    changes: dict[str, object], at_home: Handset, http: httpx.AsyncClient
) -> None:
    form = {k: v for k, v in (at_home.request() | changes).items() if v is not None}
    answer = await http.post(at_home.url, data=form)
    assert 400 <= answer.status_code < 500, answer.text
    assert len(answer.content) < 200


@pytest.mark.parametrize(
    "spelling", ["+962791112001", "962791112001", "0791112001", "00962 79 111 2001", "(079)1112001"]
)
async def test_one_person_in_every_spelling(
    spelling: str, gateway: Gateway, at_home: Handset, http: httpx.AsyncClient
) -> None:
    """U30."""
    phone = handset(gateway, "cafe-aroma", spelling)
    await phone.dial(http)
    await phone.start_over(http)
    assert "O'Neill" in phone.screen


async def test_only_post_with_proof(gateway: Gateway, http: httpx.AsyncClient) -> None:
    """U43, U44, U45."""
    row = channel(gateway, "cafe-aroma", "africastalking_ussd")
    url = f"{gateway.url}/public/ussd/callback/{row['token']}"
    got = await http.get(url, params={"text": ""})
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    phone = handset(gateway, "cafe-aroma", MEMBER)
    phone.session = "ATUid_x"
    stranger = url[:-4] + "0000"
    headers = {"x-forwarded-for": "196.201.214.1"}
    refused = await http.post(stranger, data=phone.request(), headers=headers)
    assert (refused.status_code, refused.content) == (403, b"")


@pytest.mark.parametrize(
    "amount",
    ["0", "-5", "1e9", "NaN", "99999999999999999999", "0.0001", "5,00", "٥٫٠", "1_0"],
)
async def test_an_amount_is_a_plain_number(
    amount: str, gateway: Gateway, at_home: Handset, http: httpx.AsyncClient
) -> None:
    """U10–U16 at the staff's amount screen, and that 5.50 is one."""
    cashier = next(p for p in tenant(gateway, "cafe-aroma")["staff"] if p["role"] == "cashier")
    phone = handset(gateway, "cafe-aroma", cashier["phone"])
    await phone.dial(http)
    await phone.start_over(http)
    await phone.pick(http, "Staff")
    await phone.say(http, cashier["pin"])
    await phone.pick(http, "Award")
    await phone.say(http, MEMBER.replace("+962", "0"))
    screen = await phone.say(http, amount)
    assert screen.startswith("CON "), screen
    assert "Enter an amount like 5 or 5.50." in screen
    confirm = await phone.say(http, "٥٫٥٠".replace("٫", "."))
    assert "5.500 JOD" in confirm, confirm
    await phone.say(http, "00")
