"""A private PostgreSQL, really started: from the wheel and from whatever Debian has installed."""

import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import psycopg
import pytest

from storage.embedded import EmbeddedError, EmbeddedPostgres
from storage.embedded_cluster import digest
from storage.embedded_process import account_of, running
from tests.storage.embedded_server import (
    DEBIAN,
    WHEEL,
    ask,
    launch,
    processes_of,
    sockets_of,
    tcp_sockets,
    until,
    urls_of,
    without_password,
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that other accounts may pass through; pytest's own they may not."""
    folder = Path(tempfile.mkdtemp(prefix="maita-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=[WHEEL, *DEBIAN], ids=str)
def made(request: pytest.FixtureRequest, place: Path) -> tuple[Path, Path]:
    """The binaries, and a folder with a database they made."""
    binaries: Path = request.param
    return binaries, made_by(binaries, place)


@pytest.fixture
def binaries(made: tuple[Path, Path]) -> Path:
    return made[0]


@pytest.fixture
def folder(made: tuple[Path, Path]) -> Path:
    """The database of these binaries, shared by the tests that only use it."""
    return made[1]


@pytest.fixture
def wheel_folder(place: Path) -> Path:
    """The wheel's database, shared by the tests that one kind of binaries is enough for."""
    return made_by(WHEEL, place)


def made_by(binaries: Path, place: Path) -> Path:
    folder = place / f"made-{digest(binaries)}"
    if not folder.exists():
        with EmbeddedPostgres(folder, durable=False, binaries=binaries):
            pass
    return folder


def test_three_roles_connect_and_none_is_mighty(folder: Path, binaries: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False, binaries=binaries)
    with server as urls:
        seen = [ask(url, "select current_user, current_database()")[0] for url in astuple(urls)]
        paths = {ask(url, "show search_path")[0][0] for url in astuple(urls)}
        roles = ask(
            server.superuser,
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin"
            " from pg_roles where rolname like 'maita%' order by 1",
        )
        owned = ask(
            server.superuser,
            "select pg_get_userbyid(datdba) from pg_database where datname = 'maita'",
        )
    assert seen == [(f"maita_{role}", "maita") for role in ("app", "owner", "verify")]
    assert paths == {"public, pg_temp"}
    assert owned == [("maita_owner",)]
    assert roles == [
        ("maita_app", False, False, False, False, True),
        ("maita_owner", False, False, False, False, True),
        ("maita_reports", False, True, False, False, False),
        ("maita_verify", False, False, False, False, True),
    ]


def test_the_owner_makes_and_the_app_only_uses(folder: Path, binaries: Path) -> None:
    with EmbeddedPostgres(folder, durable=False, binaries=binaries) as urls:
        ask(urls.owner, "create table t (n int); grant select on t to maita_app")
        ask(urls.owner, "create schema verify; create view verify.v as select n from t")
        ask(urls.owner, "grant create on schema verify to maita_reports")
        ask(urls.owner, "alter view verify.v owner to maita_reports")
        assert ask(urls.app, "select n from t") == []
        for forbidden in (
            "create table mine (n int)",
            "create temporary table mine (n int)",
            "drop table t",
            "set role maita_reports",
            "select n from verify.v",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(urls.app, forbidden)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            ask(urls.app.replace("/maita?", "/postgres?"), "select 1")


def test_each_role_needs_its_own_password(folder: Path, binaries: Path) -> None:
    with EmbeddedPostgres(folder, durable=False, binaries=binaries) as urls:
        for url in (urls.app.replace("maita_app:", "maita_owner:"), without_password(urls.app)):
            with pytest.raises(psycopg.OperationalError, match="password"):
                ask(url, "select 1")
    passwords = json.loads((folder / "pg.passwords").read_text())
    assert len({*passwords.values()}) == 4


def test_settings_are_durable_by_default(folder: Path, binaries: Path) -> None:
    names = ("fsync", "synchronous_commit", "listen_addresses", "timezone", "log_min_messages")
    with EmbeddedPostgres(folder, binaries=binaries) as urls:
        told = [ask(urls.app, f"show {name}")[0][0] for name in names]
    assert told == ["on", "on", "", "UTC", "warning"]


def test_nothing_listens_on_tcp_and_nothing_is_left(folder: Path, binaries: Path) -> None:
    with EmbeddedPostgres(folder, binaries=binaries) as urls:
        assert ask(urls.app, "select inet_server_addr()") == [(None,)]
        processes = processes_of(folder)
        assert processes != []
        assert not any(sockets_of(each) & tcp_sockets() for each in processes)
    assert processes_of(folder) == []
    assert sorted(each.name for each in folder.iterdir()) == [
        *("pg", "pg.lock", "pg.log", "pg.passwords"),
    ]
    assert not (folder / "pg/postmaster.pid").exists()


def test_no_folder_is_opened_up(place: Path) -> None:
    above = place / "above"
    above.mkdir(mode=0o755)
    before = {each: stat.S_IMODE(each.stat().st_mode) for each in (above, *above.parents)}
    with EmbeddedPostgres(above / "between/db", durable=False):
        modes = {
            name: stat.S_IMODE((above / "between" / name).stat().st_mode)
            for name in ("db", "db/pg", "db/pg.passwords", "db/pg.log")
        }
    assert modes == {"db": 0o700, "db/pg": 0o700, "db/pg.passwords": 0o600, "db/pg.log": 0o600}
    assert {each: stat.S_IMODE(each.stat().st_mode) for each in before} == before
    assert (above / "between/db/pg.passwords").stat().st_uid == os.geteuid()
    assert stat.S_IMODE((above / "between").stat().st_mode) in (0o700, 0o711)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_starter_leaves_nothing(wheel_folder: Path, number: signal.Signals) -> None:
    with launch(wheel_folder) as launcher:
        urls = urls_of(launcher)
        ask(urls.owner, "drop table if exists kept; create table kept as select 7 as n")
        assert processes_of(wheel_folder) != []
        launcher.send_signal(number)
        launcher.wait()
        until(lambda: processes_of(wheel_folder) == [])
    with EmbeddedPostgres(wheel_folder) as again:
        assert ask(again.owner, "select n from kept") == [(7,)]


def test_the_next_start_waits_for_what_a_killed_starter_left(wheel_folder: Path) -> None:
    with launch(wheel_folder) as launcher:
        urls = urls_of(launcher)
        busy = psycopg.connect(urls.owner)
        launcher.kill()
        launcher.wait()
        with EmbeddedPostgres(wheel_folder) as again:
            assert ask(again.app, "select 7") == [(7,)]
        busy.close()


def test_a_second_process_shares_and_does_not_stop(folder: Path, binaries: Path) -> None:
    with EmbeddedPostgres(folder, durable=False, binaries=binaries) as urls:
        before = running(folder / "pg")
        with launch(folder) as second:
            assert urls_of(second) == urls
            second.communicate()
        assert second.returncode == 0
        assert running(folder / "pg") == before
        assert ask(urls.app, "select 7") == [(7,)]


def test_who_stays_waits_to_own_and_shares_in_the_end(wheel_folder: Path) -> None:
    with launch(wheel_folder) as short:
        urls_of(short)
        ends = threading.Timer(0.4, short.communicate)
        ends.start()
        with EmbeddedPostgres(wheel_folder, own_within_s=10) as urls:
            ends.join()
            assert short.returncode == 0
            assert ask(urls.app, "select 7") == [(7,)]
            with EmbeddedPostgres(wheel_folder, own_within_s=0.3) as shared:
                assert shared == urls


def test_two_that_come_to_an_empty_folder_at_once_share(place: Path) -> None:
    with launch(place / "both") as first, launch(place / "both") as second:
        assert urls_of(first) == urls_of(second)
        for launcher in (first, second):
            launcher.communicate()
    assert processes_of(place / "both") == []


def test_a_half_made_database_is_made_again(place: Path) -> None:
    folder = place / "half"
    with launch(folder) as launcher:
        until((folder / "pg.new/base/5").exists, patience_s=10)
        launcher.kill()
    assert not (folder / "pg").exists()
    with EmbeddedPostgres(folder, durable=False) as urls:
        assert ask(urls.app, "select 7") == [(7,)]
    assert not (folder / "pg.new").exists()


def test_a_killed_server_starts_again(wheel_folder: Path) -> None:
    server = EmbeddedPostgres(wheel_folder)
    with server as urls:
        ask(urls.owner, "drop table if exists kept; create table kept as select 7 as n")
        alive = running(wheel_folder / "pg")
        assert alive is not None
        os.kill(alive.pid, signal.SIGKILL)
    with server as urls:
        assert ask(urls.owner, "select n from kept") == [(7,)]


def test_a_number_that_is_now_anothers_does_not_block(wheel_folder: Path) -> None:
    with EmbeddedPostgres(wheel_folder, durable=False):
        left = (wheel_folder / "pg/postmaster.pid").read_text().splitlines()
    account = account_of(wheel_folder)
    with subprocess.Popen(["sleep", "20"], user=account.uid if account else None) as other:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (wheel_folder / "pg" / name).write_text("\n".join([str(other.pid), *left[1:], ""]))
        with EmbeddedPostgres(wheel_folder, durable=False) as urls:
            assert ask(urls.app, "select 7") == [(7,)]
        assert other.poll() is None
        other.kill()


def test_another_major_version_is_refused_with_a_sentence(wheel_folder: Path) -> None:
    version = wheel_folder / "pg/PG_VERSION"
    ours = version.read_text()
    version.write_text("14\n")
    with pytest.raises(EmbeddedError) as refused:
        EmbeddedPostgres(wheel_folder).start()
    assert f"The database in {wheel_folder} was made by PostgreSQL 14 but" in str(refused.value)
    assert f"has PostgreSQL {ours.strip()}" in str(refused.value)
    assert "install PostgreSQL 14, move that folder away, or choose" in str(refused.value)
    version.write_text(ours)
    with EmbeddedPostgres(wheel_folder):
        pass


@pytest.mark.parametrize("name", ["long" * 25, 'comma, space and "quote"'])
def test_a_folder_no_socket_can_be_in_gets_a_short_one(
    wheel_folder: Path, place: Path, name: str
) -> None:
    folder = wheel_folder.rename(place / name)
    with EmbeddedPostgres(folder, durable=False) as urls:
        assert ask(urls.app, "select 7") == [(7,)]
        alive = running(folder / "pg")
        assert alive is not None
        assert stat.S_IMODE(alive.socket_folder.stat().st_mode) == 0o700
        assert len(os.fsencode(alive.socket_folder)) < 90
    assert not alive.socket_folder.exists()
    folder.rename(wheel_folder)


def test_a_broken_folder_is_refused_with_a_sentence(wheel_folder: Path, place: Path) -> None:
    broken = place / "broken"
    subprocess.run(["cp", "-a", wheel_folder, broken], check=True)
    (broken / "pg/global/pg_control").unlink()
    with pytest.raises(EmbeddedError, match=r"did not start in .*pg_control.*pg\.log"):
        EmbeddedPostgres(broken).start()
    (broken / "pg.passwords").unlink()
    with pytest.raises(EmbeddedError, match=r"cannot be used .*pg\.passwords"):
        EmbeddedPostgres(broken).start()
    (broken / "pg/PG_VERSION").unlink()
    with pytest.raises(EmbeddedError, match="is not a PostgreSQL folder"):
        EmbeddedPostgres(broken).start()
    assert processes_of(broken) == []
