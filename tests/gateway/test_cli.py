"""The command line, run in this process against a real database: what it prints, how it ends."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.readiness import HEAD
from tests.conftest import Urls
from tests.gateway.conftest import Maita

SHOP = """
[tenant]
slug = "corner-books"
name = "Corner Books"
region = "ZW"
currency = "USD"
timezone = "Africa/Harare"
dial = "*777#"

[[rewards]]
slug = "bookmark"
name = "Bookmark"
points = 10
stock = 3

[[staff]]
name = "Tatenda"
phone = "0772 660 100"
role = "manager"
pin = "58203"
"""


@pytest.fixture
def shop(maita: Maita, tmp_path: Path) -> str:
    """A shop made by a file."""
    file = tmp_path / "shop.toml"
    file.write_text(SHOP)
    assert maita("tenant", "create", "--from", str(file)).code == 0
    return "corner-books"


def test_help_lists_the_commands(maita: Maita) -> None:
    told = maita("--help").out
    for command in ("run", "serve", "worker", "migrate", "demo", "tenant", "channel", "staff"):
        assert f"\n  {command}  " in told


@pytest.mark.parametrize("words", [["fly"], ["demo", "--loud"], ["channel", "set"], []])
def test_wrong_usage_ends_with_2(maita: Maita, words: list[str]) -> None:
    assert maita(*words).code == 2


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["verify"], {"MAITA_PROT": "1"}, "MAITA_PROT is not a setting"),
        (["verify"], {"MAITA_LOG_LEVEL": "loud"}, "MAITA_LOG_LEVEL must be"),
        (["replay"], {}, "maita replay --dead"),
        (["draw", "dragon"], {}, "There is no dialog 'dragon'"),
        (["tenant", "show", "nowhere"], {}, "there is no tenant 'nowhere'"),
        (["tenant", "create", "--from", "/nowhere"], {}, "/nowhere is no file"),
        (["channel", "add", "cafe-aroma", "pigeon", "x"], {}, "There is no channel kind 'pigeon'"),
        (["channel", "test", "0" * 32], {}, "No channel has this token"),
        (["migrate"], {"MAITA_DATABASE_OWNER_URL": None}, "MAITA_DATABASE_OWNER_URL is not set"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    maita: Maita, words: list[str], settings: dict[str, str | None], said: str
) -> None:
    ended = maita(*words, **settings)
    assert ended.code == 2
    assert ended.err.startswith("maita: ")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_without_env_and_url_nothing_is_started_behind_ones_back(
    maita: Maita, tmp_path: Path
) -> None:
    unset = dict.fromkeys(("MAITA_ENV", "MAITA_DATABASE_URL", "MAITA_PUBLIC_URL"))
    ended = maita("verify", MAITA_DATA_DIR=str(tmp_path / "none"), **unset)
    assert ended.code == 2
    assert "MAITA_DATABASE_URL is not set" in ended.err
    assert not (tmp_path / "none").exists()


def test_a_database_that_is_gone_ends_with_3(maita: Maita) -> None:
    gone = "postgresql://maita_app@127.0.0.1:9/maita"
    for command in ("verify", "migrate"):
        ended = maita(command, MAITA_DATABASE_URL=gone, MAITA_DATABASE_OWNER_URL=gone)
        assert ended.code == 3
        assert ended.err == (
            "maita: The database does not answer: start it, or check MAITA_DATABASE_URL.\n"
        )


def test_a_role_that_may_do_too_much_serves_nobody(maita: Maita, database_urls: Urls) -> None:
    for mighty in (database_urls.owner, database_urls.superuser):
        for words in (("serve", "--port", "0"), ("worker",)):
            ended = maita(*words, MAITA_DATABASE_URL=mighty)
            assert ended.code == 2
            assert "The role of MAITA_DATABASE_URL may do too much" in ended.err
            assert "READY" not in ended.out


def test_migrate_may_be_run_again(maita: Maita) -> None:
    ended = maita("migrate")
    assert (ended.code, ended.out) == (0, f"The database is at revision {HEAD}.\n")


def test_a_shop_is_made_by_a_file_and_written_back_as_one(
    maita: Maita, shop: str, tmp_path: Path
) -> None:
    toml = maita("tenant", "show", shop, "--toml").out
    assert 'phone = "+263772660100"' in toml
    assert "58203" not in toml
    again = tmp_path / "again.toml"
    again.write_text(toml)
    assert "unchanged" in maita("tenant", "create", "--from", str(again)).out
    listed = maita("tenant", "list").out
    assert "corner-books" in listed
    assert "platform" not in listed
    assert "*777#" in maita("tenant", "show", shop).out


def test_a_file_that_is_wrong_names_the_field(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(SHOP.replace("points = 10", "points = 0"))
    ended = maita("tenant", "create", "--from", str(file))
    assert ended.code == 2
    assert "rewards[0].points" in ended.err
    file.write_text(SHOP.replace("dial", "dail"))
    assert "dail" in maita("tenant", "create", "--from", str(file)).err


def test_staff_are_added_and_get_new_pins(maita: Maita, shop: str) -> None:
    words = ("staff", "add", shop, "Rutendo", "0772660101", "--pin", "49061")
    assert maita(*words).out == "Rutendo is number 2.\n"
    assert maita("staff", "reset-pin", shop, "2", "--pin", "30517").code == 0
    assert maita("staff", "reset-pin", shop, "+263772660101", "--pin", "1").code == 2
    assert maita("staff", "reset-pin", shop, "77", "--pin", "30517").code == 2
    assert 'name = "Rutendo"' in maita("tenant", "show", shop, "--toml").out


def test_a_channel_is_added_listed_and_changed(maita: Maita, shop: str) -> None:
    values = ("account_sid=AC1", "auth_token=s3cret-of-twilio", "base_url=https://fake.example")
    added = maita("channel", "add", shop, "twilio_sms", "+263772660199", *values)
    assert added.code == 0, added.err
    url = added.out.split()[-1]
    assert url.startswith("http://127.0.0.1:9/public/sms/callback/")
    assert maita("channel", "list", shop).out == added.out
    token = url.rpartition("/")[2]
    assert maita("channel", "set", token, "base_url=", "status=off", "auth_token=new").code == 0
    toml = maita("tenant", "show", shop, "--secrets").out
    assert '"auth_token" = "new"' in toml
    assert "fake.example" not in toml
    assert 'status = "off"' in toml
    assert "new" not in maita("tenant", "show", shop, "--toml").out
    maita("channel", "set", token, "webhooks_sharedkey_old=k", "messaging_service_sid=MG1")
    shown = maita("tenant", "show", shop, "--toml").out
    assert "sharedkey" not in shown
    assert '"messaging_service_sid" = "MG1"' in shown
    assert maita("channel", "set", token, "status=perhaps").code == 2
    assert maita("channel", "set", token, "status").code == 2


def test_a_sample_needs_a_server(maita: Maita, demo: dict[str, Any]) -> None:
    token = demo["tenants"][0]["channels"][0]["token"]
    ended = maita("channel", "test", token)
    assert ended.code == 3
    assert "start `maita run`" in ended.err


def test_dead_jobs_are_shown_and_made_due_again(maita: Maita, superuser: Any) -> None:
    superuser.execute(
        "insert into job (id, tenant_id, kind, lane, state, attempts, error) values"
        " (gen_random_uuid(), gen_random_uuid(), 'send', gen_random_uuid(), 'dead', 8, 'refused')"
    )
    assert "0 are due again" in maita("replay", "--dead", "--dry-run").out
    told = maita("replay", "--dead").out
    assert "send     8 attempts  refused" in told
    assert "1 are due again" in told
    assert "0 dead jobs" in maita("replay", "--dead").out
    superuser.execute("delete from job where error = 'refused'")


def test_dialogs_are_drawn(maita: Maita) -> None:
    assert maita("draw", "home").out.startswith("stateDiagram-v2\n    [*] --> ")
    assert "%% home\nstateDiagram-v2" in maita("draw").out


def test_phones_in_the_terminal_need_a_server(maita: Maita) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9", trust_env=False)
    for words in (("dial", "*123*1#"), ("chat", "sms")):
        ended = maita(*words)
        assert ended.code == 3
        assert "No server answers" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fly"], "No such command 'fly': see `maita --help`."),
        (["staff", "add"], "Missing argument 'slug': see `maita staff add --help`."),
        (["staff", "add", "a", "b", "c", "--role", "king"], "'king' is not one of"),
        (["chat", "fax"], "'fax' is not one of"),
        (["dial", "hello"], "'hello' is no code to dial: type a star-code"),
        (["dial", "*123*1#", "--as", "12"], "--as 12 is no phone number"),
        (["chat", "sms", "--as", "abc"], "--as abc is no phone number"),
    ],
)
def test_wrong_words_are_told_in_one_sentence(maita: Maita, words: list[str], said: str) -> None:
    ended = maita(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("maita: ")
    assert ended.err.count("\n") == 1
    assert said in ended.err
    assert "Value error" not in ended.err


def test_a_pin_comes_from_a_pipe_once_shop_and_person_are_known(
    maita: Maita, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def piped(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    piped("49061\n")
    assert maita("staff", "reset-pin", shop, "1").out == "The PIN is changed.\n"
    piped("30517")
    assert maita("staff", "add", shop, "Farai", "0772660108").code == 0
    piped("")
    ended = maita("staff", "reset-pin", shop, "1")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "maita: A PIN is needed: type it when asked, pipe it in, or say --pin.\n"
    for words in (
        ("reset-pin", "nowhere", "1"),
        ("reset-pin", shop, "77"),
        ("add", shop, "Farai", "12"),
        ("add", "nowhere", "Farai", "0772660108"),
    ):
        unread = io.StringIO("49061\n")
        monkeypatch.setattr("sys.stdin", unread)
        assert maita("staff", *words).code == 2
        assert unread.tell() == 0


def test_who_has_no_pin_is_told_with_the_command(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    text = SHOP.replace("corner-books", "pin-less").replace("*777#", "*778#")
    file.write_text(text.replace('pin = "58203"\n', ""))
    told = maita("tenant", "create", "--from", str(file)).err
    assert told == "Tatenda has no PIN yet: maita staff reset-pin pin-less 1\n"
    maita("staff", "reset-pin", "pin-less", "1", "--pin", "58203")
    assert maita("tenant", "create", "--from", str(file)).err == ""


def test_a_reader_who_leaves_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "gateway", "draw"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")
