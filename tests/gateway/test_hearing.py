"""What a USSD carrier's request adds: docs/security.md U3–U5, U35–U42 and section 3, 8."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from core.facts import Caller, Programme
from core.values import Address
from dialogs.messages import Input
from gateway.hearing import Heard, NotHeard, hear_session, is_retry
from gateway.inbound import Inbound
from storage.turns import Conversation, Snapshot

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINE, OTHER, TENANT = UUID(int=1), UUID(int=2), UUID(int=3)
SENDER = Address("msisdn", "+263771234567")
PROGRAMME = Programme(
    tenant_id=TENANT,
    slug="t",
    name="T",
    config_version=1,
    region="ZW",
    currency="USD",
    timezone="Africa/Harare",
)


def mac(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def snapshot(heard: str | None = None, **changes: object) -> Snapshot:
    conversation = None
    if heard is not None:
        conversation = Conversation(
            id=MINE,
            version=3,
            channel_id=TENANT,
            sender=SENDER,
            at_tenant=None,
            session=b"{}",
            carrier_session="s1",
            heard_len=len(heard),
            heard_mac=mac(heard),
            open=True,
            opened_at=NOW - timedelta(seconds=20),
            last_at=NOW - timedelta(seconds=5),
            last_in_at=NOW,
        )
    base = Snapshot(
        now=NOW,
        tenant=TENANT,
        config_version=1,
        owner_version=1,
        caller=Caller(programme=PROGRAMME, address=SENDER),
        conversation=conversation,
        answer=None,
        claimed_by=(TENANT, MINE) if conversation else None,
    )
    return replace(base, **changes)


def said(text: str, session: str = "s1") -> Inbound:
    return Inbound(address="*123#", sender=SENDER, conversation=session, accumulated=text)


def heard(text: str, known: Snapshot, session: str = "s1") -> Heard | NotHeard:
    return hear_session(known, said(text, session), MINE, 180, mac)


@pytest.mark.parametrize(
    ("before", "text", "inputs"),
    [
        ("", "1", ("1",)),
        ("1", "1*2", ("2",)),
        ("1", "1*", ("",)),
        ("1", "1*2*3", ("2*3",)),
        ("1*2", "1*2**", ("*",)),
        ("", "*", ("*",)),
        ("1*00", "1*00*1", ("1",)),
    ],
)
def test_a_step_is_what_follows_what_was_heard(
    before: str, text: str, inputs: tuple[str, ...]
) -> None:
    assert heard(text, snapshot(before)) == Heard(inputs, opens=False)


@pytest.mark.parametrize(
    ("text", "inputs"), [("", ()), ("1*3*1", ("1", "3", "1")), ("1**2", ("1", "", "2"))]
)
def test_a_new_session_may_bring_digits(text: str, inputs: tuple[str, ...]) -> None:
    assert heard(text, snapshot(None), "s2") == Heard(inputs, opens=True)
    assert heard(text, snapshot("1", claimed_by=None), "s2") == Heard(inputs, opens=True)


@pytest.mark.parametrize("text", ["", "1", "2*1", "1*2", "12*1", "1*3*1"])
def test_what_does_not_follow_was_never_sent(text: str) -> None:
    assert heard(text, snapshot("1*2")) is NotHeard.UNSENT


def test_another_phones_session_is_refused() -> None:
    assert heard("1", snapshot(None, claimed_by=(TENANT, OTHER))) is NotHeard.FOREIGN
    assert heard("1*2", snapshot("1", claimed_by=(TENANT, OTHER))) is NotHeard.FOREIGN


def test_a_step_after_the_end_and_an_older_session_are_closed() -> None:
    known = snapshot("1")
    assert known.conversation
    ended = replace(known, conversation=replace(known.conversation, open=False))
    assert heard("1*2", ended) is NotHeard.CLOSED
    older = snapshot("1", claimed_by=(TENANT, MINE))
    assert heard("1*2", older, "s0") is NotHeard.CLOSED


def test_a_session_lives_180_seconds() -> None:
    known = snapshot("1")
    assert known.conversation
    for age_s, expected in ((180, Heard(("2",), opens=False)), (181, NotHeard.EXPIRED)):
        opened = replace(known.conversation, opened_at=NOW - timedelta(seconds=age_s))
        assert heard("1*2", replace(known, conversation=opened)) == expected


def test_two_hundred_steps_at_once_are_too_many() -> None:
    assert heard("1*" * 200 + "1", snapshot(None)) is NotHeard.OVERLONG


# ── carriers that send the latest input only ────────────────────────────────────────────────────


def latest(
    text: str, known: Snapshot, session: str = "s1", *, opens: bool = False
) -> Heard | NotHeard:
    inbound = Inbound(
        address="440", sender=SENDER, conversation=session, opens=opens, input=Input(text)
    )
    return hear_session(known, inbound, MINE, 180, mac)


@pytest.mark.parametrize("text", ["1", "", "2*1", "*440#", "#", "0771234567"])
def test_the_latest_input_is_the_step_whatever_it_holds(text: str) -> None:
    assert latest(text, snapshot("")) == Heard((text,), opens=False)


@pytest.mark.parametrize(
    ("past", "inputs"), [("", ()), ("1*2", ("1", "2")), ("1**2", ("1", "", "2"))]
)
def test_the_first_request_brings_what_was_dialled_past_the_code(
    past: str, inputs: tuple[str, ...]
) -> None:
    fresh = snapshot(None)
    assert latest(past, fresh, opens=True) == Heard(inputs, opens=True)
    older = snapshot("", claimed_by=None)
    assert latest(past, older, "s2", opens=True) == Heard(inputs, opens=True)
    again = snapshot("")
    assert latest(past, again, opens=True) == Heard(inputs, opens=True)
    assert latest("*".join("1" * 13), again, opens=True) is NotHeard.OVERLONG
    assert latest("*".join("1" * 13), fresh, opens=True) is NotHeard.OVERLONG


def test_a_later_request_of_an_unknown_session_opens_nothing() -> None:
    assert latest("1", snapshot(None)) is NotHeard.CLOSED
    assert latest("1", snapshot("", claimed_by=None), "s2") is NotHeard.CLOSED


@pytest.mark.parametrize("opens", [False, True])
def test_the_latest_input_of_a_session_that_is_no_more(opens: bool) -> None:
    known = snapshot("")
    assert known.conversation
    ended = replace(known, conversation=replace(known.conversation, open=False))
    assert latest("1", ended, opens=opens) is NotHeard.CLOSED
    older = replace(known.conversation, opened_at=NOW - timedelta(seconds=181))
    assert latest("1", replace(known, conversation=older), opens=opens) is NotHeard.EXPIRED
    assert latest("1", snapshot("", claimed_by=(TENANT, OTHER)), opens=opens) is NotHeard.FOREIGN
    assert latest("1", snapshot(""), "s0", opens=True) is NotHeard.CLOSED


@pytest.mark.parametrize(
    ("mark", "age_s", "retry"),
    [("body", 0, True), ("body", 3, True), ("body", 3.1, False), ("other", 0, False)],
)
def test_an_equal_body_is_a_retry_while_its_answer_is_fresh(
    mark: str, age_s: float, retry: bool
) -> None:
    known = snapshot("body").conversation
    assert known
    answered = replace(known, last_at=NOW - timedelta(seconds=age_s))
    assert is_retry(answered, mac(mark), NOW, 3) is retry
    assert not is_retry(replace(answered, heard_mac=None), mac(mark), NOW, 3)


# ── carriers that do not say when a session begins, or which one it is ──────────────────────────


def input_only(text: str, session: str = "s1", **more: object) -> Inbound:
    base = Inbound(address="121", sender=SENDER, conversation=session, input=Input(text))
    return replace(base, **more)


def test_a_session_never_heard_of_begins_where_the_request_says_what_was_dialled() -> None:
    begins = input_only("121*5", "s2", dialled="5")
    assert hear_session(snapshot(), begins, MINE, 180, mac) == Heard(("5",), opens=True)
    in_it = input_only("121", dialled="")
    assert hear_session(snapshot("x"), in_it, MINE, 180, mac) == Heard(("121",), opens=False)
    no_code = input_only("1", "s2")
    assert hear_session(snapshot(), no_code, MINE, 180, mac) is NotHeard.CLOSED
    over = replace(snapshot("x"), claimed_by=(TENANT, MINE))
    assert hear_session(over, replace(begins), MINE, 180, mac) is NotHeard.CLOSED


def test_where_the_carrier_names_no_session_dialling_is_a_new_one() -> None:
    known = snapshot("x").conversation
    assert known is not None
    nameless = replace(known, carrier_session="", opened_at=NOW - timedelta(hours=2))
    before = snapshot(conversation=nameless, claimed_by=None)
    over = snapshot(conversation=replace(nameless, open=False), claimed_by=None)
    dials, goes_on = input_only("", "", opens=True), input_only("1", "")
    for seen in (snapshot(), before, over):
        assert hear_session(seen, dials, MINE, 180, mac) == Heard((), opens=True)
    assert hear_session(before, goes_on, MINE, 180, mac) is NotHeard.EXPIRED
    assert hear_session(over, goes_on, MINE, 180, mac) is NotHeard.CLOSED
    assert hear_session(snapshot(), goes_on, MINE, 180, mac) is NotHeard.CLOSED
