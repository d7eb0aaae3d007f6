"""The fake carriers against the real adapters: what one side writes, the other understands."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.values import Address
from gateway.adapter import Adapter, Channel, Forged, Outgoing, Peers, Refused, Sent
from gateway.inbound import DeliveryReport, HttpRequest, HttpResponse, Inbound, SessionEnded
from gateway.kinds import discover
from gateway.render import Option, Page
from gateway.simulator.carriers import CHAT, africastalking_ussd
from gateway.simulator.carriers.messages import Read, Report, Said, Sending
from gateway.simulator.carriers.segments import segments
from gateway.simulator.handset import NO_WISH, Call, Pick, Screen, Wish
from gateway.simulator.ussd import route
from tests.gateway.simulator.stub import channels

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
URL = "https://maita.example"
FRESH = "0123456789abcdef0123456789abcdef"
RUDO = "+263771234567"
ADAPTERS = discover()
USSD, SHARED, WHATSAPP, SMS = channels(URL)
PEERS = Peers(token=True, dev=True)


def heard(adapter: Adapter, request: HttpRequest, channel: Channel) -> list[object]:
    """What the adapter reads, after it has believed the signature."""
    adapter.verify(request, channel, PEERS)
    return list(adapter.parse(request, channel, NOW))


def said(channel: Channel, text: str, **tapped: object) -> Said:
    base = Said(id=CHAT[channel.kind].message_id(FRESH), phone=RUDO, name="Rudo", text=text)
    return replace(base, **tapped)  # type: ignore[arg-type]


def call(channel: Channel = USSD) -> Call:
    return Call(
        channel=channel,
        session="ATUid_1",
        dialled="*123*1#",
        started_at=NOW,
        heard_at=NOW,
        screen=Screen(text="Cafe Aroma", open=True),
    )


@pytest.mark.parametrize("channel", [WHATSAPP, SMS], ids=lambda channel: channel.kind)
@pytest.mark.parametrize("text", ["hi", "Rudo O'Neill 😀", "مرحبا", "a&b=c+d%41", " x \n y"])
def test_a_text_arrives_as_it_was_written(channel: Channel, text: str) -> None:
    request = CHAT[channel.kind].hears(channel, URL, said(channel, text), NOW)
    (inbound,) = heard(ADAPTERS[channel.kind], request, channel)
    assert isinstance(inbound, Inbound)
    assert inbound.sender == Address("msisdn", RUDO)
    assert inbound.address == channel.address
    assert inbound.external_id == CHAT[channel.kind].message_id(FRESH)
    assert inbound.input.text.strip() == text.strip()
    assert inbound.input.choice is None


@pytest.mark.parametrize("how", ["button", "list"])
def test_a_tap_arrives_as_its_choice(how: str) -> None:
    tapped = said(WHATSAPP, "Yes", pick=Pick(id="yes", title="Yes"), how=how, about="wamid.A")
    request = CHAT[WHATSAPP.kind].hears(WHATSAPP, URL, tapped, NOW)
    (inbound,) = heard(ADAPTERS[WHATSAPP.kind], request, WHATSAPP)
    assert isinstance(inbound, Inbound)
    assert inbound.input.choice == "yes"


@pytest.mark.parametrize("channel", [WHATSAPP, SMS], ids=lambda channel: channel.kind)
def test_another_secret_is_not_believed(channel: Channel) -> None:
    other = replace(channel, secrets={name: f"{value}x" for name, value in channel.secrets.items()})
    request = CHAT[channel.kind].hears(other, URL, said(channel, "hi"), NOW)
    with pytest.raises(Forged):
        ADAPTERS[channel.kind].verify(request, channel, PEERS)


@pytest.mark.parametrize("channel", [WHATSAPP, SMS], ids=lambda channel: channel.kind)
@pytest.mark.parametrize("state", ["sent", "delivered", "failed"])
def test_a_status_is_understood(channel: Channel, state: str) -> None:
    report = Report(
        id=CHAT[channel.kind].message_id(FRESH),
        recipient=RUDO,
        state=state,  # type: ignore[arg-type]
        at=NOW,
        wish=Wish(url=f"{URL}/public/sms/status/{channel.token}", tag="7"),
        error=131053 if state == "failed" else 0,
    )
    request = CHAT[channel.kind].reports(channel, URL, report)
    assert request is not None
    (event,) = heard(ADAPTERS[channel.kind], request, channel)
    assert isinstance(event, DeliveryReport)
    assert (event.external_id, event.state) == (report.id, state)


def test_a_text_message_is_never_read_nor_reported_elsewhere() -> None:
    report = Report(id="SM1", recipient=RUDO, state="sent", at=NOW, wish=Wish(url="http://evil/x"))
    carrier = CHAT[SMS.kind]
    assert carrier.reports(SMS, URL, report) is None
    ours = replace(report, state="read", wish=Wish(url=f"{URL}/public/sms/status/t"))
    assert carrier.reports(SMS, URL, ours) is None


OPTIONS = tuple(
    Option(id=f"o{n}", number=n, label=f"Option {n}", short=f"O {n}") for n in (1, 2, 3)
)
MANY = tuple(
    Option(id=f"o{n}", number=n, label=f"Option {n}", short=f"O {n}", detail="d")
    for n in range(1, 9)
)
PAGES = {
    "text": Page(text="You have 1 250 pts."),
    "buttons": Page(text="Free Coffee?", options=OPTIONS, style="buttons"),
    "list": Page(text="Rewards", options=MANY, style="list", button="Choose"),
    "picture": Page(text="Your code: 482 913", image="482913"),
}


@pytest.mark.parametrize("channel", [WHATSAPP, SMS], ids=lambda channel: channel.kind)
@pytest.mark.parametrize("page", list(PAGES))
def test_what_an_adapter_sends_is_taken(channel: Channel, page: str) -> None:
    adapter, carrier = ADAPTERS[channel.kind], CHAT[channel.kind]
    outgoing = Outgoing(
        id=UUID(int=7),
        recipient=Address("msisdn", RUDO),
        page=PAGES[page],
        status_url=f"{URL}/public/sms/status/{channel.token}",
        media_url=f"{URL}/m/i/x.png" if page == "picture" else None,
    )
    requests = adapter.compose(outgoing, channel)
    assert requests
    for request in requests:
        assert carrier.find([USSD, WHATSAPP, SMS], request) == channel
        taken = carrier.takes(channel, request, FRESH)
        assert isinstance(taken, Sending)
        assert taken.recipient == RUDO
        assert PAGES[page].text in taken.text or taken.image
        assert taken.wish != NO_WISH
        assert adapter.judge(carrier.took(channel, taken, NOW)) == Sent(external_id=taken.id)


def test_a_read_mark_is_taken() -> None:
    outgoing = Outgoing(
        id=UUID(int=7), recipient=RUDO, page=PAGES["text"], mark_read="wamid.B"
    )  # fmt: skip
    requests = ADAPTERS[WHATSAPP.kind].compose(outgoing, WHATSAPP)
    carrier = CHAT[WHATSAPP.kind]
    taken = [carrier.takes(WHATSAPP, request, FRESH) for request in requests]
    assert any(isinstance(each, Read) and each.message_id == "wamid.B" for each in taken)


@pytest.mark.parametrize("channel", [WHATSAPP, SMS], ids=lambda channel: channel.kind)
def test_a_wrong_key_is_refused_as_the_carrier_does(channel: Channel) -> None:
    other = replace(
        channel, secrets=dict(channel.secrets) | {"access_token": "x", "auth_token": "x"}
    )
    adapter, carrier = ADAPTERS[channel.kind], CHAT[channel.kind]
    outgoing = Outgoing(id=UUID(int=7), recipient=Address("msisdn", RUDO), page=PAGES["text"])
    for request in adapter.compose(outgoing, other):
        answer = carrier.takes(channel, request, FRESH)
        assert isinstance(answer, HttpResponse)
        assert answer.status == 401
        verdict = adapter.judge(answer)
        assert isinstance(verdict, Refused)
        assert not verdict.retryable


def send(body: object) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url=f"{URL}/v25.0/{WHATSAPP.address}/messages",
        headers=(("authorization", "Bearer access-token-0001"),),
        body=json.dumps(body).encode(),
    )


def interactive(*titles: str) -> dict[str, object]:
    buttons = [{"type": "reply", "reply": {"id": title, "title": title}} for title in titles]
    content = {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}
    return {
        "messaging_product": "whatsapp",
        "to": RUDO,
        "type": "interactive",
        "interactive": content,
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 131008),
        ([], 131008),
        ({"messaging_product": "whatsapp", "to": RUDO, "type": "text"}, 131008),
        ({"messaging_product": "sms", "to": RUDO, "type": "text", "text": {"body": "x"}}, 131009),
        (
            {"messaging_product": "whatsapp", "to": RUDO, "type": "text", "text": {"body": ""}},
            131009,
        ),
        (
            {
                "messaging_product": "whatsapp",
                "to": RUDO,
                "type": "text",
                "text": {"body": "x" * 4097},
            },
            131009,
        ),
        ({"messaging_product": "whatsapp", "to": RUDO, "type": "video", "video": {}}, 131051),
        (interactive("1", "2", "3", "4"), 131009),
        (interactive("a title longer than twenty"), 131009),
        (interactive("same", "same"), 131009),
    ],
)
def test_meta_refuses_what_it_would_refuse(body: object, code: int) -> None:
    answer = CHAT[WHATSAPP.kind].takes(WHATSAPP, send(body), FRESH)
    assert isinstance(answer, HttpResponse)
    assert json.loads(answer.body)["error"]["code"] == code


def test_africas_talking_asks_and_ends() -> None:
    adapter = ADAPTERS[USSD.kind]
    asked = africastalking_ussd.asks(URL, call(), RUDO, ["2", "1"])
    (inbound,) = heard(adapter, asked, USSD)
    assert isinstance(inbound, Inbound)
    assert (inbound.accumulated, inbound.conversation) == ("2*1", "ATUid_1")
    ended = africastalking_ussd.ended(URL, call(), RUDO, "Incomplete", NOW, ["2"])
    (event,) = heard(adapter, ended, USSD)
    assert isinstance(event, SessionEnded)
    assert event.dropped


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (HttpResponse(status=200, body=b"CON Menu\n1 A"), ("Menu\n1 A", True)),
        (HttpResponse(status=200, body=b"END Bye"), ("Bye", False)),
        (HttpResponse(status=200, body=b"Hello"), None),
        (HttpResponse(status=500, body=b"CON Menu"), None),
        (None, None),
    ],
)
def test_an_answer_becomes_a_screen(
    answer: HttpResponse | None, shown: tuple[str, bool] | None
) -> None:
    assert africastalking_ussd.shows(answer) == shown


@pytest.mark.parametrize(
    ("code", "channel", "past"),
    [
        ("*123*1#", USSD, []),
        ("*123*1*2*5#", USSD, ["2", "5"]),
        ("*123#", SHARED, []),
        ("*123*45#", SHARED, ["45"]),
        ("*123*12#", SHARED, ["12"]),
    ],
)
def test_the_longest_code_wins(code: str, channel: Channel, past: list[str]) -> None:
    assert route([SHARED, USSD, WHATSAPP], code) == (channel, past)


def test_a_code_nobody_has_reaches_nobody() -> None:
    assert route([SHARED, USSD], "*1234#") is None


@pytest.mark.parametrize(
    ("text", "messages"),
    [("", 1), ("x" * 160, 1), ("x" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("م" * 71, 2)],
)
def test_segments(text: str, messages: int) -> None:
    assert segments(text) == messages
