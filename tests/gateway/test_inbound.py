"""The strict readers of gateway/inbound.py: what they take, and where they stop."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import Address
from gateway.inbound import (
    HttpRequest,
    HttpResponse,
    Malformed,
    at,
    mend,
    objects_at,
    read_epoch,
    read_form,
    read_json,
    read_msisdn,
    read_uuid,
    text_at,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
JUNK: tuple[object, ...] = ("0", "", "4070908800", "x", None, True, 1.5, [], "1" * 400)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(TREES)
def test_json_comes_back_as_it_went(tree: object) -> None:
    assert read_json(json.dumps(tree).encode()) == tree


@pytest.mark.parametrize("text", ["[" * 33 + "]" * 33, '{"a":' * 33 + "1" + "}" * 33])
def test_json_deeper_than_32_is_refused_and_32_is_not(text: str) -> None:
    with pytest.raises(Malformed):
        read_json(text.encode())
    read_json(("[" * 32 + "]" * 32).encode())
    read_json(json.dumps(["[" * 500, '\\"{' * 50, {"]": "}"}]).encode())


def test_checking_the_depth_takes_time_in_proportion() -> None:
    """A body of escaped quotes must not make the strings' pattern look again and again."""
    started = time.monotonic()
    for body in (b'"' + b'\\"' * 1_000_000 + b"[" * 40, b'"' * 1_999_999 + b"[" * 40):
        with pytest.raises(Malformed):
            read_json(body)
    assert time.monotonic() - started < 100


@pytest.mark.parametrize(
    "text",
    ["1" * 19, "-" + "1" * 19, "NaN", "-Infinity", "1e999", '{"a":1,"a":1}', "\ufeff1", "1 2"],
)
def test_json_that_two_readers_read_differently_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_json(text.encode())


def test_json_that_is_no_utf8_is_refused() -> None:
    for body in (b'"\xff"', '"x"'.encode("utf-16")):
        with pytest.raises(Malformed):
            read_json(body)


def test_a_tree_is_walked_without_a_stumble() -> None:
    tree = {"a": {"b": "c"}, "l": [1, {"x": 1}, "s"]}
    assert text_at(tree, "a", "b") == "c"
    assert (text_at(tree, "a"), text_at(tree, "a", "b", "c"), at(None, "a")) == ("", "", None)
    assert (objects_at(tree, "l"), objects_at(tree, "a")) == ([{"x": 1}], [])


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=10))
def test_a_form_comes_back_as_it_went(form: dict[str, str]) -> None:
    assert read_form(urlencode(form).encode()) == form


def test_a_form_is_refused_where_it_is_ambiguous() -> None:
    with pytest.raises(Malformed):
        read_form(b"a=1&a=1")
    assert read_form(b"a=1&a=2&b=1", once={"b"}) == {"a": "1", "b": "1"}
    with pytest.raises(Malformed):
        read_form(b"&".join([b"a=1"] * 51), once={"b"})
    assert read_form(b"a=1;b=2") == {"a": "1;b=2"}


def test_stray_bytes_become_one_sign_each() -> None:
    assert mend(read_form(b"a=%ff%fe\xff%00")["a"]) == "\ufffd" * 4


@pytest.mark.parametrize(
    ("told", "at_"),
    [
        ("1795175990", datetime(2026, 11, 20, 11, 59, 50, tzinfo=UTC)),
        (1795175990, datetime(2026, 11, 20, 11, 59, 50, tzinfo=UTC)),
        ("1795175990999", datetime(2026, 11, 20, 11, 59, 50, tzinfo=UTC)),
        *((junk, None) for junk in JUNK),
    ],
)
def test_times(told: object, at_: datetime | None) -> None:
    assert read_epoch(told, NOW) == at_


def test_ids_and_numbers() -> None:
    one = "01890a5d-ac96-774b-bcce-b302099a8057"
    assert str(read_uuid(one)) == one
    for other in (f"{{{one}}}", f"urn:uuid:{one}", one.upper(), one.replace("-", ""), ""):
        assert read_uuid(other) is None
    assert read_msisdn("0771234567", "ZW") == Address("msisdn", "+263771234567")
    assert read_msisdn("ECONET", "ZW") is None


def test_a_header_counts_only_once() -> None:
    request = HttpRequest(method="GET", url="", headers=(("A", "1"), ("b", "2"), ("B", "3")))
    assert (request.header("a"), request.header("b"), request.header("c")) == ("1", None, None)


def test_how_long_to_wait() -> None:
    def told(value: str) -> int | None:
        return HttpResponse(status=429, headers=(("Retry-After", value),)).retry_after_s()

    assert (told("17"), told("9999999"), told("-1"), told("soon")) == (17, 86_400, None, None)
