"""Samples against the real adapters: every kind has one, and its adapter reads what was meant."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from core.values import Address
from dialogs.messages import Reply
from gateway.adapter import Channel, Peers
from gateway.declared.carrier import Declared
from gateway.inbound import Inbound, SessionEnded
from gateway.render import fit
from gateway.samples import Heard, Step, Unsampled, sample_request, screen
from tests.gateway.channels.cases import ID, NOW, Kind, kinds

URL = "https://maita.example"
KINDS = [kind for kind in kinds() if kind.name != "pigeon_ussd"]
USSD = [kind for kind in KINDS if kind.adapter.PROFILE.reply_in_response]
TELL = {"airtel_ussd", "cellulant_ussd", "hollatags_ussd", "hubtel_ussd", "infobip_ussd"}
TELL |= {"africastalking_ussd", "kestrel_ussd", "madapi_ussd"}
PEERS = Peers(token=True, allowed=True)
STEP = Step(phone="+263771234567", session="4711", at=datetime(2026, 11, 20, 12, tzinfo=UTC))


def names(found: list[Kind]) -> list[str]:
    return [kind.name for kind in found]


def channel(kind: Kind, **secrets: str) -> Channel:
    own = kind.defaults
    kept = secrets or dict(own.get("secrets", {}))
    return Channel(
        id=ID, owner=ID, kind=kind.name, address=own["address"], token=own["token"], region="ZW",
        app_id=own.get("app_id", ""), settings=own.get("settings", {}), secrets=kept,
    )  # fmt: skip


def heard(kind: Kind, step: Step, **secrets: str) -> object:
    own = channel(kind, **secrets)
    request = sample_request(kind.adapter, own, URL, step)
    assert request.url.startswith(f"{URL}/public/{kind.adapter.PROFILE.door}/")
    assert own.token in request.url
    kind.adapter.verify(request, own, PEERS)
    (event,) = kind.adapter.parse(request, own, NOW)
    return event


@pytest.mark.parametrize("kind", KINDS, ids=names(KINDS))
@pytest.mark.parametrize("text", ["1", "O'Neill & Söhne", "5.50", "مرحبا"])
def test_every_adapter_reads_what_the_sample_says(kind: Kind, text: str) -> None:
    said = heard(kind, replace(STEP, inputs=("2", text)))
    assert isinstance(said, Inbound)
    assert said.sender == Address("msisdn", STEP.phone)
    words = said.input.text if said.accumulated is None else said.accumulated
    assert words == (text if said.accumulated is None else f"2*{text}")
    if kind in USSD:
        assert said.conversation == STEP.session
        assert not said.opens


@pytest.mark.parametrize("kind", USSD, ids=names(USSD))
@pytest.mark.parametrize("dialled", ["", "1*2"])
def test_dialling_opens(kind: Kind, dialled: str) -> None:
    if dialled and kind.name == "dmark_ussd":
        with pytest.raises(Unsampled, match="what was dialled"):
            heard(kind, replace(STEP, dialled=dialled))
        return
    said = heard(kind, replace(STEP, dialled=dialled))
    assert isinstance(said, Inbound)
    if said.accumulated is not None:
        assert said.accumulated == dialled
    elif said.dialled is not None:
        assert said.dialled == dialled
    else:
        assert (said.opens, said.input.text) == (True, dialled)


@pytest.mark.parametrize("kind", KINDS, ids=names(KINDS))
def test_an_equal_step_is_a_retry(kind: Kind) -> None:
    step = replace(STEP, inputs=("1",))
    own = channel(kind)
    first = sample_request(kind.adapter, own, URL, step)
    assert sample_request(kind.adapter, own, URL, step) == first
    later = replace(step, inputs=("1", "2"), at=step.at + timedelta(seconds=9))
    assert sample_request(kind.adapter, own, URL, later) != first


def test_where_nothing_tells_two_equal_answers_apart_the_time_is_the_sessions() -> None:
    step = replace(STEP, inputs=("1",))
    again = replace(STEP, inputs=("1", "1"), at=step.at + timedelta(seconds=9))
    for kind in USSD:
        first, second = (sample_request(kind.adapter, channel(kind), URL, s) for s in (step, again))
        if isinstance(kind.adapter, Declared):
            told = kind.adapter.defaults.get("request_time") != "session"
            assert told == (first != second), kind.name


@pytest.mark.parametrize("kind", KINDS, ids=names(KINDS))
def test_those_who_tell_of_a_drop_have_a_sample_of_it(kind: Kind) -> None:
    step = replace(STEP, inputs=("1",), ends=True)
    if kind.name not in TELL:
        with pytest.raises(Unsampled):
            heard(kind, step)
        return
    event = heard(kind, step)
    assert isinstance(event, SessionEnded)
    assert (event.dropped, event.conversation) == (True, STEP.session)
    assert event.sender == Address("msisdn", STEP.phone)


@pytest.mark.parametrize("kind", USSD, ids=names(USSD))
def test_the_shared_secret_is_shown(kind: Kind) -> None:
    said = heard(kind, replace(STEP, inputs=("1",)), shared_secret="a secret of theirs")
    assert isinstance(said, Inbound)


@pytest.mark.parametrize("kind", USSD, ids=names(USSD))
@pytest.mark.parametrize("end", [False, True])
def test_a_phone_shows_what_was_said(kind: Kind, end: bool) -> None:
    said = heard(kind, replace(STEP, inputs=("1",)))
    assert isinstance(said, Inbound)
    words = 'Café "Aroma" & <Tea>\n1 Balance {words}'
    response = kind.adapter.render(fit(Reply(text=words, end=end), kind.adapter.PROFILE), said)
    assert screen(kind.adapter, channel(kind), response) == Heard(words, open=not end)
    assert screen(kind.adapter, channel(kind), replace(response, status=500)) is None
