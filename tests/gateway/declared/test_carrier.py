"""What tables can say beyond those of our twelve: carriers of docs/wire-formats.md section 6 that
nobody uses here yet, each declared in a few lines and heard both ways."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from dialogs.messages import Reply
from gateway.adapter import Channel, Malformed
from gateway.declared.asking import Heard, Step
from gateway.declared.carrier import Declared, load
from gateway.inbound import HttpRequest, Ignored, Inbound, SessionEnded
from gateway.render import fit
from tests.gateway.channels.cases import ID, NOW

URL = "https://maita.example"
STEP = Step(phone="+263771234567", session="4711", at=datetime(2026, 11, 20, 12, tzinfo=UTC))
CHANNEL = Channel(id=ID, owner=ID, kind="x_ussd", address="*120#", token="tk_x", region="ZW")

TRUROUTE = """
carrier = "TruRoute"
[request]
method = "POST"
encoding = "xml"
root = "ussd"
session = "sessionid"
sender = "msisdn"
text = "msg"
[begin]
when = { type = 1 }
continues = { type = 2 }
[[ends]]
when = { type = 3 }
reason = "aborted"
[[ends]]
when = { type = 4 }
reason = "timeout"
[[notices]]
when = { type = 10 }
[answer]
encoding = "xml"
[answer.body]
more = "<ussd><sessionid>{session}</sessionid><type>2</type><msg>{words}</msg></ussd>"
end = "<ussd><sessionid>{session}</sessionid><type>3</type><msg>{words}</msg></ussd>"
[ended]
body = "<ussd/>"
"""

IMIMOBILE = """
carrier = "IMImobile"
[request]
method = "GET"
encoding = "query"
session = "tid"
sender = "msisdn"
address = "code"
text = "msg"
[begin]
text = "code"
[[ends]]
when = { msg = "Map Dialog User Abort User Reason*" }
reason = "aborted"
[answer]
encoding = "text"
body = "{words}"
[answer.headers]
X-USSD-SESSION = { more = "1", end = "0" }
"""

EMPTY_FIRST = """
carrier = "One whose first text is empty, with names inside objects"
[request]
method = "POST"
encoding = "json"
session = "call.id"
sender = "call.from"
text = "call.text"
repeats = ["call.hop"]
[begin]
text = "empty"
dials = "nothing"
[answer]
encoding = "json"
[answer.body]
hop = "{call.hop}"
told = ["{words}", "{call.hop}"]
line = "hop {call.hop} of {code}"
done = { more = false, end = true }
[samples]
"call.hop" = 3
"""


def carrier(folder: Path, table: str) -> Declared:
    (folder / "x_ussd.toml").write_text(table)
    return load(folder / "x_ussd.toml")


def heard(adapter: Declared, request: HttpRequest) -> object:
    (event,) = adapter.parse(request, CHANNEL, NOW)
    return event


def said(adapter: Declared, inbound: Inbound, text: str, *, end: bool) -> Heard | None:
    page = fit(Reply(text=text, end=end), adapter.PROFILE)
    return adapter.heard(CHANNEL, adapter.render(page, inbound))


@pytest.mark.parametrize("table", [TRUROUTE, IMIMOBILE, EMPTY_FIRST])
def test_both_ways(table: str, tmp_path: Path) -> None:
    adapter = carrier(tmp_path, table)
    opened = heard(adapter, adapter.ask(CHANNEL, URL, STEP))
    assert isinstance(opened, Inbound)
    assert (opened.opens, opened.input.text, opened.conversation) == (True, "", "4711")
    step = heard(adapter, adapter.ask(CHANNEL, URL, replace(STEP, inputs=("O'Neill & 1",))))
    assert isinstance(step, Inbound)
    assert (step.opens, step.input.text) == (False, "O'Neill & 1")
    for end in (False, True):
        shown = said(adapter, step, 'A "menu" & <more>', end=end)
        if table == EMPTY_FIRST:
            assert shown is None, "its words are in a list, which nobody reads back"
        else:
            assert shown == Heard('A "menu" & <more>', open=not end)


def test_xml_is_read_strictly(tmp_path: Path) -> None:
    adapter = carrier(tmp_path, TRUROUTE)
    asked = adapter.ask(CHANNEL, URL, replace(STEP, inputs=("1",)))
    for old, new in (
        (b"<ussd", b"<!DOCTYPE ussd><ussd"),
        (b"ussd>", b"other>"),
        (b"</msg>", b"<b/></msg>"),
        (b"<type>2</type>", b"<type>5</type>"),
        (b"<type>2</type>", b""),
    ):
        with pytest.raises(Malformed):
            heard(adapter, replace(asked, body=asked.body.replace(old, new)))


def test_ends_and_notices_by_value(tmp_path: Path) -> None:
    adapter = carrier(tmp_path, TRUROUTE)
    asked = adapter.ask(CHANNEL, URL, replace(STEP, inputs=("1",)))

    def of_type(number: bytes) -> object:
        return heard(adapter, replace(asked, body=asked.body.replace(b">2<", b">%s<" % number)))

    timeout = of_type(b"4")
    assert isinstance(timeout, SessionEnded)
    assert (timeout.dropped, timeout.reason, timeout.conversation) == (True, "timeout", "4711")
    assert of_type(b"10") == Ignored(reason="notification")
    assert adapter.render(None, None).body == b"<ussd/>"


def test_an_abort_that_comes_as_text(tmp_path: Path) -> None:
    adapter = carrier(tmp_path, IMIMOBILE)
    gone = adapter.ask(CHANNEL, URL, replace(STEP, inputs=("map dialog user abort user reason 0",)))
    event = heard(adapter, gone)
    assert isinstance(event, SessionEnded)
    assert event.reason == "aborted"


def test_what_is_repeated_keeps_its_type_and_is_left_out_where_it_is_not_there(
    tmp_path: Path,
) -> None:
    adapter = carrier(tmp_path, EMPTY_FIRST)
    asked = adapter.ask(CHANNEL, URL, replace(STEP, inputs=("1",)))
    step = heard(adapter, asked)
    assert isinstance(step, Inbound)
    page = fit(Reply(text="Hi"), adapter.PROFILE)
    assert adapter.render(page, step).json_object() == {
        "hop": 3, "told": ["Hi", 3], "line": "hop 3 of 120", "done": False,
    }  # fmt: skip
    bare = heard(adapter, replace(asked, body=asked.body.replace(b',"hop":3', b"").replace(
        b'"hop":3,', b""
    )))  # fmt: skip
    assert isinstance(bare, Inbound)
    assert adapter.render(page, bare).json_object() == {
        "told": ["Hi"], "line": "hop  of 120", "done": False,
    }  # fmt: skip
