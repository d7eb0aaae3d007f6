"""Small pictures, and times and shares in words."""

from datetime import UTC, datetime, timedelta

import pytest
from defusedxml import ElementTree

from gateway.console.channels import quantile
from gateway.console.charts import HEIGHT, bar, sparkline
from gateway.console.parts import part_of
from gateway.console.words import ago, local, number, percent, seconds, span

NOW = datetime(2026, 11, 27, 22, 30, tzinfo=UTC)


def test_a_sparkline_is_as_high_as_its_highest() -> None:
    drawn = ElementTree.fromstring(sparkline([0, 5, 10], "a <day>"))
    assert drawn.get("aria-label") == "a <day>"
    assert "style" not in sparkline([1], "")
    path = drawn[0].get("d") or ""
    assert path == f"M0 {HEIGHT}V36H96V19H192V2H288V{HEIGHT}Z"
    assert len(sparkline([0] * 288, "")) < 200
    assert ElementTree.fromstring(sparkline([], "")) is not None


def test_a_bar_is_never_wider_than_its_track() -> None:
    widths = [ElementTree.fromstring(bar(share, ""))[1].get("width") for share in (-1, 0.5, 7)]
    assert widths == ["0", "60", "120"]


@pytest.mark.parametrize(
    ("passed", "words"),
    [(3, "just now"), (59, "59 seconds ago"), (60, "1 minute ago"), (7300, "2 hours ago"),
     (200_000, "2 days ago")],
)  # fmt: skip
def test_how_long_ago(passed: int, words: str) -> None:
    assert ago(NOW - timedelta(seconds=passed), NOW) == words


def test_local_time_is_the_shops() -> None:
    assert local(NOW, NOW, "Africa/Harare") == "00:30"
    assert local(NOW - timedelta(hours=1), NOW, "Africa/Harare") == "Fri 27 Nov 23:30"
    assert local(NOW, NOW, "no/where") == local(NOW, NOW, "../etc/passwd") == "22:30"


def test_shares_and_seconds() -> None:
    assert [percent(0, 0), percent(0, 9), percent(1, 300), percent(1, 3)] == [
        *("–", "0 %", "0.3 %", "33 %"),
    ]
    assert [seconds(None), seconds(0.0351), seconds(4.25)] == ["–", "35 ms", "4.2 s"]
    assert [number(7), number(1234567)] == ["7", "1\u202f234\u202f567"]
    assert [span(0.2), span(900), span(3600)] == ["a moment", "15 minutes", "1 hour"]


def test_a_quantile_lies_straight_between_its_buckets_bounds() -> None:
    bounds = (1.0, 2.0, 4.0)
    assert quantile([0, 0, 0, 0], bounds, 0.5) is None
    assert quantile([10, 0, 0, 0], bounds, 0.5) == 0.5
    assert quantile([5, 0, 10, 0], bounds, 0.5) == 2.5
    assert quantile([0, 0, 1, 99], bounds, 0.5) == 4.0


@pytest.mark.parametrize(
    ("asked", "number", "shown"),
    [("", 1, "ab"), ("2", 2, "cd"), ("3", 3, "e"), ("9", 3, "e"), ("0", 1, "ab"), ("-1", 1, "ab"),
     ("²", 1, "ab"), ("9" * 5000, 1, "ab"), ("<script>", 1, "ab")],
)  # fmt: skip
def test_a_long_list_is_shown_in_parts(asked: str, number: int, shown: str) -> None:
    part = part_of("abcde", asked, 2)
    assert (part.number, part.count, "".join(part.shown)) == (number, 3, shown)
    assert (part_of("", asked, 2).number, part_of("", asked, 2).count) == (1, 1)
