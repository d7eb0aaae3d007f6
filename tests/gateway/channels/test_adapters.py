"""One runner for all adapters: their fixtures, and what every adapter must withstand.

The adapters are found, not listed; one without fixtures fails here. cases.py tells the layout of a
fixture. The ids in the names (`u07`, `w12`, `t5`) are those of docs/security.md.
"""

import logging
import re
from dataclasses import replace as changed
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dialogs.messages import Choice, Reply
from gateway.adapter import Adapter, Channel, Forged, Malformed, Outgoing, Peers
from gateway.encoding import is_gsm, segments, septets, units
from gateway.inbound import Event, HttpRequest, HttpResponse, Inbound
from gateway.render import Profile, fit
from tests.gateway.channels.cases import (
    ID,
    NOW,
    Case,
    Kind,
    kinds,
    shape_event,
    shape_request,
    shape_response,
    words_of,
)

KINDS, NOBODY = kinds(), Peers()
CASES = [case for kind in KINDS for case in kind.cases]
HOSTILE = "\u202e<script>&amp;]]></x>\x00\ud800\r\nEND hacked' OR '1'='1 {{7*7}} ${jndi:x}\u2028🎁"


def of(*questions: str) -> list[Any]:
    found = [case for case in CASES if case.question in questions]
    return [pytest.param(case, id=f"{case.kind.name}-{case.name}") for case in found]


def accepted() -> list[Any]:
    """Requests that were let in because of what they proved, not because this is a laptop. Where
    requests are signed, a GET is a challenge and has nothing to prove."""
    proved = [case for case in CASES if case.accepted and not case.peers.dev]
    found = [c for c in proved if not (c.kind.adapter.PROFILE.signed and c.request.method == "GET")]
    return [pytest.param(case, id=f"{case.kind.name}-{case.name}") for case in found]


each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


@pytest.mark.parametrize("case", of("request"))
def test_a_request_means_these_events(case: Case) -> None:
    adapter, request, channel = case.kind.adapter, case.request, case.channel
    refused = case.spec.get("refused")
    if refused == "method":
        assert request.method not in adapter.PROFILE.methods
        return
    if refused == "forged":
        with pytest.raises(Forged):
            adapter.verify(request, channel, case.peers)
        return
    adapter.verify(request, channel, case.peers)
    if refused == "malformed":
        with pytest.raises(Malformed):
            adapter.parse(request, channel, NOW)
        return
    events = [shape_event(event) for event in adapter.parse(request, channel, NOW)]
    times = case.spec.get("times", 1)
    assert events == case.spec["events"] * times
    assert adapter.parse(request, channel, NOW) == adapter.parse(request, channel, NOW)
    if "address" in case.spec:
        assert adapter.address_of(request) == case.spec["address"]


@pytest.mark.parametrize("case", of("reply"))
def test_a_reply_becomes_this_response(case: Case) -> None:
    response = case.kind.adapter.render(case.reply_page, case.answered)
    assert shape_response(response) == case.spec["response"]


@pytest.mark.parametrize("case", of("outgoing"))
def test_a_message_becomes_these_requests(case: Case) -> None:
    requests = case.kind.adapter.compose(case.outgoing, case.channel)
    assert [shape_request(request) for request in requests] == case.spec["requests"]


@pytest.mark.parametrize("case", of("answer"))
def test_a_carriers_answer_means_this(case: Case) -> None:
    assert shape_event(case.kind.adapter.judge(case.answer)) == case.spec["verdict"]


@pytest.mark.parametrize("case", of("report"))
def test_a_reports_code_means_this(case: Case) -> None:
    assert shape_event(case.kind.adapter.judge_report(case.spec["report"])) == case.spec["verdict"]


@each_kind
@pytest.mark.parametrize("code", ["", "0", "999999", "²", "-1", "x" * 300])
def test_no_code_makes_a_failed_message_go_out_again(kind: Kind, code: str) -> None:
    verdict = kind.adapter.judge_report(code)
    assert (verdict.retryable, verdict.throttled, verdict.once) == (False, False, False)


@pytest.mark.parametrize("case", of("refuse"))
def test_a_refusal_has_this_form(case: Case) -> None:
    response = case.kind.adapter.refuse(case.spec["refuse"])
    assert shape_response(response) == case.spec["response"]


@pytest.mark.parametrize("case", accepted())
def test_what_proves_nothing_is_forged(case: Case) -> None:
    adapter, request, channel = case.kind.adapter, case.request, case.channel
    signed = case.kind.defaults.get("signed")
    header = request.header(signed) if signed else ""
    bare = replace(request, headers=tuple(h for h in request.headers if h[0] == "content-type"))
    tampered = [(bare, NOBODY)]
    if header:
        others = [pair for pair in request.headers if pair[0] != signed]
        middle = len(header) // 2
        flipped = header[:middle] + ("0" if header[middle] != "0" else "1") + header[middle + 1 :]
        for value in (flipped, header[:-1], f" {header}", header + "é", ""):
            headers = (*others, (signed or "", value))
            tampered.append((replace(request, headers=headers), case.peers))
        twice = (*request.headers, (signed or "", header))
        tampered.append((replace(request, headers=twice), case.peers))
        tampered.append((replace(request, body=request.body + b"&x=1"), case.peers))
        tampered.append((replace(request, body=b""), case.peers))
        unset = changed(channel, secrets=dict.fromkeys(channel.secrets, ""))
        with pytest.raises(Forged):
            adapter.verify(request, unset, case.peers)
    for forged, peers in tampered:
        with pytest.raises(Forged):
            adapter.verify(forged, channel, peers)


def read(adapter: Adapter, request: HttpRequest, channel: Channel) -> list[Event]:
    adapter.verify(request, channel, Peers(token=True, allowed=True))
    return adapter.parse(request, channel, NOW)


@each_kind
def test_an_empty_body_is_no_message(kind: Kind) -> None:
    request = HttpRequest(method="POST", url=kind.defaults["url"])
    with pytest.raises((Forged, Malformed)):
        read(kind.adapter, request, kind.cases[0].channel)
    assert kind.adapter.address_of(request) is None


@each_kind
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_garbage_is_malformed_and_nothing_worse(kind: Kind, data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from([c.request for c in kind.cases if c.accepted]))
    url, _, query = asked.url.partition("?")
    whole = (asked.body or query.encode())[:4096]
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=20))
    body = data.draw(st.sampled_from([junk, whole[:at], whole[:at] + junk + whole[at + 1 :]]))
    if asked.method == "GET":
        request = replace(asked, url=f"{url}?{body.decode('latin-1')}")
    else:
        request = replace(asked, headers=(), body=body)
    kind.adapter.address_of(request)
    try:
        events = kind.adapter.parse(request, kind.cases[0].channel, NOW)
    except Malformed:
        return
    for event in events:
        if isinstance(event, Inbound):
            said = [event.input.text, event.input.choice, event.accumulated, event.profile_name]
            assert "\x00" not in "".join(filter(None, said))
            "".join(filter(None, said)).encode()


def leaked(case: Case, told: list[str]) -> list[str]:
    """The names of the channel's secrets that can be read in what was told."""
    secrets = {"token": case.channel.token, **case.channel.secrets}
    return [name for name, value in secrets.items() if value in "\n".join(told)]


@pytest.mark.parametrize("case", of("outgoing"))
def test_what_is_sent_carries_secrets_in_its_login_only(case: Case) -> None:
    requests = case.kind.adapter.compose(case.outgoing, case.channel)
    assert leaked(case, [repr(case.channel), repr(case.outgoing), repr(requests)]) == []
    bodies = [request.body.decode() for request in requests]
    # Our own status URL holds the channel's token, and a form may name the account it is of.
    assert not {*leaked(case, bodies)} - {"token", "username"}


@pytest.mark.parametrize("case", of("request"))
def test_secrets_and_what_people_say_are_never_told(
    case: Case, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told, events = [repr(case.request)], []
    try:
        case.kind.adapter.verify(case.request, case.channel, case.peers)
        events = case.kind.adapter.parse(case.request, case.channel, NOW)
    except (Forged, Malformed) as refused:
        told += [str(refused), repr(refused.__cause__)]
    told += [repr(events), caplog.text, *capsys.readouterr()]
    heard = [event for event in events if isinstance(event, Inbound) and event.sender]
    said = [text for each in heard for text in (each.accumulated, each.input.text) if text]
    said += [each.sender.value for each in heard if each.sender]
    assert leaked(case, told) == []
    assert [text for text in said if len(text) > 4 and text in "\n".join(told)] == []


def fits(profile: Profile, text: str) -> bool:
    if profile.surface == "ussd":
        return (septets(text) <= 182) if is_gsm(text) else units(text) <= 80
    return segments(text) <= 3 if profile.surface == "sms" else units(text) <= 4096


@each_kind
@pytest.mark.parametrize("text", ["word " * 1000, "كلمة " * 250, HOSTILE, HOSTILE * 12])
@pytest.mark.parametrize("count", [0, 2, 8, 30])
def test_long_and_hostile_replies_are_said_in_pieces(kind: Kind, text: str, count: int) -> None:
    choices = tuple(Choice(id=f"c{n}", label=f"{text[:200]} {n}") for n in range(count))
    reply, number, seen = Reply(text=text, choices=choices), 1, 0
    while True:
        page = fit(reply, kind.adapter.PROFILE, number)
        assert fits(kind.adapter.PROFILE, page.text)
        assert not re.search("[\x00\r\u202e\ud800]", page.text)
        response = kind.adapter.render(page, Inbound(address="", sender=None))
        outgoing = Outgoing(id=ID, recipient="+263771234567", page=page, media_url="https://x/i")
        requests = kind.adapter.compose(outgoing, kind.cases[0].channel)
        assert all(shape_request(request) for request in requests)
        if kind.adapter.PROFILE.reply_in_response:
            assert page.text.split("\n")[0] in words_of(response)
        seen += len([option for option in page.options if option.id != "98"])
        if not page.more:
            break
        number += 1
    assert seen == count


@each_kind
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"error":1}', b'{"code":"x","sid":7}', b"\xff"],
    ids=lambda body: f"{len(body)}-{body[:4]!r}",
)
def test_any_answer_of_a_carrier_has_a_verdict(kind: Kind, body: bytes) -> None:
    for status in (200, 201, 204, 301, 400, 401, 404, 408, 429, 500, 503):
        verdict = kind.adapter.judge(HttpResponse(status=status, body=body))
        assert type(verdict).__name__ in ("Refused", "Unknown")


@each_kind
def test_a_bare_acknowledgement_is_a_200(kind: Kind) -> None:
    assert kind.adapter.render(None, None).status == 200
