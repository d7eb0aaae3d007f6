"""A table that is wrong is refused when it is loaded, by one sentence that names file, key and what
is allowed; one that is right is served."""

from pathlib import Path

import pytest

from gateway.declared.carrier import Declared, load
from gateway.declared.loading import WrongTable
from tests.gateway.conftest import Maita

TABLE = """
carrier = "Example Mobile"
[request]
method = "POST"
encoding = "json"
session = "sid"
sender = "from"
address = "code"
text = "said"
[begin]
when = { stage = "first" }
continues = { stage = "next" }
[[ends]]
when = { stage = "lost" }
[answer]
encoding = "json"
[answer.body]
sid = "{session}"
message = "{words}"
goOn = { more = true, end = "$no" }
[settings.no]
default = "false"
allowed = ["false", "no"]
[screen]
septets = 160
"""


def read(folder: Path, text: str, name: str = "example_ussd.toml") -> Declared:
    (folder / name).write_text(text)
    return load(folder / name)


def test_what_is_right_is_served(tmp_path: Path) -> None:
    carrier = read(tmp_path, TABLE)
    assert carrier.PROFILE.septets == 160
    assert carrier.PROFILE.methods == ("POST",)
    assert carrier.allowed == {"no": ["false", "no"]}
    assert carrier.defaults == {"no": "false", "request_time": "session"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('method = "POST"', 'method = "PUT"', "request.method: one of 'GET', 'POST' is allowed"),
        ('method = "POST"', 'metod = "POST"', "request.metod: no such key, but method, encoding,"),
        ('method = "POST"', "", "request.method: this key is missing"),
        ('method = "POST"', 'method = "GET"', 'request.encoding: GET has "query"; POST has "form"'),
        ('sender = "from"', "sender = 7", "request.sender: expected `str`, got `int`"),
        ('sender = "from"', 'sender = ""', "request.sender: the name of a field"),
        ('sender = "from"', 'sender = "said"', "request: sender, text, session and address must"),
        ('sender = "from"', 'sender = "from"\nroot = "x"', "request.root: the root element"),
        ('sender = "from"', 'sender = "from"\npath = "{x"', "request.path: what follows our URL"),
        ('sender = "from"', 'sender = "from"\noptional = ["code"]', "request.optional[0]: one of"),
        ('text = "said"', 'text = "said"\nrepeats = ["url"]', "request.repeats: {url} has a"),
        ('text = "said"', 'text = "said"\ninput = "accumulated"', "begin: with accumulated input"),
        ('when = { stage = "first" }', "", "begin: one of when, absent, text or session"),
        ('when = { stage = "first" }', 'absent = "a"', "begin.continues: only together with when"),
        ('when = { stage = "first" }', 'when = { stage = "first" }\nabsent = "a"', "begin: one of"),
        ('continues = { stage = "next" }', "", "begin.continues: what the fields of when hold"),
        (
            'when = { stage = "lost" }',
            'when = { stage = "lost" }\nsecret = false',
            "ends[0].secret: false only beside request.secret, where this request lacks that field",
        ),
        ('when = { stage = "lost" }', "when = {}", "ends[0].when: at least one field"),
        ('when = { stage = "lost" }', "when = { stage = [] }", "ends[0].when.stage: a value, or"),
        (
            'when = { stage = "lost" }',
            'when = { a = 1 }\nreason = "bored"',
            "ends[0].reason: one of",
        ),
        ('encoding = "json"\n[answer.body]', 'encoding = "text"\n[answer.body]', "answer.body: an"),
        (
            'message = "{words}"',
            'message = "{word}"',
            "answer.body: {word} is not known: {address}",
        ),
        ('message = "{words}"', 'message = "words"', "answer.body: {words} must be in it"),
        ('goOn = { more = true, end = "$no" }', 'x = "$no"', "answer.body: an open and a last"),
        ('"$no"', '"$on"', "settings.no: is used nowhere"),
        ('"$no"', "false", "settings.no: is used nowhere"),
        ("[settings.no]", "[settings.allow]", "settings.allow: choose another name than"),
        ('default = "false"', 'default = "maybe"', "settings.no.default: one of false, no"),
        ('default = "false"', "", "settings.no.default: this key is missing"),
        ('default = "false"', 'defalt = "no"', "settings.no.defalt: no such key, but default, al"),
        ("septets = 160", "septets = 183", "screen.septets: 60 to 182"),
        ("septets = 160", "[malformed]\nstatus = 500", "malformed.status: 200 to 499"),
        ("septets = 160", "[ended]\nstatus = 204", "ended.status: 200"),
        ("septets = 160", '[ended]\nbody = { s = "{session}" }', "ended.body: {session} is not"),
        ("septets = 160", '[samples]\nx = "{hops}"', "samples.x: {hops} is not known: {code}"),
        ("septets = 160", "[answer.headers]\n'a b' = '1'", "answer.headers.a b: the name of a"),
        ("septets = 160", "[answer.headers]\na = 'é'", "answer.headers.a: a short plain text"),
        ("septets = 160", "[answer.replace]\n'ab' = ''", "answer.replace: one character"),
        ("[screen]", "[sreen]", "sreen: no such key, but carrier, request, answer, begin,"),
        ("[screen]", "[screen", "not TOML"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    assert old in TABLE
    with pytest.raises(WrongTable) as refused:
        read(tmp_path, TABLE.replace(old, new, 1))
    sentence = str(refused.value)
    assert sentence.startswith(f"example_ussd.toml: {told}"), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_name_that_is_no_kind_and_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(WrongTable, match=r"^My Carrier\.toml: the name must be small letters"):
        read(tmp_path, TABLE, "My Carrier.toml")
    (tmp_path / "latin_ussd.toml").write_bytes(b"carrier = '\xe9'")
    with pytest.raises(WrongTable, match=r"^latin_ussd\.toml: this is no file"):
        load(tmp_path / "latin_ussd.toml")


def test_every_value_a_setting_may_have_is_tried(tmp_path: Path) -> None:
    """`method` is wrong in one of its variants only."""
    varied = TABLE.replace('method = "POST"', 'method = "$how"') + (
        '[settings.how]\ndefault = "POST"\nallowed = ["POST", "PUT"]\n'
    )
    with pytest.raises(WrongTable, match=r"request\.method: one of 'GET', 'POST' is allowed"):
        read(tmp_path, varied)


def test_the_command_line_says_it_and_ends(maita: Maita, tmp_path: Path) -> None:
    (tmp_path / "x_ussd.toml").write_text(TABLE.replace('"said"', "7"))
    ended = maita("channel", "list", MAITA_CARRIERS_DIR=str(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "maita: x_ussd.toml: request.text: expected `str`, got `int`.\n"
    (tmp_path / "x_ussd.toml").write_text(TABLE)
    assert maita("channel", "list", MAITA_CARRIERS_DIR=str(tmp_path)).code == 0
    told = maita("channel", "add", "nobody", "fax", "*1#", MAITA_CARRIERS_DIR=str(tmp_path)).err
    assert "x_ussd" in told
    assert "hubtel_ussd" in told
    nowhere = maita("channel", "list", MAITA_CARRIERS_DIR=str(tmp_path / "nowhere"))
    assert (nowhere.code, nowhere.err.count("\n")) == (2, 1)
    assert "MAITA_CARRIERS_DIR must be a folder" in nowhere.err
