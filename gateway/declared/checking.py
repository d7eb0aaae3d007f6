"""What a carrier's table must be beyond the types of its keys. Pure; called by `loading`."""

import re
from collections.abc import Iterator
from typing import Any, Final

from gateway.declared.answering import CHOICE, holes
from gateway.declared.reading import path_names
from gateway.declared.table import Bare, Table, Test, Two

_FIELD: Final = re.compile(r"[^\s\x00-\x1f]{1,64}")
_FILLED: Final = frozenset({"words", "sender", "session", "address", "code", "url"})
_SAMPLED: Final = frozenset({"time", "hop", "phone", "code"})
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


class Mistake(Exception):
    """What is wrong with a table: the key, and what is allowed."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key, self.reason = key, reason


def check(table: Table) -> None:
    """Raise Mistake for the first thing that does not fit together."""
    _check_request(table)
    _check_begin(table)
    _check_answer(table)
    for place, end in enumerate(table.ends):
        _check_test(f"ends[{place}].when", end.when)
        if not end.secret and (not table.request.secret or table.request.secret in end.when):
            reason = "false only beside request.secret, where this request lacks that field"
            raise Mistake(f"ends[{place}].secret", reason)
    for place, notice in enumerate(table.notices):
        _check_test(f"notices[{place}].when", notice.when)
    for name, value in table.samples.items():
        _check_holes(f"samples.{name}", str(value), _SAMPLED)
    _check_screen(table)


def _check_request(table: Table) -> None:
    asked = table.request
    if (asked.method == "GET") != (asked.encoding == "query"):
        raise Mistake("request.encoding", 'GET has "query"; POST has "form", "json" or "xml"')
    if bool(asked.root) != (asked.encoding == "xml"):
        raise Mistake("request.root", 'the root element of "xml", and of nothing else')
    names = [getattr(asked, key) for key in ("sender", "text", "session", "address")]
    named = [name for name in names if name]
    for key in ("sender", "text"):
        if not _FIELD.fullmatch(getattr(asked, key)):
            raise Mistake(f"request.{key}", "the name of a field")
    if len(set(named)) < len(named):
        raise Mistake("request", "sender, text, session and address must be different fields")
    if taken := _FILLED & set(asked.repeats):
        raise Mistake("request.repeats", f"{{{min(taken)}}} has a meaning of its own: leave it out")
    if asked.input == "accumulated" and not asked.session:
        raise Mistake("request.session", "carriers that accumulate input name the session")
    if asked.path and not path_names(asked.path):
        raise Mistake("request.path", 'what follows our URL, such as "/session/{id}/{stage}"')


def _check_begin(table: Table) -> None:
    begin, asked = table.begin, table.request
    if asked.input == "accumulated":
        if begin is not None:
            raise Mistake(
                "begin", "with accumulated input a session begins by itself: leave it out"
            )
        return
    if begin is None:
        raise Mistake("begin", "one of when, absent, text or session must tell the beginning")
    told = [bool(begin.when), bool(begin.absent), bool(begin.text), bool(begin.session)]
    if sum(told) != 1 and not (begin.session and begin.text == "code" and sum(told) == 2):
        raise Mistake(
            "begin", 'one of when, absent, text or session, or session with text = "code"'
        )
    if begin.when:
        _check_test("begin.when", begin.when)
        if not begin.continues and not all(isinstance(v, bool) for v in begin.when.values()):
            raise Mistake("begin.continues", "what the fields of when hold later")
    if begin.continues:
        _check_test("begin.continues", begin.continues)
        if not begin.when:
            raise Mistake("begin.continues", "only together with when")
    if begin.session and not asked.session:
        raise Mistake("begin.session", "only where request.session names the session")


def _check_test(key: str, test: Test) -> None:
    if not test:
        raise Mistake(key, "at least one field and its value")
    for name, value in test.items():
        if isinstance(value, list) and not value:
            raise Mistake(f"{key}.{name}", "a value, or a list of at least one")


def _check_answer(table: Table) -> None:
    answer, known = table.answer, _FILLED | set(table.request.repeats)
    pair = isinstance(answer.body, dict) and answer.body.keys() == CHOICE
    if not pair and (answer.encoding == "json") != isinstance(answer.body, dict):
        raise Mistake("answer.body", 'an object for "json", a text or { more, end } for the others')
    _check_body("answer.body", answer.body, known)
    if not any("words" in holes(text) for text in texts(answer.body)):
        raise Mistake("answer.body", "{words} must be in it")
    if not _differs(answer.body) and not any(isinstance(v, Two) for v in answer.headers.values()):
        raise Mistake("answer.body", "an open and a last answer must differ: { more = …, end = … }")
    _check_headers(table)
    if any(len(found) != 1 or found == put for found, put in answer.replace.items()):
        raise Mistake("answer.replace", "one character, and what stands in its place")
    for key, fixed in (("ended", table.ended), ("malformed", table.malformed)):
        if fixed is not None:
            _check_bare(key, fixed)


def _check_headers(table: Table) -> None:
    for name, value in table.answer.headers.items():
        if not _HEADER.fullmatch(name):
            raise Mistake(f"answer.headers.{name}", "the name of a header")
        for text in (value.more, value.end) if isinstance(value, Two) else (value,):
            if not re.fullmatch(r"[ -~]{0,200}", text):
                raise Mistake(f"answer.headers.{name}", "a short plain text")


def _check_bare(key: str, fixed: Bare) -> None:
    if not 200 <= fixed.status < 500:
        raise Mistake(f"{key}.status", "200 to 499")
    if key == "ended" and fixed.status != 200:
        raise Mistake("ended.status", "200")
    _check_body(f"{key}.body", fixed.body, frozenset())


def _check_body(key: str, body: object, known: frozenset[str] | set[str]) -> None:
    for text in texts(body):
        _check_holes(key, text, known)


def _check_holes(key: str, text: str, known: frozenset[str] | set[str]) -> None:
    for name in holes(text):
        if name not in known:
            listed = ", ".join(f"{{{each}}}" for each in sorted(known)) or "no name"
            raise Mistake(key, f"{{{name}}} is not known: {listed} may be filled in")


def texts(tree: Any) -> Iterator[str]:
    """Every text of a tree of tables and lists."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        for each in tree:
            yield from texts(each)
    elif isinstance(tree, str):
        yield tree


def _differs(tree: Any) -> bool:
    if isinstance(tree, list):
        return any(map(_differs, tree))
    if not isinstance(tree, dict):
        return False
    if tree.keys() == CHOICE:
        return bool(tree["more"] != tree["end"])
    return any(map(_differs, tree.values()))


def _check_screen(table: Table) -> None:
    screen = table.screen
    for name, low, high in (
        ("septets", 60, 182), ("ucs2_chars", 40, 80), ("session_ttl_s", 30, 600),
    ):  # fmt: skip
        if not low <= getattr(screen, name) <= high:
            raise Mistake(f"screen.{name}", f"{low} to {high}")
