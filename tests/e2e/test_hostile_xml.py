"""docs/security.md X1–X20 at the real door: refused in few words, nothing changed, never a 5xx.

What the parser makes of each form is in `tests/gateway/channels/econet_ussd/`; here it goes by a
socket into the running gateway, beside a member's open session that must not notice.
"""

import asyncio
import gzip
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.e2e.conftest import Listening
from tests.e2e.phone import Phone, to_confirm
from tests.e2e.process import PATIENCE_S, Gateway, maita
from tests.e2e.shop import Shop, kept, newcomers
from tests.e2e.speakers import ECONET
from tests.e2e.speech import Heard

NAME = "Tea & <b>Mugs</b>"

Bend = Callable[[str], bytes]
"""What becomes of an honest request."""


@pytest.fixture(scope="module")
def shop(gateway: Gateway, carriers: Listening, data_dir: Path) -> Shop:
    opened = Shop(60, stock=9, provider=carriers[0])
    opened.name = NAME
    opened.open(gateway, data_dir)
    return opened


@pytest.fixture(scope="module")
async def member(shop: Shop, gateway: Gateway, carriers: Listening) -> AsyncIterator[Phone]:
    """A phone before a question; after all that was tried it is answered as if nothing had been."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        phone = shop.phone("econet_ussd", newcomers(1, 6_300_000)[0], gateway, http, carriers[1])
        await to_confirm(phone)
        yield phone
        assert "Ref " in await phone.pick("Yes")
        report = json.loads(maita("verify", "--json", env=gateway.env))
        assert report["ok"], report
        assert not [line for line in gateway.lines() if "exception" in line]


def step(phone: Phone) -> str:
    """The honest next step of the open session: it would spend the points."""
    said = replace(phone.said, inputs=(*phone.said.inputs, phone.key("Yes")))
    return phone.speaker.asks(phone.line, phone.url, said).body.decode()


def inside(name: str, start: str) -> Bend:
    """Begin the text of an element with something else."""
    return lambda good: good.replace(f"<{name}>", f"<{name}>{start}").encode()


def behind(dtd: str, start: str = "&a;") -> Bend:
    """Put a DTD in front, and use what it declares."""
    return lambda good: f"{dtd}{inside('message', start)(good).decode()}".encode()


def instead(old: str, new: str) -> Bend:
    return lambda good: good.replace(old, new).encode()


def declared(encoding: str, codec: str) -> Bend:
    return lambda good: f'<?xml version="1.0" encoding="{encoding}"?>{good}'.encode(codec)


def nested(depth: int) -> Bend:
    return instead("</messageRequest>", "<a>" * depth + "</a>" * depth + "</messageRequest>")


DTD = "<!DOCTYPE messageRequest {}>"
LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
XINCLUDE = (
    '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"'
    ' parse="text"/>'
)
BENT: dict[str, Bend] = {
    "x01-billion-laughs": behind(DTD.format(f'[<!ENTITY a "lol">{LAUGHS}]'), "&j;"),
    "x02-small-entity": behind(DTD.format('[<!ENTITY a "1">]')),
    "x03-external-entity": behind(DTD.format('[<!ENTITY a SYSTEM "file:///etc/passwd">]')),
    "x04-parameter-entity": behind(
        DTD.format('[<!ENTITY % d SYSTEM "http://127.0.0.1:9/x.dtd">%d;]'), ""
    ),
    "x05-doctype": behind(DTD.format(""), ""),
    "x06-xinclude": inside("message", XINCLUDE),
    "x07-utf16": declared("UTF-16", "utf-16"),
    "x07-utf7-declared": declared("UTF-7", "ascii"),
    "x07-ebcdic": declared("cp037", "cp037"),
    "x08-unclosed-tag": instead("</messageRequest>", ""),
    "x09-two-roots": lambda good: (good + good).encode(),
    "x10-nested-1000": nested(1000),
    "x10-nested-50000": nested(50_000),
    "x11-attribute-of-1-mb": instead("<message>", f'<message a="{"x" * 1_000_000}">'),
    "x12-wrong-namespace": instead(ECONET, "http://example.org/other"),
    "x12-no-namespace": instead(f' xmlns="{ECONET}"', ""),
    "x13-message-twice": instead("<message>", "<message>0</message><message>"),
    "x14-end-of-cdata-alone": inside("message", "]]>"),
    "x15-unknown-stage": instead("PENDING", "FINISHED"),
    "x16-empty-session": lambda good: re.sub("(?<=<transactionID>)[0-9]+", "", good).encode(),
    "x17-comment-in-the-number": instead("<sourceNumber>2637", "<sourceNumber>26<!-- -->37"),
    "x18-gzip": lambda good: gzip.compress(inside("message", " " * 10**7)(good)),
    "x19-form": lambda good: b"sessionId=1&phoneNumber=263771234567&serviceCode=440&text=1",
}


async def refused(phone: Phone, body: bytes, **headers: str) -> None:
    """4xx, before we give up waiting, in few words that repeat nothing."""
    posted = replace(phone.request(), body=body)
    posted = replace(posted, headers=(*posted.headers, *headers.items()))
    answer = await phone.knock(posted)
    assert answer.status_code in (400, 413, 415), (answer.status_code, answer.text)
    assert len(answer.content) < 1000
    for foreign in ("root:", "Traceback", "lol", "Ref ", phone.number[1:]):
        assert foreign not in answer.text


@pytest.mark.parametrize("case", BENT)
async def test_what_is_no_honest_xml_is_refused_and_changes_nothing(
    case: str, member: Phone, shop: Shop, superuser: psycopg.Connection
) -> None:
    before = kept(superuser, shop)
    headers = {"content-encoding": "gzip"} if case == "x18-gzip" else {}
    await refused(member, BENT[case](step(member)), **headers)
    assert kept(superuser, shop) == before


async def test_x02_fifty_bombs_at_once_keep_nobody_waiting(member: Phone, shop: Shop) -> None:
    bomb = BENT["x02-small-entity"](step(member))
    waiting = asyncio.gather(*(refused(member, bomb) for _ in range(50)))
    honest = replace(member, shown=Heard())
    assert "Yes" in await honest.post(), "a retry of the open question, in the midst of it"
    await waiting


async def test_x18_a_compressed_body_without_a_word_of_it(member: Phone) -> None:
    await refused(member, BENT["x18-gzip"](step(member)))


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("<![CDATA[<b>9</b>]]>", id="x14-cdata"),
        pytest.param("&lt;b&gt; &amp; ]]&gt;", id="x14-escaped"),
    ],
)
async def test_x14_markup_in_the_input_is_text(
    typed: str, shop: Shop, gateway: Gateway, carriers: Listening, http: httpx.AsyncClient
) -> None:
    phone = shop.phone("econet_ussd", newcomers(1, 6_300_001)[0], gateway, http, carriers[1])
    await phone.dial()
    phone.type("9")
    posted = phone.request()
    bent = posted.body.replace(b"<message>9", b"<message>" + typed.encode())
    answer = await phone.knock(replace(posted, body=bent))
    assert answer.status_code == 200
    assert "That is not a choice." in phone.speaker.heard(phone.line, answer).text


async def test_x20_what_is_said_comes_back_escaped(member: Phone) -> None:
    """The shop's own name holds what XML must not."""
    await member.post()
    assert member.shown.text.startswith(f"{NAME}\n")
    assert b"Tea &amp; &lt;b&gt;Mugs&lt;/b&gt;" in member.answer
    assert b"<b>" not in member.answer


HONEST: dict[str, Callable[[bytes], bytes]] = {
    "declaration": lambda body: b'<?xml version="1.0" encoding="UTF-8"?>\n' + body,
    "byte-order-mark": lambda body: b"\xef\xbb\xbf" + body,
    "lines": lambda body: body.replace(b"><", b">\n  <"),
    "cdata": lambda body: re.sub(b"(?<=<message>)(.*)(?=</message>)", rb"<![CDATA[\1]]>", body),
    "prefix": lambda body: re.sub(b"<(/?)", rb"<\1tns:", body).replace(b"xmlns=", b"xmlns:tns="),
}


@pytest.mark.parametrize("case", HONEST)
async def test_honest_neighbours_are_heard(
    case: str, shop: Shop, gateway: Gateway, carriers: Listening, http: httpx.AsyncClient
) -> None:
    """Positive controls: to refuse everything would fail here."""
    number = newcomers(1, 6_300_010 + list(HONEST).index(case))[0]
    phone = shop.phone("econet_ussd", number, gateway, http, carriers[1])
    phone.said = replace(phone.said, session=str(time.time_ns()))
    posted = phone.request()
    answer = await phone.knock(replace(posted, body=HONEST[case](posted.body)))
    assert answer.status_code == 200, answer.text
    assert "Join free" in phone.speaker.heard(phone.line, answer).text
