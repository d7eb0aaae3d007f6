"""The table that declares a USSD carrier: its keys, what each means, and what it may hold.

Written by whoever adds a carrier, checked by `loading`. docs/carriers/declaring.md tells the same
with examples. A text that is exactly `$name` stands for the channel setting `name`.
"""

from typing import Any, Final, Literal

import msgspec

Plain = str | int | bool
Test = dict[str, Plain | list[str | int]]
"""Field → what it must hold: a value or one of several, whatever the case of letters; a value that
ends in `*` takes any that begins so, and `*` alone any at all. All fields must fit."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Unknown keys are mistakes of typing."""


class Request(_Strict, frozen=True, kw_only=True):
    """How the carrier asks. `sender`, `text`, `session`, `address`: what it calls the caller's
    number, the input, its session id and the service code; without `session` the caller's call on
    the channel is the session, without `address` the channel's code is meant. `encoding`: where
    they are; in a JSON body a dotted name leads into objects. `root`: the root element of XML.
    `path`: what the carrier adds to our URL, with names in braces. `optional`: which of the four
    may be missing. `input`: the latest only, or all of the session joined by `*`. `time`: a field
    that is another one in each request but its retry's. `repeats`: other fields that the answer
    repeats. `network`: the one that names the mobile network. `secret`: the one that shows the
    channel's shared secret, once one is configured."""

    method: Literal["GET", "POST"]
    encoding: Literal["query", "form", "json", "xml"]
    sender: str
    text: str
    session: str = ""
    address: str = ""
    root: str = ""
    path: str = ""
    optional: list[Literal["session", "text"]] = []
    input: Literal["latest", "accumulated"] = "latest"
    time: str = ""
    repeats: list[str] = []
    network: str = ""
    secret: str = ""


class Begin(_Strict, frozen=True, kw_only=True):
    """What tells that a session begins; one of four. `when`: fields hold these values, and
    `continues` is what they hold later. `absent`: this field is missing. `text`: the input is
    empty, or is the code. `session = "unknown"`: nothing tells, so a session that was never heard
    of begins; with `text = "code"` only when its input is the code. `dials`: how the first input
    is written in samples: `*713#`, `713`, or not at all."""

    when: Test = {}
    continues: Test = {}
    absent: str = ""
    text: Literal["", "empty", "code"] = ""
    session: Literal["", "unknown"] = ""
    dials: Literal["star", "code", "nothing"] = "star"


class End(_Strict, frozen=True, kw_only=True):
    """A request that says the session is over. `dropped`: the caller did not see its end. `sender`,
    `session`: the names of those fields where this request calls them otherwise. `secret`: false
    where this request never shows the shared secret that steps show: the token proves it then, and
    the address where the channel lists some."""

    when: Test
    dropped: bool = True
    reason: Literal["ended", "dropped", "timeout", "aborted", "cleaned"] = "dropped"
    sender: str = ""
    session: str = ""
    secret: bool = True


class Notice(_Strict, frozen=True, kw_only=True):
    """A request that is neither a step nor an end: it is acknowledged and counted."""

    when: Test


class Two(_Strict, frozen=True, kw_only=True):
    """A value that differs: `more` while an answer is awaited, `end` with the last words."""

    more: str
    end: str


class Answer(_Strict, frozen=True, kw_only=True):
    """How we answer. `body`: a text, or an object for JSON, with names in braces: `{words}` is what
    is said, `{sender}`, `{session}`, `{address}` and those of `repeats` are the request's, `{code}`
    is the channel's code without stars and hash at its ends, `{url}` the request's URL without its
    query. A value that is one name alone keeps its JSON type and is left out where the request has
    none. Anywhere, `{more = …, end = …}` are the two values of an open and a last answer.
    `replace`: what may not be in the words, and what stands there instead. `encoding` escapes."""

    encoding: Literal["text", "json", "xml"]
    body: str | dict[str, Any]
    content_type: str = ""
    headers: dict[str, str | Two] = {}
    replace: dict[str, str] = {}


class Bare(_Strict, frozen=True, kw_only=True):
    """A fixed answer: no session is spoken of in it."""

    body: str | dict[str, Any] = ""
    status: int = 200


class Setting(_Strict, frozen=True, kw_only=True):
    """A value in which integrations of the carrier differ: the commoner one, and the others; none
    for any short text."""

    default: str
    allowed: list[str] = []


class Screen(_Strict, frozen=True, kw_only=True):
    """What the carrier's phones show, and how long a session lives (seconds)."""

    septets: int = 182
    ucs2_chars: int = 80
    session_ttl_s: int = 180


class Table(_Strict, frozen=True, kw_only=True):
    """One carrier. `begin` is needed where only the latest input is sent. `ended` answers a
    request of `ends` or `notices`, `malformed` one that is not this carrier's; without it that is
    the last words with the status 400. `samples`: fields that real requests have and we do not
    read, for `maita channel test`; `{time}`, `{hop}`, `{phone}` and `{code}` are filled in."""

    carrier: str
    request: Request
    answer: Answer
    begin: Begin | None = None
    ends: list[End] = []
    notices: list[Notice] = []
    ended: Bare = Bare()
    malformed: Bare | None = None
    settings: dict[str, Setting] = {}
    screen: Screen = Screen()
    samples: dict[str, Plain] = {}


OWN_SETTINGS: Final = frozenset(
    {"allow", "base_url", "request_time", "retry_window_s", "session_ttl_s"}
)
"""Settings that every declared kind has; a table's own have other names."""
