"""Log lines: their form, and what may never be in them (docs/security.md 30 and 31)."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import structlog

from gateway import logs

ROOT = Path(__file__).parents[2]


class Stream(io.StringIO):
    """What was written, line by line."""

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def lines(stream: Stream) -> Iterator[logs.Lines]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    lines = logs.configure("info", pretty=False, stream=stream)
    yield lines
    lines.close()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def only(lines: logs.Lines, stream: Stream) -> dict[str, Any]:
    lines.flush()
    (event,) = stream.events()
    return event


def test_a_line_is_json_with_time_level_and_event_first(lines: logs.Lines, stream: Stream) -> None:
    logs.get("message").info("message", tenant="t", trips=2, duration_ms=1.5, command=None)
    event = only(lines, stream)
    assert list(event)[:4] == ["timestamp", "level", "event", "log"]
    assert event["timestamp"].endswith("Z")
    assert (event["level"], event["event"], event["log"]) == ("info", "message", "message")
    assert (event["trips"], event["duration_ms"], event["command"]) == (2, 1.5, None)


class Told(msgspec.Struct):
    tenant: UUID
    trips: int = 0
    ms: float = 0
    command: str | None = None


def test_a_plain_line_has_the_form_of_all_others(lines: logs.Lines, stream: Stream) -> None:
    told = Told(tenant=UUID(int=7), trips=2, ms=1.5, command=None)
    logs.plainly(logs.get("message"), "message", told)
    logs.get("message").info("message", **msgspec.structs.asdict(told))
    lines.flush()
    plain, cleaned = stream.events()
    assert list(plain) == list(cleaned)
    assert [*plain.values()][1:] == [*cleaned.values()][1:]
    assert plain["tenant"] == str(UUID(int=7))


@pytest.mark.parametrize(("level", "pretty", "shown"), [("warning", False, 0), ("info", True, 1)])
def test_a_plain_line_heeds_the_level_and_is_for_people_on_a_terminal(
    lines: logs.Lines, level: str, pretty: bool, shown: int
) -> None:
    stream = Stream()
    other = logs.configure(level, pretty=pretty, stream=stream)
    logs.plainly(logs.get("message"), "message", Told(tenant=UUID(int=7), command="replied"))
    other.close()
    assert stream.getvalue().count("replied") == shown
    assert not stream.getvalue().startswith("{")


def test_lines_below_the_level_are_not_written(lines: logs.Lines, stream: Stream) -> None:
    logs.get("x").debug("unseen")
    logging.getLogger("httpx").info("HTTP Request: POST https://carrier.example")
    lines.flush()
    assert stream.events() == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("+263771234567 wrote", "+26377*****67 wrote"),
        ("https://x.example/a?text=1*4821&sessionId=7", "https://x.example/a?…"),
        ("/public/ussd/callback/0123456789abcdef0123456789abcdef", "/public/ussd/callback/•••"),
        ("/public/callbacks/0123456789abcdef", "/public/callbacks/•••"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("turned \u202e round", "turned \\u202e round"),
        ("half \ud83d of one", "half \\ud83d of one"),
        ("Is that so? Yes", "Is that so? Yes"),
        ("5 + 7, Café, قهوة", "5 + 7, Café, قهوة"),
    ],
)
def test_values_are_cleaned(lines: logs.Lines, stream: Stream, said: str, shown: str) -> None:
    logs.get("x").info("event", value=said)
    assert only(lines, stream)["value"] == shown


def test_a_value_has_256_characters_at_most(lines: logs.Lines, stream: Stream) -> None:
    logs.get("x").info("event", long="x" * 257, whole="y" * 256, odd="\n" * 300)
    event = only(lines, stream)
    assert event["long"] == "x" * 255 + "…"
    assert event["whole"] == "y" * 256
    assert len(event["odd"]) == 256


def test_an_error_shows_its_kind_and_place_but_not_its_words(
    lines: logs.Lines, stream: Stream
) -> None:
    try:
        raise ValueError("the PIN 4821 of +263771234567")
    except ValueError as error:
        logs.get("x").error("failed", exc_info=error)
        logging.getLogger("library").exception("it failed")
    lines.flush()
    assert "4821" not in stream.getvalue()
    for event in stream.events():
        assert event["error"] == "ValueError"
        assert "test_logs.py" in event["at"]


def test_libraries_take_the_same_way(lines: logs.Lines, stream: Stream) -> None:
    logging.getLogger("library").warning("%s is odd", "+263771234567")
    event = only(lines, stream)
    assert (event["level"], event["log"]) == ("warning", "library")
    assert event["text"] == "+26377*****67 is odd"


def test_what_nobody_reads_is_dropped_and_counted(
    lines: logs.Lines, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = logs.Lines(stream)
    for number in range(logs.WAITING_MAX + 3):
        held.add(f'{{"n":{number}}}')
    held.flush()
    events = stream.events()
    assert events[0] == {"n": 3}
    assert events[-1]["event"] == "lines_dropped"
    assert events[-1]["count"] == 3


def test_a_closed_stream_stops_nobody(lines: logs.Lines, stream: Stream) -> None:
    stream.close()
    logs.get("x").info("event")
    lines.flush()


def test_the_last_lines_are_written_when_the_process_ends() -> None:
    program = (
        "import sys; from gateway import logs;"
        "logs.configure('info', pretty=False, stream=sys.stderr); logs.get('x').info('last')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stderr)["event"] == "last"


def test_a_terminal_gets_words(stream: Stream) -> None:
    lines = logs.configure("info", pretty=True, stream=stream)
    logs.get("x").info("message", sender="+263771234567")
    lines.close()
    structlog.reset_defaults()
    assert "message" in stream.getvalue()
    assert "+263771234567" not in stream.getvalue()
    assert not stream.getvalue().startswith("{")
